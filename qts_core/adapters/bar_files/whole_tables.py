"""Read a whole table with every column: daily bars with their corporate actions beside them, tables of actions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from qts_core.adapters.bar_files.formats import tables_of
from qts_core.adapters.bar_files.limits import check_size, damaged, unchanged, unpacked_limit
from qts_core.data.reading.columns import canonical_column, check_column_count
from qts_core.data.reading.parsing import ImportResult, parse_bars
from qts_core.market.errors import DataValidationError

__all__ = ["DailyFile", "read_daily", "read_table"]

PARQUET = (".parquet", ".pq")
BYTES_A_VALUE = 8


@dataclass(frozen=True, slots=True, eq=False)
class DailyFile:
    """Daily bars as bars, and the table they were read from, under the vendor's names."""

    bars: ImportResult
    table: pl.DataFrame
    sha256: str


def read_table(path: Path) -> pl.DataFrame:
    """Return a small table with all of its columns.

    Parameters
    ----------
    path : Path
        Delimited text (also packed) or Parquet.

    Raises
    ------
    DataNotFoundError
        If it does not exist or is empty.
    DataValidationError
        If it is too large, or has columns that are no numbers, texts or times.
    DataCorruptionError
        If it is damaged.
    """
    if path.suffix.lower() not in PARQUET or not path.is_file():
        tables = [table for _, parts in tables_of(path) for table in parts]
        return pl.concat(tables, how="diagonal_relaxed")
    where = path.name
    try:
        opened = pq.ParquetFile(path, page_checksum_verification=True)
        metadata, schema = opened.metadata, opened.schema_arrow
        check_column_count(len(schema.names), where=where)
        limit = unpacked_limit(path.stat().st_size)
        check_size(sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)), limit, where)
        check_size(metadata.num_rows * len(schema.names) * BYTES_A_VALUE, limit, where)
        if nested := [f.name for f in schema if pa.types.is_nested(f.type) or pa.types.is_binary(f.type)]:
            raise DataValidationError(
                "QTS-DATA-005", "columns hold something else than numbers, texts and times", where=where,
                found=", ".join(nested), fix="leave them out",
            )  # fmt: skip
        return pl.DataFrame(opened.read())
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError, OverflowError) as error:
        raise damaged("Parquet", where, error) from error


def read_daily(path: Path, *, symbol: str | None = None) -> DailyFile:
    """Read a file of daily bars, which an import refuses, for judging it.

    Their days become midnights in UTC; :func:`qts_core.data.quality.daily.at_the_open` gives them their sessions.
    """
    with unchanged(path) as sha256:
        table = read_table(path)
    dated = table.with_columns(_midnight(table[name]) for name in table.columns if canonical_column(name) == "ts_event")
    bars = parse_bars(dated, source=path.name, where=path.name, symbol=symbol, no_volume=True)
    return DailyFile(bars, table, sha256)


def _midnight(days: pl.Series) -> pl.Series:
    dated = days.str.head(10).str.to_date() if days.dtype == pl.String else days.cast(pl.Date)
    return dated.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
