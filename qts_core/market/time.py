"""Time as QTS keeps it: aware UTC datetimes at the edges, int64 microseconds since the epoch in arrays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = [
    "MICROS_PER_MINUTE",
    "NEW_YORK",
    "UTC",
    "Micros",
    "day_bounds",
    "day_number",
    "from_micros",
    "to_micros",
    "trading_day",
]

Micros = int
"""Microseconds since 1970-01-01T00:00Z."""

NEW_YORK = ZoneInfo("America/New_York")
MICROS_PER_MINUTE = 60_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MICRO = timedelta(microseconds=1)


def to_micros(moment: datetime) -> Micros:
    """Return `moment` as microseconds since the epoch.

    Raises
    ------
    ValueError
        If `moment` carries no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment.isoformat()}")
    return (moment - EPOCH) // ONE_MICRO


def from_micros(micros: Micros) -> datetime:
    """Return the aware UTC datetime of `micros`."""
    return EPOCH + timedelta(microseconds=int(micros))


def day_number(day: date) -> int:
    """Return days since 1970-01-01, the form in which arrays hold dates."""
    return day.toordinal() - EPOCH.toordinal()


def trading_day(moment: datetime) -> date:
    """Return the New York calendar date of `moment`."""
    return moment.astimezone(NEW_YORK).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a New York calendar date and that of the next, aware UTC."""
    first = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
    after = day + timedelta(days=1)
    return first.astimezone(UTC), datetime(after.year, after.month, after.day, tzinfo=NEW_YORK).astimezone(UTC)
