"""Read delimited text strictly: every row has its fields, every byte its meaning (bad inputs B01 to B09, B47).

Libraries are lenient in different ways: short rows become nulls, lone carriage returns one endless header. Here the
shape is settled first, then everything is text until :mod:`qts_core.data.reading.parsing` gives it a meaning. A long
text is read in blocks of whole lines, so that memory does not grow with the file.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from qts_core.data.reading.columns import check_column_count
from qts_core.market.errors import DataNotFoundError, DataValidationError

__all__ = ["BLOCK_BYTES", "MAX_LINE_BYTES", "read_text_blocks", "read_text_table"]

MAX_LINE_BYTES = 64 * 1024
BLOCK_BYTES = 16 * 1024**2
"""Text that is in work at a time; a frame of strings takes about three times that."""
LEAST_LINE_BYTES = 8
"""A bar takes more; a text of shorter lines would only cost memory."""
SEPARATORS = (",", ";", "\t", "|")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
QUOTE = ord('"')


@dataclass(frozen=True, slots=True)
class _Header:
    line: bytes
    separator: str
    fields: int


def read_text_table(data: bytes, *, where: str) -> pl.DataFrame:
    """Return a delimited text with a header line as one frame of strings; see :func:`read_text_blocks`."""
    return pl.concat(list(read_text_blocks([data], where=where)))


def read_text_blocks(pieces: Iterable[bytes], *, where: str) -> Iterator[pl.DataFrame]:
    """Read a delimited text with a header line, block by block.

    Parameters
    ----------
    pieces : iterable of bytes
        The text, cut anywhere: UTF-8, with or without byte order mark; lines end in LF or CRLF. The separator is the
        one of comma, semicolon, tab and bar that the header holds most often.
    where : str
        File name, for messages.

    Yields
    ------
    DataFrame
        Columns of strings under the header's names; at least one frame, which may be empty.

    Raises
    ------
    DataNotFoundError
        If there is nothing in it.
    DataValidationError
        If it is not UTF-8, has lone carriage returns, too long lines, or rows with too few or too many fields.
    """
    header: _Header | None = None
    line, offset, has_rows = 1, 0, False
    for block in _whole_lines(pieces, where):
        start = block
        if header is None:
            # A mark, or blank lines above the header, say nothing.
            start = block.removeprefix(BYTE_ORDER_MARK)
            kept = start.lstrip(b"\r\n")
            line, offset = line + start.count(b"\n") - kept.count(b"\n"), offset + len(block) - len(kept)
            start = kept
            if not start.strip():
                continue
        _check_encoding(start, offset, where)
        header = header or _header(start, where)
        table = _table(start, header, line, where, has_header=not has_rows)
        has_rows = True
        line, offset = line + start.count(b"\n"), offset + len(start)
        yield table
    if header is None:
        raise DataNotFoundError("QTS-DATA-002", "the file is empty", where=where)


def _whole_lines(pieces: Iterable[bytes], where: str) -> Iterator[bytes]:
    """Cut the text at line ends into blocks of about ``BLOCK_BYTES``."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        for at in range(0, len(piece), BLOCK_BYTES):
            part = piece[at : at + BLOCK_BYTES]
            held.append(part)
            size += len(part)
            if size < BLOCK_BYTES:
                continue
            block = b"".join(held)
            cut = block.rfind(b"\n") + 1
            if not cut:
                raise _too_long(len(block), f"{where}, line of", block)
            yield block[:cut]
            held, size = [block[cut:]], len(block) - cut
    rest = b"".join(held)
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _header(data: bytes, where: str) -> _Header:
    first = data[: data.index(b"\n") + 1]
    if b"\r" in first[:-2]:
        raise DataValidationError(
            "QTS-DATA-003", "the header is not recognised: CR-only line endings", where=where, expected="LF or CRLF",
            fix="save the file with Unix or Windows line endings",
        )  # fmt: skip
    if len(first) > MAX_LINE_BYTES:
        raise _too_long(len(first), f"{where}, line 1", first)
    text = first.decode()
    separator = max(SEPARATORS, key=text.count)
    fields = text.count(separator) + 1
    check_column_count(fields, where=where)
    names = [name.strip().strip('"').lower() for name in text.split(separator)]
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise DataValidationError(
            "QTS-DATA-004", "columns are given twice", where=where, found=", ".join(repeated),
            fix="leave one of each out",
        )  # fmt: skip
    return _Header(first, separator, fields)


