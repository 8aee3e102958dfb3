"""Give timestamps their meaning: zoned text, naive text with a zone named, epochs, or typed columns (B26 to B29)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from qts_core.market.errors import DataValidationError

__all__ = ["parse_instants", "refuse_daily"]

ZONED = r"(?i)(z|[+-]\d{2}:?\d{2})$"
FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
EpochUnit = Literal["ns", "us", "ms", "s"]
EPOCH_UNITS: tuple[tuple[int, EpochUnit], ...] = ((10**17, "ns"), (10**14, "us"), (10**11, "ms"), (10**8, "s"))
NAMED = 3
DAILY_ROWS = 1000
LARGEST_WHOLE = 2.0**53
LATEST_SECOND = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
UNITS_PER_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9}


def refuse_daily(column: pl.Series, *, where: str) -> None:
    """Refuse a column of dates without times: such bars are daily (text is judged by its first rows).

    Raises
    ------
    DataValidationError
        If there is no time of day in it.
    """
    is_daily = column.dtype == pl.Date
    if column.dtype == pl.String:
        head = column.head(DAILY_ROWS).drop_nulls().str.strip_chars()
        is_daily = len(head) > 0 and bool(head.str.contains(r"^\d{4}-\d{2}-\d{2}$").all())
    if is_daily:
        raise DataValidationError(
            "QTS-DATA-022", "these are daily bars and the platform's are intraday", where=where, found=str(column[0]),
            expected="bars of 1, 3, 5 or 15 minutes",
            fix="for research on daily bars read the file yourself and use `qts_core.features.evaluate`",
        )  # fmt: skip


def parse_instants(column: pl.Series, *, timezone: str | None, where: str, first_row: int = 0) -> pl.Series:
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
    first_row : int
        Data rows of the file before this column's, for messages.

    Raises
    ------
    DataValidationError
        If a row cannot be read, lies before 1970 or after 2099, has no zone and none is given, or names a local time
        that does not exist or exists twice when clocks change.
    """
    place = _Place(where, first_row)
    kind = column.dtype
    if isinstance(kind, pl.Categorical | pl.Enum):
        column, kind = column.cast(pl.String), pl.String()
    if kind.is_numeric():
        return _from_epoch(column, place)
    if kind == pl.String:
        column = _from_text(column, place)
    elif kind == pl.Date:
        column = column.cast(pl.Datetime("us"))
    if not isinstance(column.dtype, pl.Datetime):
        raise DataValidationError(
            "QTS-DATA-006", "the column of times holds something else", where=where, found=str(kind),
            expected="ISO 8601 text, a timestamp or an epoch",
        )  # fmt: skip
    if column.null_count():
        _refuse(column.is_null(), column, "times are missing", place)
    _check_span(column, place)
    column = column.cast(pl.Datetime("us", column.dtype.time_zone))
    if column.dtype.time_zone is not None:  # type: ignore[attr-defined]  # a Datetime, as just cast
        return column.dt.convert_time_zone("UTC")
    return _localised(column, timezone, place)


@dataclass(frozen=True, slots=True)
class _Place:
    where: str
    first_row: int


def _from_epoch(column: pl.Series, place: _Place) -> pl.Series:
    if column.null_count():
        _refuse(column.is_null(), column, "times are missing", place)
    if not column.dtype.is_integer():
        number = column.cast(pl.Float64)
        wrong = ~(number.is_finite() & (number == number.floor()) & (number.abs() < LARGEST_WHOLE))
        if wrong.any():
            _refuse(wrong, column, "times are not whole numbers", place)
    whole = column.cast(pl.Int64, strict=False)
    if whole.null_count():
        _refuse(whole.is_null(), column, "times are too large", place)
    largest = whole.max()
    for least, unit in EPOCH_UNITS:
        if isinstance(largest, int) and largest >= least:
            instants = whole.cast(pl.Datetime("us")) if unit == "us" else pl.from_epoch(whole, time_unit=unit)
            _check_span(instants, place)
            return instants.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    raise DataValidationError(
        "QTS-DATA-006", "the numbers are no times since 1970", where=place.where, found=largest,
        expected="s, ms, us or ns",
    )  # fmt: skip


def _from_text(column: pl.Series, place: _Place) -> pl.Series:
    text = column.str.strip_chars()
    if len(text) and text.str.contains(r"^\d{9,19}$").fill_null(value=False).all():
        return _from_epoch(text.cast(pl.Int64, strict=False), place)
    is_zoned = (text.str.contains(ZONED) & (text.str.len_chars() > 10)).fill_null(value=False)
    zoned = int(is_zoned.sum())
    if 0 < zoned < len(text):
        _refuse(~is_zoned, column, "some times carry a zone and some do not", place)
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
    _refuse(parsed.is_null(), column, "times cannot be read", place)
    return parsed


def _check_span(column: pl.Series, place: _Place) -> None:
    """Refuse times that no exchange had; beyond some of them calendars and conversions break down."""
    per_second = UNITS_PER_SECOND[column.dtype.time_unit]  # type: ignore[attr-defined]  # a Datetime
    physical = column.to_physical()
    wrong = (physical < 0) | (physical >= LATEST_SECOND * per_second)
    if wrong.any():
        _refuse(wrong, physical, "times lie before 1970 or after 2099", place)


def _localised(column: pl.Series, timezone: str | None, place: _Place) -> pl.Series:
    if timezone is None:
        raise DataValidationError(
            "QTS-DATA-006", "times carry no zone", where=place.where, found=str(column[0]),
            expected="an offset such as Z or -05:00", fix="name their zone: --tz America/New_York or --tz UTC",
        )  # fmt: skip
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise DataValidationError(
            "QTS-DATA-006", "no such time zone", where="--tz", found=timezone, expected="an IANA name",
            fix="write for example America/New_York",
        ) from error  # fmt: skip
    local = column.dt.replace_time_zone(timezone, ambiguous="null", non_existent="null")
    if local.null_count():
        _refuse(local.is_null(), column, f"local times do not exist, or exist twice, in {timezone}", place)
    return local.dt.convert_time_zone("UTC")


def _refuse(wrong: pl.Series, values: pl.Series, what: str, place: _Place) -> None:
    rows = wrong.arg_true()
    shown: Sequence[object] = values.gather(rows.head(NAMED)).to_list()
    raise DataValidationError(
        "QTS-DATA-006", what, where=f"{place.where}, data row {place.first_row + int(rows[0]) + 1}",
        found=f"{len(rows)} rows, such as {', '.join(str(s) for s in shown)}",
        expected="ISO 8601 with an offset, such as 2024-03-28T13:30:00Z",
    )  # fmt: skip
