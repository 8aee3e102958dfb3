"""The lake port: checksummed month partitions of frames, and blobs (specification 14.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

__all__ = ["LakePort", "LakeReader", "Partition", "Segment", "contents_hash"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One stored file of a month.

    Attributes
    ----------
    file : str
        Its name in the table's folder; it holds the beginning of the content's sha256 and is never used twice.
    rows, bytes : int
        Rows of the frame and bytes of the file; checked on every read.
    sha256 : str
        Of the file's bytes; checked on every read, before they are parsed.
    lineage : mapping of str to str
        What the rows were made from.
    """

    file: str
    rows: int
    sha256: str
    bytes: int
    lineage: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Partition:
    """What the lake knows of one stored month.

    Attributes
    ----------
    table, month : str
        Name of the table and ``YYYY-MM``, or ``all`` for a table kept whole.
    rows, bytes : int
        Of all its files together.
    sha256 : str
        Identity of the content: that of the file for a month written whole, a chain of those of the files for one
        that grew. Every change of content changes it, compaction does not, so what was made from it stays valid.
    lineage : mapping of str to str
        What it was made from: hashes of inputs, catalogue, code. Values of several files are joined by `` | ``.
    segments : tuple of Segment
        Its files; the rows of the month are theirs, one after the other.
    """

    table: str
    month: str
    rows: int
    sha256: str
    bytes: int
    lineage: Mapping[str, str]
    segments: tuple[Segment, ...] = ()


def contents_hash(table: str, months: Sequence[tuple[str, Partition | None]]) -> str:
    """Return one sha256 over the contents of several months of a table, in the order given."""
    lines = [f"{month} {partition.sha256 if partition else 'absent'}" for month, partition in months]
    return hashlib.sha256("\n".join([table, *lines]).encode()).hexdigest()


class LakeReader(Protocol):
    """What a reader of frames asks of a lake; every read verifies what was written."""

    def read_month(self, table: str, month: str, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one month, all of its columns or only `columns`, in that order.

        Raises
        ------
        DataNotFoundError
            If it was never written.
        DataCorruptionError
            If its bytes are not those that were written.
        """
        ...

    def read_segment(self, table: str, segment: Segment, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one file, whether or not its month still names it; nothing is taken from memory.

        Raises
        ------
        DataCorruptionError
            If it is gone, or its bytes are not those that were written.
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

    def read_as_of(
        self, table: str, moment: datetime, *, first_month: str | None = None, last_month: str | None = None
    ) -> pl.DataFrame:
        """Return what was known at `moment`: each (symbol, ts_event) once, in its latest version by then.

        Rows are sorted by (ts_event, symbol).
        """
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

    def read_blob(self, name: str) -> bytes:
        """Return a blob, verified like a month."""
        ...

    def has_blob(self, name: str) -> bool:
        """Return whether a blob of that name was written."""
        ...

    def blobs(self, folder: str) -> tuple[str, ...]:
        """Return the names of the blobs directly in `folder`, whole and sorted."""
        ...


class LakePort(LakeReader, Protocol):
    """Where frames live. Every read verifies what was written; a write appears whole or not at all."""

    def write_month(
        self,
        table: str,
        month: str,
        frame: pl.DataFrame,
        *,
        lineage: Mapping[str, str],
        expected_sha256: str | None = None,
    ) -> Partition:
        """Store `frame` as `month` of `table`; writing what is already there changes nothing.

        Parameters
        ----------
        expected_sha256 : str, optional
            Write only if the month's identity is this one, ``""`` = only if it is not there; by default whatever it is.

        Raises
        ------
        DataConflictError
            If the month is another than expected, or another process is writing it.
        DataConnectionError
            If the storage is full or read-only.
        """
        ...

    def append_month(
        self,
        table: str,
        month: str,
        frame: pl.DataFrame,
        *,
        lineage: Mapping[str, str],
        expected_sha256: str | None = None,
    ) -> Partition:
        """Add the rows of `frame` to `month` as a further file; what was there is not touched.

        Rows are not compared with those that are there: append new ones only, and give `expected_sha256` when the
        choice of rows depends on what was read. A frame whose file the month already holds, and one without rows,
        change nothing.

        Raises
        ------
        DataValidationError
            If its columns are not those of the month.
        DataConflictError, DataConnectionError
            As `write_month`.
        """
        ...

    def compact_month(self, table: str, month: str) -> Partition:
        """Join the files of a month into one; every answer and the identity stay what they were.

        Raises
        ------
        DataNotFoundError
            If it was never written.
        DataCorruptionError
            If its bytes are not those that were written; nothing is changed then.
        DataConflictError, DataConnectionError
            As `write_month`.
        """
        ...

    def write_blob(self, name: str, data: bytes) -> str:
        """Store `data` under `name` (may hold ``/``) and return its sha256."""
        ...
