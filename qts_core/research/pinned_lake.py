"""A lake as it stood: the files that a training set was made of, whatever was written since (specification 5.3).

A file of the lake is named by its content and never overwritten, so naming files is enough to have them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

import polars as pl

from qts_core.data.as_of import as_of
from qts_core.market.errors import DataNotFoundError
from qts_core.ports.lake import LakeReader, Partition, Segment, contents_hash

__all__ = ["Pin", "PinnedLake", "pin_month"]


@dataclass(frozen=True, slots=True)
class Pin:
    """One month of a table, file by file.

    Attributes
    ----------
    table : str
        Name under which it is read.
    partition : Partition
        The month as it stood; its own table is where the files lie.
    """

    table: str
    partition: Partition

    @property
    def month(self) -> str:
        """The month."""
        return self.partition.month

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of its files below the lake's root."""
        return tuple(f"{self.partition.table}/{segment.file}" for segment in self.partition.segments)

    def to_json(self) -> dict[str, object]:
        """Return JSON values."""
        return {"table": self.table, "partition": asdict(self.partition)}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """Read what :meth:`to_json` wrote; JSON carries no types."""
        partition = dict(content["partition"])
        partition["segments"] = tuple(Segment(**segment) for segment in partition["segments"])
        return cls(content["table"], Partition(**partition))


def pin_month(lake: LakeReader, table: str, month: str, *, name: str = "") -> Pin:
    """Return `month` of `table` as it stands now, to be read as `name`.

    Raises
    ------
    DataNotFoundError
        If it was never written.
    """
    partition = lake.partition(table, month)
    if partition is None:
        raise DataNotFoundError("QTS-DATA-013", "the lake holds no such month", where=f"{table}/{month}")
    return Pin(name or table, partition)


class PinnedLake:
    """Implements :class:`qts_core.ports.lake.LakeReader` on pinned months; nothing else is there.

    Parameters
    ----------
    lake : LakeReader
        Holds the files.
    pins : iterable of Pin
    """

    def __init__(self, lake: LakeReader, pins: Iterable[Pin]) -> None:
        self._lake = lake
        self._pins = {(pin.table, pin.month): pin for pin in pins}

    def read_month(self, table: str, month: str, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one month, its bytes verified.

        Raises
        ------
        DataNotFoundError
            If it is not pinned.
        DataCorruptionError
            If a file is gone or changed.
        """
        pin = self._pins.get((table, month))
        if pin is None:
            raise DataNotFoundError("QTS-DATA-013", "no such month is pinned", where=f"{table}/{month}")
        part = pin.partition
        return pl.concat([self._lake.read_segment(part.table, s, columns=columns) for s in part.segments], rechunk=True)

    def read_segment(self, table: str, segment: Segment, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one file."""
        return self._lake.read_segment(table, segment, columns=columns)

    def read(
        self,
        table: str,
        *,
        first_month: str | None = None,
        last_month: str | None = None,
        known_before: datetime | None = None,
    ) -> pl.DataFrame:
        """Return the pinned months of a span joined in order."""
        months = [m for m in self.months(table) if (first_month or m) <= m <= (last_month or m)]
        if not months:
            raise DataNotFoundError("QTS-DATA-013", "no month of that span is pinned", where=table)
        frame = pl.concat([self.read_month(table, month) for month in months], rechunk=True)
        return frame if known_before is None else frame.filter(pl.col("ts_known") <= known_before)

    def read_as_of(
        self, table: str, moment: datetime, *, first_month: str | None = None, last_month: str | None = None
    ) -> pl.DataFrame:
        """Return what was known at `moment`."""
        return as_of(self.read(table, first_month=first_month, last_month=last_month), moment)

    def tables(self) -> tuple[str, ...]:
        """Return the names of all tables, sorted."""
        return tuple(sorted({table for table, _ in self._pins}))

    def months(self, table: str) -> tuple[str, ...]:
        """Return the months pinned, sorted."""
        return tuple(sorted(month for name, month in self._pins if name == table))

    def partition(self, table: str, month: str) -> Partition | None:
        """Return what is known of one month, or None."""
        pin = self._pins.get((table, month))
        return None if pin is None else pin.partition

    def data_hash(self, table: str, months: Sequence[str] | None = None) -> str:
        """Return one sha256 over the contents of `months` (all by default): the same as the lake's own then."""
        chosen = self.months(table) if months is None else sorted(months)
        return contents_hash(table, [(month, self.partition(table, month)) for month in chosen])

    def read_blob(self, name: str) -> bytes:
        """Refuse: blobs are not pinned."""
        raise DataNotFoundError("QTS-DATA-013", "blobs are not pinned", where=name)

    def has_blob(self, name: str) -> bool:
        """Return false: blobs are not pinned."""
        return False

    def blobs(self, folder: str) -> tuple[str, ...]:
        """Return nothing: blobs are not pinned."""
        return ()
