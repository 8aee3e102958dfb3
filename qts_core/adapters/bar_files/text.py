"""Delimited text, plain or packed with gzip or zstd, unpacked no further than the limits allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import polars as pl
import pyarrow as pa

from qts_core.adapters.bar_files.limits import check_size, damaged, unpacked_limit
from qts_core.data.reading.text_tables import read_text_blocks

__all__ = ["PACKED", "read_text"]

PACKED = {".gz": "gzip", ".zst": "zstd"}
PIECE = 4 * 1024**2


def read_text(file: IO[bytes], size: int, where: str, *, packing: str = "") -> Iterator[pl.DataFrame]:
    """Read delimited text block by block.

    Parameters
    ----------
    file : binary file
        At its start.
    size : int
        Its bytes.
    where : str
        File name, for messages.
    packing : str
        ``.gz``, ``.zst``, or empty.

    Raises
    ------
    DataError
        As :func:`qts_core.data.reading.text_tables.read_text_blocks`; and if it is damaged or unpacks to too much.
    """
    pieces = _unpacked(file, size, PACKED[packing], where) if packing else _plain(file)
    return read_text_blocks(pieces, where=where)


def _plain(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _unpacked(file: IO[bytes], size: int, codec: str, where: str) -> Iterator[bytes]:
    limit, read = unpacked_limit(size), 0
    try:
        with pa.CompressedInputStream(pa.PythonFile(file, mode="r"), codec) as stream:
            while piece := stream.read(PIECE):
                read += len(piece)
                check_size(read, limit, where)
                yield piece
    except (OSError, pa.ArrowException) as error:
        raise damaged(codec, where, error) from error
