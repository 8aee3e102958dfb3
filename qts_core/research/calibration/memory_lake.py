"""The lake of one rehearsal: frames and blobs in memory, without files, compression or locks.

A generated market is read a few times by the process that made it and thrown away. What a lake on disk does against
damage and other writers would be most of what a rehearsal costs, and nobody else can reach this one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from qts_core.data.as_of import as_of
from qts_core.market.errors import DataConflictError, DataNotFoundError, DataValidationError
from qts_core.ports.lake import Partition, Segment, contents_hash

__all__ = ["MemoryLake"]


class MemoryLake:
    """Implements :class:`qts_core.ports.lake.LakePort` for one process; gone with it."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, Partition]] = {}
        self._frames: dict[str, pl.DataFrame] = {}
        self._blobs: dict[str, bytes] = {}

    def write_month(
        self,
        table: str,
        month: str,
        frame: pl.DataFrame,
        *,
        lineage: Mapping[str, str],
        expected_sha256: str | None = None,
    ) -> Partition:
        """Store `frame` as `month` of `table`; writing what is already there changes nothing."""
        before = self._expected(table, month, expected_sha256)
        segment = self._kept(month, frame, lineage)
        if before is not None and [s.sha256 for s in before.segments] == [segment.sha256]:
            return self._place(table, month, (segment,), before.sha256)
        return self._place(table, month, (segment,), segment.sha256)

    def append_month(
        self,
        table: str,
        month: str,
        frame: pl.DataFrame,
        *,
        lineage: Mapping[str, str],
        expected_sha256: str | None = None,
    ) -> Partition:
        """Add the rows of `frame` to `month`; what was there is not touched."""
        before = self._expected(table, month, expected_sha256)
        if before is None:
            return self.write_month(table, month, frame, lineage=lineage)
        segment = self._kept(month, frame, lineage)
        if frame.is_empty() or segment.sha256 in {s.sha256 for s in before.segments}:
            return before
        if self._frames[before.segments[-1].sha256].schema != frame.schema:
            raise DataValidationError(
                "QTS-DATA-014", "the rows to append have other columns", where=f"{table} {month}",
                found=", ".join(frame.columns), fix="write the month whole",
            )  # fmt: skip
        return self._place(table, month, (*before.segments, segment), _sha256(before.sha256, segment.sha256))

    def compact_month(self, table: str, month: str) -> Partition:
        """Join the parts of a month into one; every answer and the identity stay what they were."""
        before = self._there(table, month)
        segment = self._kept(month, self.read_month(table, month), before.lineage)
        return self._place(table, month, (segment,), before.sha256)

    def read_month(self, table: str, month: str, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one month, all of its columns or only `columns`, in that order."""
        parts = [self.read_segment(table, s, columns=columns) for s in self._there(table, month).segments]
        return parts[0] if len(parts) == 1 else pl.concat(parts, rechunk=True)

    def read_segment(self, table: str, segment: Segment, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one part of a month."""
        frame = self._frames[segment.sha256]
        return frame if columns is None else frame.select(columns)

    def read(
        self,
        table: str,
        *,
        first_month: str | None = None,
        last_month: str | None = None,
        known_before: datetime | None = None,
    ) -> pl.DataFrame:
        """Return the months of a span joined in order, only rows with ``ts_known <= known_before`` when given."""
        found = [m for m in self.months(table) if (first_month or m) <= m <= (last_month or m)]
        if not found:
            raise DataNotFoundError("QTS-DATA-013", "the lake holds no such table in that span", where=table)
        frame = pl.concat([self.read_month(table, month) for month in found], rechunk=True)
        return frame if known_before is None else frame.filter(pl.col("ts_known") <= known_before)

    def read_as_of(
        self, table: str, moment: datetime, *, first_month: str | None = None, last_month: str | None = None
    ) -> pl.DataFrame:
        """Return what was known at `moment`: each (symbol, ts_event) once, in its latest version by then."""
        return as_of(self.read(table, first_month=first_month, last_month=last_month), moment)

    def tables(self) -> tuple[str, ...]:
        """Return the names of all tables, sorted."""
        return tuple(sorted(self._tables))

    def months(self, table: str) -> tuple[str, ...]:
        """Return the months stored, sorted; empty when there is no such table."""
        return tuple(sorted(self._tables.get(table, {})))

    def partition(self, table: str, month: str) -> Partition | None:
        """Return what is known of one month, or None."""
        return self._tables.get(table, {}).get(month)

    def data_hash(self, table: str, months: Sequence[str] | None = None) -> str:
        """Return one sha256 over the contents of `months` (all by default)."""
        chosen = self.months(table) if months is None else sorted(months)
        return contents_hash(table, [(month, self.partition(table, month)) for month in chosen])

    def write_blob(self, name: str, data: bytes) -> str:
        """Store `data` under `name` and return its sha256."""
        self._blobs[name] = data
        return hashlib.sha256(data).hexdigest()

    def read_blob(self, name: str) -> bytes:
        """Return a blob."""
        if name not in self._blobs:
            raise DataNotFoundError("QTS-DATA-013", "the lake holds no such blob", where=name)
        return self._blobs[name]

    def has_blob(self, name: str) -> bool:
        """Return whether a blob of that name was written."""
        return name in self._blobs

    def blobs(self, folder: str) -> tuple[str, ...]:
        """Return the names of the blobs directly in `folder`, whole and sorted."""
        return tuple(sorted(name for name in self._blobs if name.rpartition("/")[0] == folder))

    def _kept(self, month: str, frame: pl.DataFrame, lineage: Mapping[str, str]) -> Segment:
        sha256 = _fingerprint(frame)
        self._frames[sha256] = frame
        return Segment(f"{month}.{sha256[:12]}", frame.height, sha256, int(frame.estimated_size()), dict(lineage))

    def _place(self, table: str, month: str, segments: tuple[Segment, ...], sha256: str) -> Partition:
        names = dict.fromkeys(name for segment in segments for name in segment.lineage)
        lineage = {n: " | ".join(dict.fromkeys(s.lineage[n] for s in segments if n in s.lineage)) for n in names}
        rows, size = sum(s.rows for s in segments), sum(s.bytes for s in segments)
        partition = Partition(table, month, rows, sha256, size, lineage, segments)
        self._tables.setdefault(table, {})[month] = partition
        return partition

    def _expected(self, table: str, month: str, expected_sha256: str | None) -> Partition | None:
        before = self.partition(table, month)
        found = "" if before is None else before.sha256
        if expected_sha256 is not None and found != expected_sha256:
            raise DataConflictError(
                "QTS-DATA-041", "the month was written by another meanwhile", where=f"{table} {month}",
                found=found[:16], expected=expected_sha256[:16],
            )  # fmt: skip
        return before

    def _there(self, table: str, month: str) -> Partition:
        found = self.partition(table, month)
        if found is None:
            raise DataNotFoundError("QTS-DATA-013", "the lake holds no such month", where=f"{table} {month}")
        return found


def _fingerprint(frame: pl.DataFrame) -> str:
    """Return an identity of the content that holds within one version of Polars, which is as long as it is kept."""
    schema = ",".join(f"{name}:{kind}" for name, kind in frame.schema.items())
    rows = frame.hash_rows().to_numpy().tobytes() if frame.width else b""
    return hashlib.sha256(schema.encode() + b"\n" + rows).hexdigest()


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
