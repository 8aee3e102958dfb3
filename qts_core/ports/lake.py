"""The lake port: checksummed month partitions of frames, and blobs (specification 14.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

__all__ = ["LakePort", "Partition"]


@dataclass(frozen=True, slots=True)
class Partition:
    """What the lake knows of one stored month.

    Attributes
    ----------
    table, month : str
        Name of the table and ``YYYY-MM``, or ``all`` for a table kept whole.
    rows, bytes : int
        Rows of the frame and bytes of the file.
    sha256 : str
        Of the file's bytes; checked on every read.
    lineage : mapping of str to str
        What it was made from: hashes of inputs, catalogue, code.
    """

    table: str
    month: str
    rows: int
    sha256: str
    bytes: int
    lineage: Mapping[str, str]


class LakePort(Protocol):
    """Where frames live. Every read verifies what was written; a write appears whole or not at all."""

    def write_month(self, table: str, month: str, frame: pl.DataFrame, *, lineage: Mapping[str, str]) -> Partition:
        """Store `frame` as `month` of `table`; writing what is already there changes nothing."""
        ...

    def read_month(self, table: str, month: str) -> pl.DataFrame:
        """Return one month.

        Raises
        ------
        DataNotFoundError
            If it was never written.
        DataCorruptionError
            If its bytes are not those that were written.
        """
        ...

    def read(
        self,
        table: str,
        *,
        first_month: str | None = None,
        last_month: str | None = None,
        known_before: datetime | None = None,
    ) -> pl.DataFrame:
        """Return the months of a span joined in order, only rows with ``ts_known <= known_before`` when given."""
        ...

    def tables(self) -> tuple[str, ...]:
        """Return the names of all tables, sorted."""
        ...

    def months(self, table: str) -> tuple[str, ...]:
        """Return the months stored, sorted; empty when there is no such table."""
        ...

    def partition(self, table: str, month: str) -> Partition | None:
        """Return what is known of one month without reading it, or None."""
        ...

    def data_hash(self, table: str, months: Sequence[str] | None = None) -> str:
        """Return one sha256 over the contents of `months` (all by default)."""
        ...

    def write_blob(self, name: str, data: bytes) -> str:
        """Store `data` under `name` (may hold ``/``) and return its sha256."""
        ...

    def read_blob(self, name: str) -> bytes:
        """Return a blob, verified like a month."""
        ...

    def has_blob(self, name: str) -> bool:
        """Return whether a blob of that name was written."""
        ...
