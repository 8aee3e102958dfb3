"""Files of corporate actions: delimited text (also packed) and Parquet, read whole, within the limits of bar files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from qts_core.adapters.bar_files.limits import check_size, damaged, unchanged, unpacked_limit
from qts_core.adapters.bar_files.text import PACKED, read_text
from qts_core.data.actions.reading import parse_actions
from qts_core.data.reading.columns import check_column_count

__all__ = ["read_actions"]

MAX_FILE_BYTES = 64 * 1024**2
"""Thirty years of 500 symbols take under one megabyte."""


def read_actions(path: Path, *, source: str | None = None) -> tuple[pl.DataFrame, str]:
    """Read a file of corporate actions.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.txt``, also ``.gz`` or ``.zst``, or ``.parquet``. Columns:
        :data:`qts_core.data.actions.reading.COLUMN_NAMES`.
    source : str, optional
        Provenance of rows that name none; the file's name by default.

    Returns
    -------
    actions : DataFrame
        Of ``ACTION_SCHEMA``.
    sha256 : str
        Of the file.

    Raises
    ------
    DataNotFoundError
        If there is no such file, or nothing in it.
    DataValidationError
        If it is too large, or not a table of corporate actions.
    DataCorruptionError
        If it is damaged, or changes while it is read.
    """
    with unchanged(path) as sha256:
        size = path.stat().st_size
        check_size(size, MAX_FILE_BYTES, path.name)
        table = _parquet(path, size) if path.suffix.lower() in (".parquet", ".pq") else _text(path, size)
    return parse_actions(table, where=path.name, source=source or path.name), sha256


def _text(path: Path, size: int) -> pl.DataFrame:
    packing = path.suffix.lower() if path.suffix.lower() in PACKED else ""
    with path.open("rb") as file:
        return pl.concat(list(read_text(file, size, path.name, packing=packing)))


def _parquet(path: Path, size: int) -> pl.DataFrame:
    try:
        opened = pq.ParquetFile(path, page_checksum_verification=True)
        check_column_count(len(opened.schema_arrow.names), where=path.name)
        metadata = opened.metadata
        check_size(
            sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)),
            min(unpacked_limit(size), MAX_FILE_BYTES), path.name,
        )  # fmt: skip
        return pl.DataFrame(pl.from_arrow(opened.read()))
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError, OverflowError) as error:
        raise damaged("Parquet", path.name, error) from error
