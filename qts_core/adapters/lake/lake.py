"""The lake: Parquet month partitions whose sha256 is checked on every read (specification 14.3).

A partition is two files::

    clean_bars/2024-03.9f2c41d07a55.parquet    content, named by its hash
    clean_bars/2024-03.json                    manifest: which file, its sha256, rows, lineage

The manifest is written last. Content is never overwritten, so a crash between the two leaves the old partition
whole, and two processes writing different months cannot lose each other's entry.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from qts_core.adapters.lake.stores import open_store
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError
from qts_core.ports.lake import Partition

__all__ = ["Lake"]

TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])|all", re.ASCII)
BLOB = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.=-]*)*", re.ASCII)
BLOBS = "blobs"
VERSION = 1


class Lake:
    """Implements :class:`qts_core.ports.lake.LakePort` on a folder or an fsspec URL.

    Parameters
    ----------
    root : str or Path
        Folder, made on the first write, or a URL such as ``s3://bucket/qts``.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        self._store = open_store(root)

    def write_month(self, table: str, month: str, frame: pl.DataFrame, *, lineage: Mapping[str, str]) -> Partition:
        """Store `frame` as `month` of `table`; writing what is already there changes nothing."""
        _check_names(table, month)
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", statistics=True)
        data = buffer.getvalue()
        partition = Partition(table, month, frame.height, _sha256(data), len(data), dict(lineage))
        before = self.partition(table, month)
        if before == partition:
            return partition
        file = _file(partition)
        if before is None or before.sha256 != partition.sha256:
            self._store.write(file, data)
        self._store.write(f"{table}/{month}.json", _manifest(partition))
        if before is not None and _file(before) != file:
            self._store.delete(_file(before))
        return partition

    def read_month(self, table: str, month: str) -> pl.DataFrame:
        """Return one month, its bytes verified before they are parsed.

        Raises
        ------
        DataNotFoundError
            If it was never written.
        DataCorruptionError
            If its bytes are not those that were written.
        """
        partition = self.partition(table, month)
        if partition is None:
            raise DataNotFoundError(
                "QTS-DATA-013", "the lake holds no such month", where=f"{self.root}/{table}/{month}",
                fix="materialise it, or run `qts data import` or `qts data synth`",
            )  # fmt: skip
        data = self._verified(_file(partition), partition.sha256)
        return pl.read_parquet(io.BytesIO(data))

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
        return pl.concat(list(frames), rechunk=True)

    def tables(self) -> tuple[str, ...]:
        """Return the names of all tables, sorted."""
        return tuple(n for n in self._store.names("") if n != BLOBS and TABLE.fullmatch(n) and self.months(n))

    def months(self, table: str) -> tuple[str, ...]:
        """Return the months stored, sorted; empty when there is no such table."""
        _check_names(table, "all")
        stems = (n.removesuffix(".json") for n in self._store.names(table) if n.endswith(".json"))
        return tuple(m for m in stems if MONTH.fullmatch(m))

    def partition(self, table: str, month: str) -> Partition | None:
        """Return what is known of one month without reading it, or None.

        Raises
        ------
        DataCorruptionError
            If the manifest cannot be read.
        """
        _check_names(table, month)
        name = f"{table}/{month}.json"
        text = self._store.read(name)
        return None if text is None else _parse_manifest(text, table, month, f"{self.root}/{name}")

    def data_hash(self, table: str, months: Sequence[str] | None = None) -> str:
        """Return one sha256 over the contents of `months` (all by default)."""
        chosen = self.months(table) if months is None else sorted(months)
        lines = []
        for month in chosen:
            partition = self.partition(table, month)
            lines.append(f"{month} {partition.sha256 if partition else 'absent'}")
        return _sha256("\n".join([table, *lines]).encode())

    def write_blob(self, name: str, data: bytes) -> str:
        """Store `data` under `name` (may hold ``/``) and return its sha256."""
        sha256 = _sha256(data)
        self._store.write(_blob(name), sha256.encode() + b"\n" + data)
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
        stored = self._store.read(_blob(name))
        if stored is None:
            raise DataNotFoundError("QTS-DATA-013", "the lake holds no such blob", where=f"{self.root}/{_blob(name)}")
        sha256, _, data = stored.partition(b"\n")
        if _sha256(data).encode() != sha256:
            raise _corrupt(f"{self.root}/{_blob(name)}", _sha256(data), sha256.decode("ascii", "replace"))
        return data

    def has_blob(self, name: str) -> bool:
        """Return whether a blob of that name was written."""
        return self._store.read(_blob(name)) is not None

    def _verified(self, name: str, sha256: str) -> bytes:
        data = self._store.read(name)
        if data is None:
            raise _corrupt(f"{self.root}/{name}", "no file", sha256)
        if (found := _sha256(data)) != sha256:
            raise _corrupt(f"{self.root}/{name}", found, sha256)
        return data


def _check_names(table: str, month: str) -> None:
    if not TABLE.fullmatch(table) or table == BLOBS:
        raise DataValidationError(
            "QTS-DATA-012", "not a table name", found=table, expected="small letters, digits and _, at most 63"
        )
    if not MONTH.fullmatch(month):
        raise DataValidationError("QTS-DATA-012", "not a month", found=month, expected="YYYY-MM or all")


def _blob(name: str) -> str:
    if not BLOB.fullmatch(name):
        raise DataValidationError("QTS-DATA-012", "not a blob name", found=name, expected="words joined by /")
    return f"{BLOBS}/{name}"


def _file(partition: Partition) -> str:
    return f"{partition.table}/{partition.month}.{partition.sha256[:12]}.parquet"


def _manifest(partition: Partition) -> bytes:
    content = {
        "version": VERSION,
        "rows": partition.rows,
        "bytes": partition.bytes,
        "sha256": partition.sha256,
        "lineage": dict(partition.lineage),
    }
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"


def _parse_manifest(text: bytes, table: str, month: str, where: str) -> Partition:
    try:
        content = json.loads(text)
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']}")
        lineage = {str(k): str(v) for k, v in content["lineage"].items()}
        return Partition(table, month, int(content["rows"]), str(content["sha256"]), int(content["bytes"]), lineage)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataCorruptionError(
            "QTS-DATA-009", "a manifest of the lake cannot be read", where=where, found=f"{error}",
            fix="write that month again",
        ) from error  # fmt: skip


def _corrupt(where: str, found: str, expected: str) -> DataCorruptionError:
    return DataCorruptionError(
        "QTS-DATA-009", "stored bytes are not those that were written", where=where, found=f"sha256 {found[:16]}",
        expected=f"sha256 {expected[:16]}", fix="restore the file from a backup or write that month again",
    )  # fmt: skip


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
