"""The files of a month: a frame as Parquet bytes named by their hash, and back only when every byte is right."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence

import polars as pl

from qts_core.adapters.lake.names import segment_file
from qts_core.market.errors import DataCorruptionError, DataValidationError
from qts_core.ports.lake import Segment

__all__ = ["corrupt", "decode_segment", "encode_segment", "join_frames", "sha256_of"]


def encode_segment(month: str, frame: pl.DataFrame, lineage: Mapping[str, str]) -> tuple[bytes, Segment]:
    """Return the file of `frame` and what the manifest says of it."""
    buffer = io.BytesIO()
    # In one chunk, so that the bytes follow from the rows and not from how they were put together.
    frame.rechunk().write_parquet(buffer, compression="zstd", statistics=True)
    data = buffer.getvalue()
    sha256 = sha256_of(data)
    origin = {str(key): str(value) for key, value in lineage.items()}
    return data, Segment(segment_file(month, sha256), frame.height, sha256, len(data), origin)


def decode_segment(
    data: bytes | None, segment: Segment, where: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return the frame of a file, or some of its columns; nothing is parsed before its bytes are verified.

    Raises
    ------
    DataCorruptionError
        If there is no file, or its bytes or rows are not those that were written.
    """
    if data is None:
        raise corrupt(where, "no file", f"sha256 {segment.sha256[:16]}")
    if (found := sha256_of(data)) != segment.sha256 or len(data) != segment.bytes:
        raise corrupt(
            where, f"sha256 {found[:16]}, {len(data)} bytes", f"sha256 {segment.sha256[:16]}, {segment.bytes} bytes"
        )
    frame = pl.read_parquet(io.BytesIO(data), columns=None if columns is None else list(columns))
    if frame.height != segment.rows:
        raise corrupt(where, f"{frame.height} rows", f"{segment.rows} rows")
    return frame


def join_frames(frames: Sequence[pl.DataFrame], where: str) -> pl.DataFrame:
    """Return frames one below the other.

    Raises
    ------
    DataValidationError
        If their columns differ.
    """
    if len(frames) == 1:
        return frames[0]
    try:
        return pl.concat(frames, rechunk=True)
    except pl.exceptions.PolarsError as error:
        raise DataValidationError(
            "QTS-DATA-014", "parts of the table have different columns", where=where,
            found=str(error).splitlines()[0], fix="make the table again for all months",
        ) from error  # fmt: skip


def corrupt(where: str, found: str, expected: str) -> DataCorruptionError:
    """Return the error of bytes that are not those that were written."""
    return DataCorruptionError(
        "QTS-DATA-009", "stored bytes are not those that were written", where=where, found=found, expected=expected,
        fix="restore the file from a backup or write that month again",
    )  # fmt: skip


def sha256_of(data: bytes) -> str:
    """Return the sha256 of `data` in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
