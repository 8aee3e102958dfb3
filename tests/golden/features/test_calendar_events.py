"""Days and hours of note against the exchange's schedule and the clock of New York."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np
import pytest

from qts_core.features import Catalogue
from qts_core.features.catalogue import calendar_events
from tests.golden.features.market_for_tests import Floats, Market, market_of

NEW_YORK = ZoneInfo("America/New_York")
EXCHANGE: Any = exchange_calendars.get_calendar("XNYS", start="2024-01-01", end="2025-12-31")
# The ninth of January 2025 became a day of mourning on the thirtieth of December.
SESSIONS: list[date] = sorted({*(day.date() for day in EXCHANGE.sessions), date(2025, 1, 9)})
CATALOGUE = Catalogue(calendar_events.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def expiry(day: date, months: tuple[int, ...]) -> date:
    """Return the next third Friday, or the session before, of one of `months`."""
    for offset in range(5):
        year, month = divmod(12 * day.year + day.month - 1 + offset, 12)
        fridays = [d for d in range(1, 29) if date(year, month + 1, d).weekday() == 4]
        end = max(s for s in SESSIONS if s <= date(year, month + 1, fridays[2]))
        if month + 1 in months and end >= day:
            return end
    raise AssertionError


def count(first: date, last: date) -> int:
    """Return the sessions after `first` up to `last`."""
    return sum(first < s <= last for s in SESSIONS)


def same_month(day: date) -> list[date]:
    return [s for s in SESSIONS if (s.year, s.month) == (day.year, day.month)]


def same_quarter(day: date) -> list[date]:
    return [s for s in SESSIONS if (s.year, (s.month - 1) // 3) == (day.year, (day.month - 1) // 3)]


def ahead(day: date) -> int:
    return (min(s for s in SESSIONS if s > day) - day).days


def is_before_holiday(day: date) -> bool:
    following = day + timedelta(days=1)
    while following.weekday() >= 5:
        following += timedelta(days=1)
    return following not in SESSIONS


def to_monthly(day: date) -> int:
    return count(day, expiry(day, tuple(range(1, 13))))


def to_quarterly(day: date) -> int:
    return count(day, expiry(day, (3, 6, 9, 12)))


def is_expiry_week(day: date) -> bool:
    return expiry(day, tuple(range(1, 13))).isocalendar()[:2] == day.isocalendar()[:2]


BY_DAY: dict[str, Callable[[date], float]] = {
    "time_monthstart_1_sessions": lambda d: same_month(d).index(d),
    "time_monthend_1_sessions": lambda d: len(same_month(d)) - 1 - same_month(d).index(d),
    "time_monthend_1_flag": lambda d: same_month(d)[-1] == d,
    "time_monthturn_4_flag": lambda d: d in (*same_month(d)[:3], same_month(d)[-1]),
    "time_quarterend_1_sessions": lambda d: len(same_quarter(d)) - 1 - same_quarter(d).index(d),
    "time_quarterend_5_flag": lambda d: d in same_quarter(d)[-5:],
    "time_expiry_1_sessions": to_monthly,
    "time_expiry_1_flag": lambda d: to_monthly(d) == 0,
    "time_expiry_5_flag": is_expiry_week,
    "time_witching_1_sessions": to_quarterly,
    "time_witching_1_flag": lambda d: d == date(2024, 12, 20),
    "time_ahead_1_days": ahead,
    "time_holiday_1_flag": is_before_holiday,
    "time_halfday_1_flag": lambda d: d in (date(2024, 11, 29), date(2024, 12, 24)),
    "time_expiry_21_cos": lambda d: float(np.cos(2.0 * np.pi * to_monthly(d) / 21.0)),
}


def is_last_hour(start: datetime) -> bool:
    close = EXCHANGE.session_close(start.date().isoformat()).to_pydatetime()
    return bool(close - start <= timedelta(hours=1))


BY_TIME: dict[str, Callable[[datetime], float]] = {
    "time_lunch_120_flag": lambda t: 12 <= t.hour < 14,
    "time_powerhour_60_flag": is_last_hour,
}


def referee(market: Market, name: str) -> Floats:
    starts = [
        datetime.fromtimestamp(m / 1e6, UTC).astimezone(NEW_YORK) for m in market.panel.timeline.ts_event.tolist()
    ]
    if name in BY_TIME:
        column = [float(BY_TIME[name](start)) for start in starts]
    else:
        by_day = {day: float(BY_DAY[name](day)) for day in {start.date() for start in starts}}
        column = [by_day[start.date()] for start in starts]
    return np.where(np.isnan(market.panel["close"]), np.nan, np.array(column)[:, None])


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, market: Market, agree: Callable[..., None]) -> None:
    agree(name, referee(market, name))
