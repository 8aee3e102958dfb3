"""Which reader belongs to which file name."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import polars as pl

from qts_core.adapters.bar_files.archives import ARCHIVES, read_archive
from qts_core.adapters.bar_files.arrow import read_arrow, read_parquet
from qts_core.adapters.bar_files.hdf5 import read_hdf5
from qts_core.adapters.bar_files.text import PACKED, read_text
from qts_core.market.errors import DataNotFoundError, DataValidationError
from qts_core.market.instruments import canonical_symbol

__all__ = ["is_bar_file", "symbol_of_name", "tables_of"]

TEXT = (".csv", ".tsv", ".txt")
PARQUET = (".parquet", ".pq")
ARROW = (".arrow", ".feather", ".ipc")
HDF5 = (".h5", ".hdf5", ".hdf")
READ = ".csv, .tsv, .txt (also .gz, .zst), .parquet, .feather, .h5, .zip, .tar, or a folder of them"


def is_bar_file(name: str) -> bool:
    """Return whether a file of this name would be read."""
    suffix, packing = _suffixes(name)
    return suffix in TEXT or (not packing and suffix in {*PARQUET, *ARROW, *HDF5, *ARCHIVES})


def symbol_of_name(name: str) -> str | None:
    """Return the symbol that a file's name begins with: ``AAPL.csv``, ``AAPL_15min.txt``, ``BRK.B.csv``, or None."""
    stem = PurePosixPath(name).name
    while (suffix := PurePosixPath(stem).suffix.lower()) in {*TEXT, *PARQUET, *ARROW, *HDF5, *PACKED}:
        stem = stem[: -len(suffix)]
    return canonical_symbol(stem.split("_")[0].split(" ")[0])


def tables_of(path: Path) -> Iterator[tuple[str, Iterator[pl.DataFrame]]]:
    """Give the tables of a file, an archive's file by file, each with a name for messages.

    Raises
    ------
    DataValidationError
        If the format is not one that is read.
    DataError
        As the readers do.
    """
    suffix, packing = _suffixes(path.name)
    if suffix in HDF5 and not packing:
        yield path.name, read_hdf5(path, path.name)
        return
    if suffix in ARCHIVES and not packing:
        yield from _members(path)
        return
    with path.open("rb") as file:
        yield path.name, _read(file, path.stat().st_size, path.name)


def _members(path: Path) -> Iterator[tuple[str, Iterator[pl.DataFrame]]]:
    found = False
    for name, data in read_archive(path, path.name):
        suffix, _ = _suffixes(name)
        if not is_bar_file(name) or PurePosixPath(name).name.startswith("."):
            continue
        if suffix in {*HDF5, *ARCHIVES}:
            raise DataValidationError(
                "QTS-DATA-003", "the archive holds files that are not read inside one", where=path.name, found=name,
                expected=".csv, .tsv, .txt, .parquet or .feather", fix="unpack it and import the folder",
            )  # fmt: skip
        found = True
        yield f"{path.name}/{name}", _read(io.BytesIO(data), len(data), name)
    if not found:
        raise DataNotFoundError("QTS-DATA-002", "the archive holds no file of bars", where=path.name, expected=READ)


def _read(file: IO[bytes], size: int, where: str) -> Iterator[pl.DataFrame]:
    suffix, packing = _suffixes(where)
    if suffix in TEXT:
        return read_text(file, size, where, packing=packing)
    if not packing and suffix in PARQUET:
        return read_parquet(file, size, where)
    if not packing and suffix in ARROW:
        return read_arrow(file, size, where)
    raise DataValidationError(
        "QTS-DATA-003", "the file's format is not read", where=where, found=suffix + packing or "no suffix",
        expected=READ, fix="convert it to Parquet or CSV",
    )  # fmt: skip


def _suffixes(name: str) -> tuple[str, str]:
    """Return the suffix that names the format, and the packing after it."""
    path = PurePosixPath(name.lower())
    if path.suffix in PACKED:
        return PurePosixPath(path.stem).suffix, path.suffix
    return path.suffix, ""
