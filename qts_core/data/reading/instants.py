"""Give timestamps their meaning: zoned text, naive text with a zone named, epochs, or typed columns (B26 to B29)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from qts_core.market.errors import DataValidationError

__all__ = ["parse_instants"]

ZONED = r"(?i)(z|[+-]\d{2}:?\d{2})$"
FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
EpochUnit = Literal["ns", "us", "ms", "s"]
EPOCH_UNITS: tuple[tuple[int, EpochUnit], ...] = ((10**17, "ns"), (10**14, "us"), (10**11, "ms"), (10**8, "s"))
NAMED = 3


def parse_instants(column: pl.Series, *, timezone: str | None, where: str) -> pl.Series:
    """Return a column as ``Datetime("us", "UTC")``.

    Parameters
    ----------
    column : Series
        Text in ISO 8601 (with ``T`` or a space), whole numbers since the epoch in s, ms, us or ns, or dates and
        times. All rows carry a zone or none does.
    timezone : str, optional
        IANA name of the zone of rows that carry none.
    where : str
        File name, for messages.

    Raises
    ------
    DataValidationError
        If a row cannot be read, has no zone and none is given, or names a local time that does not exist or exists
        twice when clocks change.
    """
    kind = column.dtype
    if kind.is_integer():
        return _from_epoch(column, where)
    if kind == pl.String:
        column = _from_text(column, where)
    elif kind == pl.Date:
        column = column.cast(pl.Datetime("us"))
    if not isinstance(column.dtype, pl.Datetime):
        raise DataValidationError(
            "QTS-DATA-006", "the column of times holds something else", where=where, found=str(kind),
            expected="ISO 8601 text, a timestamp or an epoch",
        )  # fmt: skip
    if column.null_count():
        _refuse(column.is_null(), column.cast(pl.String), "times are missing", where)
    column = column.cast(pl.Datetime("us", column.dtype.time_zone))
    if column.dtype.time_zone is not None:  # type: ignore[attr-defined]  # a Datetime, as just cast
        return column.dt.convert_time_zone("UTC")
    return _localised(column, timezone, where)


def _from_epoch(column: pl.Series, where: str) -> pl.Series:
    largest = column.abs().max()
    for least, unit in EPOCH_UNITS:
        if isinstance(largest, int) and largest >= least:
            if column.null_count():
                _refuse(column.is_null(), column.cast(pl.String), "times are missing", where)
            return pl.from_epoch(column, time_unit=unit).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    raise DataValidationError(
        "QTS-DATA-006", "the numbers are no times since 1970", where=where, found=largest, expected="s, ms, us or ns"
    )


def _from_text(column: pl.Series, where: str) -> pl.Series:
    text = column.str.strip_chars()
    is_zoned = text.str.contains(ZONED) & (text.str.len_chars() > 10)
    zoned = int(is_zoned.sum())
    if 0 < zoned < len(text):
        _refuse(~is_zoned, column, "some times carry a zone and some do not", where)
    text = text.str.replace(" ", "T", literal=True)
    if zoned:
        text = text.str.replace(r"(?i)z$", "+00:00").str.replace(r"([+-]\d{2})(\d{2})$", "$1:$2")
    parsed = None
    for pattern in FORMATS[:2] if zoned else FORMATS:
        kind = pl.Datetime("us", "UTC") if zoned else pl.Datetime("us")
        attempt = text.str.to_datetime(pattern + ("%:z" if zoned else ""), time_unit="us", strict=False).cast(kind)
        parsed = attempt if parsed is None else parsed.fill_null(attempt)
        if not parsed.null_count():
            return parsed
    assert parsed is not None
    _refuse(parsed.is_null(), column, "times cannot be read", where)
    return parsed


def _localised(column: pl.Series, timezone: str | None, where: str) -> pl.Series:
    if timezone is None:
        raise DataValidationError(
            "QTS-DATA-006", "times carry no zone", where=where, found=str(column[0]),
            expected="an offset such as Z or -05:00", fix="name their zone: --tz America/New_York or --tz UTC",
        )  # fmt: skip
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DataValidationError(
            "QTS-DATA-006", "no such time zone", where="--tz", found=timezone, expected="an IANA name",
            fix="write for example America/New_York",
        ) from error  # fmt: skip
    local = column.dt.replace_time_zone(timezone, ambiguous="null", non_existent="null")
    if local.null_count():
        _refuse(
            local.is_null(), column.cast(pl.String), f"local times do not exist, or exist twice, in {timezone}", where
        )
    return local.dt.convert_time_zone("UTC")


def _refuse(wrong: pl.Series, values: pl.Series, what: str, where: str) -> None:
    rows = wrong.arg_true()
    shown: Sequence[object] = values.gather(rows.head(NAMED)).to_list()
    raise DataValidationError(
        "QTS-DATA-006", what, where=f"{where}, data row {int(rows[0]) + 1}",
        found=f"{len(rows)} rows, such as {', '.join(str(s) for s in shown)}",
        expected="ISO 8601 with an offset, such as 2024-03-28T13:30:00Z",
    )  # fmt: skip
