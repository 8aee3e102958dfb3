"""Read delimited text strictly: every row has its fields, every byte its meaning (bad inputs B01 to B09, B47).

Libraries are lenient in different ways: short rows become nulls, lone carriage returns one endless header. Here the
shape is settled first, then everything is text until :mod:`qts_core.data.reading.parsing` gives it a meaning.
"""

from __future__ import annotations

import io

import numpy as np
import polars as pl

from qts_core.market.errors import DataNotFoundError, DataValidationError

__all__ = ["MAX_LINE_BYTES", "read_text_table"]

MAX_LINE_BYTES = 64 * 1024
SEPARATORS = (",", ";", "\t", "|")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_text_table(data: bytes, *, where: str) -> pl.DataFrame:
    """Return a delimited text with a header line as a frame of strings.

    Parameters
    ----------
    data : bytes
        UTF-8, with or without byte order mark; lines end in LF or CRLF. The separator is the one of comma,
        semicolon, tab and bar that the header holds most often.
    where : str
        File name, for messages.

    Raises
    ------
    DataNotFoundError
        If there is nothing in it.
    DataValidationError
        If it is not UTF-8, has lone carriage returns, too long lines, or rows with too few or too many fields.
    """
    if not data.strip():
        raise DataNotFoundError("QTS-DATA-002", "the file is empty", where=where)
    data = data.removeprefix(BYTE_ORDER_MARK)
    _check_encoding(data, where)
    if b"\n" not in data and b"\r" in data:
        raise DataValidationError(
            "QTS-DATA-003", "the header is not recognised: CR-only line endings", where=where, expected="LF or CRLF",
            fix="save the file with Unix or Windows line endings",
        )  # fmt: skip
    if not data.endswith(b"\n"):
        data += b"\n"
    header = data[: data.index(b"\n")].decode()
    separator = max(SEPARATORS, key=header.count)
    _check_lines(data, separator, where)
    try:
        table = pl.read_csv(io.BytesIO(data), separator=separator, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise DataValidationError(
            "QTS-DATA-005", "the table cannot be read", where=where, found=str(error).splitlines()[0]
        ) from error

    # Blank lines come as rows without any cell.
    return table.filter(~pl.all_horizontal(pl.all().is_null()))


def _check_encoding(data: bytes, where: str) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataValidationError(
            "QTS-DATA-003", f"the text is not UTF-8 from byte {error.start} on", where=where,
            found=data[error.start : error.start + 8], expected="UTF-8", fix="save the file as UTF-8",
        ) from error  # fmt: skip
    if b"\x00" in data[:4096]:
        raise DataValidationError("QTS-DATA-003", "the text holds zero bytes", where=where, expected="UTF-8 text")


def _check_lines(data: bytes, separator: str, where: str) -> None:
    """Count fields and bytes of every line; quoted fields, which may hold separators, are left to the reader."""
    raw = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(raw == ord("\n"))
    lengths = np.diff(np.r_[-1, ends])
    if (longest := int(lengths.max())) > MAX_LINE_BYTES:
        row = int(lengths.argmax()) + 1
        raise DataValidationError(
            "QTS-DATA-010", "a line is too long", where=f"{where}, line {row}", found=f"{longest} bytes",
            expected=f"at most {MAX_LINE_BYTES}",
        )  # fmt: skip
    if b'"' in data:
        return
    separators = np.searchsorted(np.flatnonzero(raw == ord(separator)), ends)
    fields = np.diff(np.r_[0, separators]) + 1
    is_blank = (lengths == 1) | ((lengths == 2) & (raw[np.maximum(ends - 1, 0)] == ord("\r")))
    wrong = np.flatnonzero((fields != fields[0]) & ~is_blank)
    if len(wrong):
        kind = "fewer" if fields[wrong[0]] < fields[0] else "more"
        raise DataValidationError(
            "QTS-DATA-005",
            f"{len(wrong)} rows have another number of fields than the header, the first has {kind}",
            where=f"{where}, line {int(wrong[0]) + 1}",
            found=f"{int(fields[wrong[0]])} fields",
            expected=f"{int(fields[0])}",
        )
