"""Frames into a file for other programs: whole or not at all (features export; specification 5.3)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from qts_core.market.errors import DataConnectionError, InvalidConfigError

__all__ = ["FORMATS", "write_table_file"]

Writer = Callable[[IO[bytes], Iterable[pl.DataFrame], Mapping[str, str]], int]
ABOUT = b"qts"


def write_table_file(
    path: Path, frames: Iterable[pl.DataFrame], *, about: Mapping[str, str], is_replacing: bool = False
) -> int:
    """Write frames one below the other, one in memory at a time, and return how many rows there were.

    Parameters
    ----------
    path : Path
        Ends in one of :data:`FORMATS`. What it held before stays until the new file is whole.
    frames : iterable of DataFrame
        All with the same columns; at least one.
    about : mapping of str to str
        What the file is; kept in the metadata of Parquet under ``qts``, as JSON. CSV has no place for it.
    is_replacing : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    InvalidConfigError
        If the ending is another, or the file is there already.
    DataConnectionError
        If the folder cannot be written or the disk is full; nothing is left behind.
    """
    writer = FORMATS.get(path.suffix.lower())
    if writer is None:
        raise InvalidConfigError(
            "QTS-CLI-001", "the file's ending names no format that can be written", found=path.name,
            expected=f"a name that ends in {' or '.join(FORMATS)}",
        )  # fmt: skip
    if path.exists() and not is_replacing:
        raise InvalidConfigError(
            "QTS-CLI-001", "the file is there already", found=str(path), fix="name another, or pass --force"
        )
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:12]}.part")
    try:
        with temporary.open("xb") as file:
            rows = writer(file, frames, about)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise DataConnectionError(
            "QTS-DATA-001", "the file cannot be written", where=str(path), found=error.strerror or str(error),
            fix="choose another place, or free space",
        ) from error  # fmt: skip
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return rows


def _write_csv(file: IO[bytes], frames: Iterable[pl.DataFrame], about: Mapping[str, str]) -> int:
    rows = 0
    for frame in frames:
        # Seventeen digits are not needed: the shortest decimal reads back as the very same number.
        frame.write_csv(file, include_header=rows == 0, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
        rows += frame.height
    return rows


def _write_parquet(file: IO[bytes], frames: Iterable[pl.DataFrame], about: Mapping[str, str]) -> int:
    rows, writer = 0, None
    try:
        for frame in frames:
            table = frame.to_arrow()
            if writer is None:
                schema = table.schema.with_metadata({ABOUT: json.dumps(dict(about), sort_keys=True).encode()})
                writer = pq.ParquetWriter(file, schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
            rows += frame.height
    except pa.ArrowException as error:
        raise OSError(str(error)) from error
    finally:
        if writer is not None:
            writer.close()
    return rows


FORMATS: Mapping[str, Writer] = {".parquet": _write_parquet, ".csv": _write_csv}
"""Endings, and what writes them."""
