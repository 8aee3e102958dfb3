"""The lake: Parquet month partitions whose sha256 is checked on every read (specification 14.3).

A partition is a manifest and the files it names::

    clean_bars/2024-03.9f2c41d07a55.parquet    content, named by its hash
    clean_bars/2024-03.json                    manifest: which files, their sha256, rows, lineage

The manifest is written last and replaced in one step; content is never overwritten by another and never deleted by a
writer. So a crash leaves the old month whole, a reader keeps what its manifest named until `qts data gc` takes it, and
a lock for each month lets writers follow one another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from qts_core.adapters.lake.cache import FrameCache
from qts_core.adapters.lake.manifests import VERSION, chained, manifest_bytes, partition_of, read_manifest
from qts_core.adapters.lake.names import blob_path, check_names, is_month, is_table, manifest_path
from qts_core.adapters.lake.objects import ObjectStore
from qts_core.adapters.lake.segments import corrupt, decode_segment, encode_segment, join_frames, sha256_of
from qts_core.adapters.lake.stores import FolderStore, Store
from qts_core.data.as_of import as_of
from qts_core.market.errors import (
    DataConflictError,
    DataCorruptionError,
    DataNotFoundError,
    DataValidationError,
)
from qts_core.ports.lake import Partition, Segment, contents_hash

__all__ = ["Lake", "open_store"]

Change = Callable[[Partition | None], tuple[Partition, bool]]
"""From the month that is there to the one that shall be, and whether the new file must be written."""


class Lake:
    """Implements :class:`qts_core.ports.lake.LakePort` on a folder or an fsspec URL.

    Parameters
    ----------
    root : str or Path
        Folder, made on the first write, or a URL such as ``s3://bucket/qts``.
    cache : FrameCache, optional
        Keeps months that were read and verified; without it every read reads.
    store : Store, optional
        In place of the one that `root` names.
    """

    def __init__(self, root: str | Path, *, cache: FrameCache | None = None, store: Store | None = None) -> None:
        self.root = str(root)
        self.store = open_store(root) if store is None else store
        self._cache = cache

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
        check_names(table, month)
        data, segment = encode_segment(month, frame, lineage)

        def replace(before: Partition | None) -> tuple[Partition, bool]:
            if before is None or [s.sha256 for s in before.segments] != [segment.sha256]:
                return partition_of(table, month, [segment], segment.sha256), True
            # The same rows keep their identity; a damaged file is mended.
            is_damaged = self.store.read(f"{table}/{segment.file}") != data
            return partition_of(table, month, [segment], before.sha256), is_damaged

        return self._changed(table, month, segment.file, data, replace, expected_sha256, mends=True)

    def append_month(
        self,
        table: str,
        month: str,
        frame: pl.DataFrame,
        *,
        lineage: Mapping[str, str],
        expected_sha256: str | None = None,
    ) -> Partition:
        """Add the rows of `frame` to `month` as a further file; what was there is not touched."""
        check_names(table, month)
        data, segment = encode_segment(month, frame, lineage)

        def append(before: Partition | None) -> tuple[Partition, bool]:
            if before is None:
                return partition_of(table, month, [segment], segment.sha256), True
            if frame.is_empty() or segment.sha256 in {s.sha256 for s in before.segments}:
                return before, False
            self._check_columns(before, frame)
            grown = [*before.segments, segment]
            return partition_of(table, month, grown, chained(before.sha256, segment.sha256)), True

        return self._changed(table, month, segment.file, data, append, expected_sha256)

    def compact_month(self, table: str, month: str) -> Partition:
        """Join the files of a month into one; every answer and the identity stay what they were."""
        with self.store.lock(f"{table}.{month}"):
            before, version = self._manifest(table, month)
            if before is None:
                raise self._no_month(table, month)
            if version == VERSION and len(before.segments) == 1:
                return before
            frame = self._frame(before)
            data, segment = encode_segment(month, frame, before.lineage)
            if segment.file not in {s.file for s in before.segments}:
                self.store.write(f"{table}/{segment.file}", data)
            after = partition_of(table, month, [segment], before.sha256)
            self.store.write(manifest_path(table, month), manifest_bytes(after))
            return after

    def read_month(self, table: str, month: str, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one month or some of its columns, its bytes verified before they are parsed.

        Raises
        ------
        DataNotFoundError
            If it was never written.
        DataCorruptionError
            If its bytes are not those that were written.
        """
        partition = self.partition(table, month)
        while partition is not None:
            try:
                return self._frame(partition, columns)
            except DataCorruptionError:
                # Replaced and collected while it was being read: the new manifest names what is there now.
                now = self.partition(table, month)
                if now == partition:
                    raise
                partition = now
        raise self._no_month(table, month)

    def read(
        self,
        table: str,
        *,
        first_month: str | None = None,
        last_month: str | None = None,
        known_before: datetime | None = None,
    ) -> pl.DataFrame:
        """Return the months of a span joined in order, only rows with ``ts_known <= known_before`` when given.

        Raises
        ------
        DataNotFoundError
            If the span holds no month.
        DataCorruptionError
            If a month's bytes are not those that were written.
        DataValidationError
            If the months have different columns.
        """
        months = [
            m
            for m in self.months(table)
            if (first_month is None or m >= first_month) and (last_month is None or m <= last_month)
        ]
        if not months:
            raise DataNotFoundError(
                "QTS-DATA-013", "the lake holds no such table in that span", where=f"{self.root}/{table}",
                found=f"months {first_month or 'first'} to {last_month or 'last'}",
                fix="materialise it, or run `qts data import` or `qts data synth`",
            )  # fmt: skip
        frames = (self.read_month(table, month) for month in months)
        if known_before is not None:
            frames = (frame.filter(pl.col("ts_known") <= known_before) for frame in frames)
        return join_frames(list(frames), f"{self.root}/{table}")

    def read_as_of(
        self, table: str, moment: datetime, *, first_month: str | None = None, last_month: str | None = None
    ) -> pl.DataFrame:
        """Return what was known at `moment`: each (symbol, ts_event) once, in its latest version by then."""
        return as_of(self.read(table, first_month=first_month, last_month=last_month), moment)

    def tables(self) -> tuple[str, ...]:
        """Return the names of all tables, sorted."""
        return tuple(n for n in self.store.names("") if is_table(n) and self.months(n))

    def months(self, table: str) -> tuple[str, ...]:
        """Return the months stored, sorted; empty when there is no such table."""
        check_names(table)
        stems = (n.removesuffix(".json") for n in self.store.names(table) if n.endswith(".json"))
        return tuple(m for m in stems if is_month(m))

    def partition(self, table: str, month: str) -> Partition | None:
        """Return what is known of one month without reading it, or None.

        Raises
        ------
        DataCorruptionError
            If the manifest is not what was written.
        """
        check_names(table, month)
        return self._manifest(table, month)[0]

    def data_hash(self, table: str, months: Sequence[str] | None = None) -> str:
        """Return one sha256 over the contents of `months` (all by default)."""
        chosen = self.months(table) if months is None else sorted(months)
        return contents_hash(table, [(month, self.partition(table, month)) for month in chosen])

    def write_blob(self, name: str, data: bytes) -> str:
        """Store `data` under `name` (may hold ``/``) and return its sha256."""
        sha256 = sha256_of(data)
        self.store.write(blob_path(name), sha256.encode() + b"\n" + data)
        return sha256

    def read_blob(self, name: str) -> bytes:
        """Return a blob, verified.

        Raises
        ------
        DataNotFoundError
            If it was never written.
        DataCorruptionError
            If its bytes are not those that were written.
        """
        where = f"{self.root}/{blob_path(name)}"
        stored = self.store.read(blob_path(name))
        if stored is None:
            raise DataNotFoundError("QTS-DATA-013", "the lake holds no such blob", where=where)
        sha256, _, data = stored.partition(b"\n")
        if sha256_of(data).encode() != sha256:
            raise corrupt(where, f"sha256 {sha256_of(data)[:16]}", f"sha256 {sha256[:16].decode('ascii', 'replace')}")
        return data

    def has_blob(self, name: str) -> bool:
        """Return whether a blob of that name was written."""
        return self.store.has(blob_path(name))

    def blobs(self, folder: str) -> tuple[str, ...]:
        """Return the names of the blobs directly in `folder`, whole and sorted."""
        names = (f"{folder}/{name}" for name in self.store.names(blob_path(folder)))
        return tuple(name for name in names if self.has_blob(name))

    def read_segment(self, table: str, segment: Segment, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one file of a month or some of its columns, read and verified now, whatever is kept in memory.

        Raises
        ------
        DataCorruptionError
            If its bytes or its rows are not those that were written.
        """
        data = self.store.read(f"{table}/{segment.file}")
        return decode_segment(data, segment, f"{self.root}/{table}/{segment.file}", columns)

    def _changed(
        self,
        table: str,
        month: str,
        file: str,
        data: bytes,
        change: Change,
        expected_sha256: str | None,
        *,
        mends: bool = False,
    ) -> Partition:
        """Apply `change` to a month under its lock: content first, manifest last.

        With `mends`, a month whose manifest is damaged counts as not there: writing it again is how that is mended.
        """
        with self.store.lock(f"{table}.{month}"):
            try:
                before = self._expected(table, month, expected_sha256)
            except DataCorruptionError:
                if not mends or expected_sha256 is not None:
                    raise
                before = None
            after, is_new = change(before)
            if is_new:
                self.store.write(f"{table}/{file}", data)
            if before != after:
                self.store.write(manifest_path(table, month), manifest_bytes(after))
            return after

    def _expected(self, table: str, month: str, expected_sha256: str | None) -> Partition | None:
        before = self.partition(table, month)
        found = "" if before is None else before.sha256
        if expected_sha256 is not None and found != expected_sha256:
            raise DataConflictError(
                "QTS-DATA-041", "the month was written by another meanwhile", where=f"{self.root}/{table}/{month}",
                found=f"sha256 {found[:16] or 'of nothing'}", expected=f"sha256 {expected_sha256[:16] or 'of nothing'}",
                fix="read it again and try again",
            )  # fmt: skip
        return before

    def _manifest(self, table: str, month: str) -> tuple[Partition | None, int]:
        name = manifest_path(table, month)
        text = self.store.read(name)
        return (None, VERSION) if text is None else read_manifest(text, table, month, f"{self.root}/{name}")

    def _frame(self, partition: Partition, columns: Sequence[str] | None = None) -> pl.DataFrame:
        frames = [self._segment(partition.table, segment, columns) for segment in partition.segments]
        return join_frames(frames, f"{self.root}/{partition.table}/{partition.month}")

    def _segment(self, table: str, segment: Segment, columns: Sequence[str] | None = None) -> pl.DataFrame:
        kept = None if self._cache is None else self._cache.get(segment.sha256)
        if kept is not None:
            return kept if columns is None else kept.select(columns)
        frame = self.read_segment(table, segment, columns=columns)
        # Only whole files are kept: their hash says nothing of which columns were read.
        if self._cache is not None and columns is None:
            self._cache.put(segment.sha256, frame)
        return frame

    def _check_columns(self, before: Partition, frame: pl.DataFrame) -> None:
        there, given = self._segment(before.table, before.segments[-1]).schema, frame.schema
        if list(there.items()) == list(given.items()):
            return
        raise DataValidationError(
            "QTS-DATA-014", "the rows to append have other columns", where=f"{before.table} {before.month}",
            found=", ".join(f"{n} {t}" for n, t in given.items() if there.get(n) != t) or ", ".join(given),
            expected=", ".join(f"{n} {t}" for n, t in there.items() if given.get(n) != t) or ", ".join(there),
            fix="write the month whole",
        )  # fmt: skip

    def _no_month(self, table: str, month: str) -> DataNotFoundError:
        return DataNotFoundError(
            "QTS-DATA-013", "the lake holds no such month", where=f"{self.root}/{table}/{month}",
            fix="materialise it, or run `qts data import` or `qts data synth`",
        )  # fmt: skip


def open_store(root: str | Path) -> Store:
    """Return the store of `root`: a folder, or an fsspec URL when it holds ``://``."""
    if isinstance(root, str) and "://" in root:
        return ObjectStore(root)
    return FolderStore(Path(root))