def _table(block: bytes, header: _Header, line: int, where: str, *, has_header: bool) -> pl.DataFrame:
    lines = _check_lines(block, header, line, where)
    text = block if has_header else header.line + block
    try:
        table = pl.read_csv(io.BytesIO(text), separator=header.separator, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise DataValidationError(
            "QTS-DATA-005", "the table cannot be read", where=where, found=str(error).splitlines()[0]
        ) from error
    # Blank lines come as rows without any cell.
    table = table.filter(~pl.all_horizontal(pl.all().is_null()))
    if table.height > lines - int(has_header):
        raise DataValidationError(
            "QTS-DATA-005", "the rows are not one a line", where=f"{where}, from line {line}", found=table.height,
            expected=f"at most {lines - int(has_header)}",
        )  # fmt: skip
    return table


def _check_encoding(data: bytes, offset: int, where: str) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataValidationError(
            "QTS-DATA-003", f"the text is not UTF-8 from byte {offset + error.start} on", where=where,
            found=data[error.start : error.start + 8], expected="UTF-8", fix="save the file as UTF-8",
        ) from error  # fmt: skip
    if b"\x00" in data:
        raise DataValidationError("QTS-DATA-003", "the text holds zero bytes", where=where, expected="UTF-8 text")


def _check_lines(data: bytes, header: _Header, first_line: int, where: str) -> int:
    """Count fields and bytes of every line, separators inside quotes apart, and return how many lines are not blank."""
    if len(data) > MAX_LINE_BYTES and data.count(b"\n") * LEAST_LINE_BYTES > len(data):
        raise DataValidationError(
            "QTS-DATA-005", "most lines are blank or too short for a bar", where=f"{where}, from line {first_line}"
        )
    raw = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(raw == ord("\n"))
    lengths = np.diff(np.r_[-1, ends])
    if (longest := int(lengths.max())) > MAX_LINE_BYTES:
        at = int(lengths.argmax())
        raise _too_long(longest, f"{where}, line {first_line + at}", data[: int(ends[at])][-longest:])
    separators = np.flatnonzero(raw == ord(header.separator))
    quotes = np.flatnonzero(raw == QUOTE)
    if len(quotes):
        separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
        open_ends = np.flatnonzero(np.searchsorted(quotes, ends) % 2)
        if len(open_ends):
            raise DataValidationError(
                "QTS-DATA-005", "a quoted field does not end on its line",
                where=f"{where}, line {first_line + int(open_ends[0])}", fix="write one bar a line",
            )  # fmt: skip
    fields = np.diff(np.r_[0, np.searchsorted(separators, ends)]) + 1
    is_blank = (lengths == 1) | ((lengths == 2) & (raw[np.maximum(ends - 1, 0)] == ord("\r")))
    wrong = np.flatnonzero((fields != header.fields) & ~is_blank)
    if len(wrong):
        kind = "fewer" if fields[wrong[0]] < header.fields else "more"
        raise DataValidationError(
            "QTS-DATA-005",
            f"{len(wrong)} rows have another number of fields than the header, the first has {kind}",
            where=f"{where}, line {first_line + int(wrong[0])}",
            found=f"{int(fields[wrong[0]])} fields",
            expected=f"{header.fields}",
        )
    return int((~is_blank).sum())


def _too_long(length: int, where: str, start: bytes) -> DataValidationError:
    return DataValidationError(
        "QTS-DATA-010", "a line is too long", where=where, found=f"{length} bytes, {start[:16]!r} ...",
        expected=f"at most {MAX_LINE_BYTES}",
    )  # fmt: skip
