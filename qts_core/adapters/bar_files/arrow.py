"""Parquet and Arrow IPC (Feather) files: sizes are asked of the metadata first, and only known columns are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qts_core.adapters.bar_files.limits import MAX_BYTES, check_size, damaged, unpacked_limit
from qts_core.data.reading.columns import canonical_column, check_column_count
from qts_core.market.errors import DataValidationError

__all__ = ["read_arrow", "read_parquet"]

BATCH_ROWS = 262_144
BYTES_A_VALUE = 8
MAX_TEXT = 256
"""Most bytes of a text cell: a symbol or a time."""

DECODING = (OSError, pa.ArrowException, pl.exceptions.PolarsError, OverflowError, UnicodeDecodeError)
"""What the decoders raise at damaged bytes."""


def read_parquet(file: IO[bytes], size: int, where: str) -> Iterator[pl.DataFrame]:
    """Read a Parquet file batch by batch.

    Raises
    ------
    DataValidationError
        If it has too many columns, or its metadata promise too many rows or bytes.
    DataCorruptionError
        If it is damaged or cut off.
    """
    try:
        opened = pq.ParquetFile(file, page_checksum_verification=True)
        schema, metadata = opened.schema_arrow, opened.metadata
        _check_columns(schema, where)
        groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
        check_size(sum(group.total_byte_size for group in groups), unpacked_limit(size), where)
        wanted = _wanted(schema)
        # Repeated values pack to nothing, so the rows themselves are counted too.
        check_size(metadata.num_rows * max(len(wanted), 1) * BYTES_A_VALUE, unpacked_limit(size), where)
        texts = [name for name in wanted if _is_text(schema.field(name).type)]
        if texts:
            opened = pq.ParquetFile(file, read_dictionary=texts, page_checksum_verification=True)
        yield pl.DataFrame(schema=dict.fromkeys(schema.names, pl.Null))  # every name, so that unread ones are told
        for batch in opened.iter_batches(BATCH_ROWS, columns=wanted):
            yield _frame(batch, where)
    except DECODING as error:
        raise damaged("Parquet", where, error) from error


def read_arrow(file: IO[bytes], size: int, where: str) -> Iterator[pl.DataFrame]:
    """Read an Arrow IPC file (Feather, version 2) batch by batch.

    Raises
    ------
    DataValidationError
        If it has too many columns, or unpacks to too much.
    DataCorruptionError
        If it is damaged, cut off, or of the first version of Feather.
    """
    limit, read = unpacked_limit(size), 0
    try:
        opened = pa.ipc.open_file(file)
        schema = opened.schema
        _check_columns(schema, where)
        wanted = _wanted(schema)
        yield pl.DataFrame(schema=dict.fromkeys(schema.names, pl.Null))  # every name, so that unread ones are told
        for i in range(opened.num_record_batches):
            batch = opened.get_batch(i)
            batch.validate(full=True)
            read += batch.nbytes
            check_size(read, min(limit, MAX_BYTES), where)
            yield _frame(batch.select(wanted), where)
    except DECODING as error:
        raise damaged("Arrow", where, error) from error


def _check_columns(schema: pa.Schema, where: str) -> None:
    check_column_count(len(schema.names), where=where)
    repeated = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if repeated:
        raise DataValidationError("QTS-DATA-004", "columns are given twice", where=where, found=", ".join(repeated))


def _wanted(schema: pa.Schema) -> list[str]:
    return [name for name in schema.names if canonical_column(name)]


def _frame(batch: pa.RecordBatch, where: str) -> pl.DataFrame:
    columns = [_series(name, batch.column(name), where) for name in batch.schema.names]
    return pl.DataFrame(columns)


def _series(name: str, column: pa.Array, where: str) -> pl.Series:
    kind = column.type
    if pa.types.is_dictionary(kind):
        if len(column.dictionary):
            _check_text(column.dictionary, name, where)
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_string_view(kind):
        column = column.cast(pa.large_string())
        kind = column.type
    if _is_text(kind):
        _check_text(column, name, where)
    elif pa.types.is_timestamp(kind):
        if kind.tz is not None:
            column = column.cast(pa.timestamp(kind.unit, "UTC"))
        if kind.unit == "s":
            column = column.cast(pa.timestamp("us", column.type.tz))
    elif not _is_plain(kind):
        raise DataValidationError(
            "QTS-DATA-005", f"the column {name} is of a kind that is not read", where=where, found=str(kind),
            expected="numbers, text or timestamps",
        )  # fmt: skip
    series = pl.from_arrow(pa.chunked_array([column]))
    assert isinstance(series, pl.Series)
    return series.rename(name)


def _check_text(column: pa.Array, name: str, where: str) -> None:
    if not _is_text(column.type):
        return
    longest = pc.max(pc.binary_length(column)).as_py() or 0
    if longest > MAX_TEXT:
        raise DataValidationError(
            "QTS-DATA-010", f"a cell of {name} is too long", where=where, found=f"{longest} bytes",
            expected=f"at most {MAX_TEXT}",
        )  # fmt: skip


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_plain(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_boolean,
        pa.types.is_date,
        pa.types.is_null,
    )
    return any(test(kind) for test in tests)
