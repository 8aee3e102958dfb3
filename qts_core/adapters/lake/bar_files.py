"""Read bar files from disk: CSV (.gz, .zst) and Parquet, with limits before anything is unpacked (B39 to B47)."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from qts_core.data.reading.parsing import ImportResult, parse_bars
from qts_core.data.reading.text_tables import read_text_table
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError

__all__ = ["import_bars"]

MAX_BYTES = 2 * 1024**3
MAX_RATIO = 200
RATIO_FROM_BYTES = 64 * 1024**2
TEXT = (".csv", ".tsv", ".txt")
PACKED = {".gz": "gzip", ".zst": "zstd"}


def import_bars(
    path: str | Path,
    *,
    timezone: str | None = None,
    source: str | None = None,
    symbol: str | None = None,
    allow_empty: bool = False,
) -> ImportResult:
    """Read a file of bars.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.tsv``, ``.txt``, each also with ``.gz`` or ``.zst``, or ``.parquet``.
    timezone : str, optional
        IANA zone of times that carry none; without it such a file is refused.
    source : str, optional
        Written into the bars; the file's name by default.
    symbol : str, optional
        Symbol of a file that has no such column.
    allow_empty : bool
        Accept a file without rows.

    Returns
    -------
    ImportResult
        Bars as the file gives them. Check them next: ``check_bars`` or ``register_bars``.

    Raises
    ------
    DataNotFoundError
        If the file does not exist or is empty.
    DataValidationError
        If its content is not bars.
    DataCorruptionError
        If a Parquet or compressed file is damaged, or the file changed while it was read.
    """
    path = Path(path)
    where = path.name
    data = _read(path)
    table = _table(path, data, where)
    result = parse_bars(
        table, source=source or where, where=where, timezone=timezone, symbol=symbol, allow_empty=allow_empty
    )
    return replace(result, sha256=hashlib.sha256(data).hexdigest())


def _table(path: Path, data: bytes, where: str) -> pl.DataFrame:
    suffixes = [s.lower() for s in path.suffixes]
    last = suffixes[-1] if suffixes else ""
    if last in {".parquet", ".pq"}:
        return _parquet(data, where)
    if last in PACKED:
        data = _unpacked(data, PACKED[last], where)
        last = suffixes[-2] if len(suffixes) > 1 else ""
    if last in TEXT:
        return read_text_table(data, where=where)
    raise DataValidationError(
        "QTS-DATA-003", "the file's format is not read", where=where, found="".join(suffixes) or "no suffix",
        expected=".csv, .tsv, .txt (also .gz, .zst) or .parquet", fix="convert it to Parquet or CSV",
    )  # fmt: skip


def _read(path: Path) -> bytes:
    try:
        before = path.stat()
        if before.st_size > MAX_BYTES:
            raise _too_large(path.name, before.st_size)
        data = path.read_bytes()
        after = path.stat()
    except IsADirectoryError:
        raise DataNotFoundError("QTS-DATA-001", "a folder was given", where=str(path), expected="a file") from None
    except OSError as error:
        raise DataNotFoundError(
            "QTS-DATA-001", "the file cannot be read", where=str(path), found=error.strerror or str(error)
        ) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != before.st_size:
        raise DataCorruptionError(
            "QTS-DATA-011", "the file changed while it was read", where=path.name, fix="try again"
        )
    if not data:
        raise DataNotFoundError("QTS-DATA-002", "the file is empty", where=path.name)
    return data


def _unpacked(data: bytes, codec: str, where: str) -> bytes:
    limit = _limit(len(data))
    try:
        with pa.CompressedInputStream(pa.BufferReader(data), codec) as stream:
            unpacked: bytes = stream.read(limit + 1)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataCorruptionError(
            "QTS-DATA-003", f"the {codec} file cannot be unpacked", where=where, found=str(error)
        ) from error
    if len(unpacked) > limit:
        raise _too_large(where, len(unpacked))
    return unpacked


def _parquet(data: bytes, where: str) -> pl.DataFrame:
    try:
        metadata = pq.ParquetFile(io.BytesIO(data)).metadata
        groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
        size = sum(group.total_byte_size for group in groups)
        if size > _limit(len(data)):
            raise _too_large(where, size)
        return pl.read_parquet(io.BytesIO(data))
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise DataCorruptionError(
            "QTS-DATA-003", "the Parquet file is damaged or cut off", where=where, found=str(error).splitlines()[0],
            fix="get the file again",
        ) from error  # fmt: skip


def _limit(packed: int) -> int:
    return min(MAX_BYTES, max(RATIO_FROM_BYTES, MAX_RATIO * packed))


def _too_large(where: str, size: int) -> DataValidationError:
    return DataValidationError(
        "QTS-DATA-010", "the file is too large, or unpacks to too much", where=where, found=f"{size} bytes or more",
        expected=f"at most {MAX_BYTES} bytes and {MAX_RATIO} times its packed size", fix="split the file",
    )  # fmt: skip
