"""HDF5 files of numeric tables, read by :mod:`hdf5_worker` in a process of bounded memory and time (bad input B44)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl

from qts_core.adapters.bar_files.limits import damaged, unpacked_limit
from qts_core.data.reading.columns import canonical_column, check_column_count
from qts_core.market.errors import DataValidationError
from qts_core.market.instruments import canonical_symbol

__all__ = ["read_hdf5"]

WORKER = Path(__file__).with_name("hdf5_worker.py")
MEMORY_BYTES = 6 * 1024**3
"""Address space of the reading process: its libraries reserve most of it, a batch of rows takes some 20 MB."""
CPU_SECONDS = 300
MAX_LINE = 1024**2


def read_hdf5(path: Path, where: str) -> Iterator[pl.DataFrame]:
    """Read every table of an HDF5 file batch by batch.

    Parameters
    ----------
    path : Path
        Tables are compound data sets, groups of equally long columns, or what pandas writes with
        ``format="table"``; times are epochs or text of fixed length. A table without a column of symbols is one
        symbol's, named by its group or data set.
    where : str
        File name, for messages.

    Raises
    ------
    DataValidationError
        If it holds objects, links to elsewhere, virtual data sets, or too much.
    DataCorruptionError
        If it is damaged, so far that reading it breaks down.
    """
    limit = unpacked_limit(path.stat().st_size)
    # No plugins: a filter named by a file must not load a library.
    surroundings = {"HDF5_PLUGIN_PRELOAD": "::", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-I", str(WORKER), str(path.resolve()), str(MEMORY_BYTES), str(limit), str(CPU_SECONDS)]
    with subprocess.Popen(  # noqa: S603  # our own program, the file's path its only foreign word
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=surroundings
    ) as worker:
        assert worker.stdout is not None
        try:
            yield from _tables(worker.stdout, limit, where)
        finally:
            worker.kill()


def _tables(out: IO[bytes], limit: int, where: str) -> Iterator[pl.DataFrame]:
    while True:
        head = _head(out, where)
        if head.get("end"):
            return
        if "refused" in head:
            raise DataValidationError(
                "QTS-DATA-025", f"the HDF5 file holds {head['refused']}", where=where, found=str(head.get("found")),
                expected="tables of numbers and text of fixed length", fix="write plain columns, or Parquet",
            )  # fmt: skip
        if "too_much" in head:
            raise DataValidationError(
                "QTS-DATA-010", "the file is too large, or unpacks to too much", where=where, found=head["too_much"],
                expected=f"at most {limit} bytes", fix="split the file",
            )  # fmt: skip
        if "damaged" in head:
            raise damaged("HDF5", where, head["damaged"])
        columns: list[tuple[str, str, int]] = head["columns"]  # type: ignore[assignment]  # as the worker writes it
        yield _table(out, str(head["table"]), columns, where)


def _head(out: IO[bytes], where: str) -> dict[str, object]:
    line = out.readline(MAX_LINE)
    try:
        head = json.loads(line)
    except ValueError as error:
        # Nothing came: the library itself broke down over these bytes.
        raise damaged("HDF5", where, "the HDF5 library cannot read it") from error
    return dict(head)


def _table(out: IO[bytes], name: str, columns: list[tuple[str, str, int]], where: str) -> pl.DataFrame:
    check_column_count(len(columns), where=where)
    series = []
    for column, kind, rows in columns:
        dtype = np.dtype(kind)
        data = out.read(rows * dtype.itemsize)
        if len(data) != rows * dtype.itemsize:
            raise damaged("HDF5", where, "the HDF5 library cannot read it")
        series.append(_series(column, np.frombuffer(data, dtype), where))
    frame = pl.DataFrame(series)
    if not any(canonical_column(column) == "symbol" for column, _, _ in columns):
        symbol = canonical_symbol(name.rsplit("/", 1)[-1])
        if symbol is not None:
            frame = frame.with_columns(symbol=pl.lit(symbol))
    return frame


def _series(name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.generic]], where: str) -> pl.Series:
    if values.dtype.kind != "S":
        return pl.Series(
            name, values.astype(np.float64 if values.dtype.kind == "f" else values.dtype.newbyteorder("="))
        )
    try:
        return pl.Series(name, [bytes(value).decode() for value in values.tolist()], dtype=pl.String)
    except UnicodeDecodeError as error:
        raise DataValidationError(
            "QTS-DATA-003", f"the text of column {name} is not UTF-8", where=where, found=error.object[:8],
            expected="UTF-8",
        ) from error  # fmt: skip
