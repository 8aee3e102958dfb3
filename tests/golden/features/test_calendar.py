"""Calendar features against the exchange calendar itself and the clock of New York."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np
import pytest

from qts_core.features import default_catalogue

NEW_YORK = ZoneInfo("America/New_York")
CALENDAR = exchange_calendars.get_calendar("XNYS")


def local(market: Any, column: int) -> list[datetime]:
    """Return when each of the symbol's bars started, New York."""
    starts = market.panel.timeline.ts_event[market.bars[column].rows]
    return [datetime.fromtimestamp(micros / 1e6, UTC).astimezone(NEW_YORK) for micros in starts.tolist()]


def by_time(function: Callable[[datetime], float]) -> Callable[[Any], Any]:
    def referee(market: Any) -> Any:
        out = np.full((len(market.panel), len(market.bars)), np.nan)
        for column, bars in enumerate(market.bars):
            out[bars.rows, column] = [function(moment) for moment in local(market, column)]
        return out

    return referee


def minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute - 570


def is_near_close(moment: datetime) -> float:
    close = CALENDAR.session_close(moment.date().isoformat()).to_pydatetime()
    return float(close - moment <= timedelta(minutes=30))


def days_off(market: Any) -> Any:
    """Return the days since the symbol's session before; a day without a bar is no session of the symbol."""
    out = np.full((len(market.panel), len(market.bars)), np.nan)
    for column, bars in enumerate(market.bars):
        days = [moment.date() for moment in local(market, column)]
        distinct = sorted(set(days))
        before: dict[date, date] = dict(zip(distinct[1:], distinct[:-1], strict=True))
        out[bars.rows, column] = [(d - before[d]).days if d in before else np.nan for d in days]
    return out


REFEREES: dict[str, Callable[[Any], Any]] = {
    "time_session_390_progress": by_time(lambda t: (minute(t) + 15) / 390),
    "time_day_390_sin": by_time(lambda t: float(np.sin(2 * np.pi * minute(t) / 390))),
    "time_day_390_cos": by_time(lambda t: float(np.cos(2 * np.pi * minute(t) / 390))),
    "time_week_5_sin": by_time(lambda t: float(np.sin(2 * np.pi * t.weekday() / 5))),
    "time_week_5_cos": by_time(lambda t: float(np.cos(2 * np.pi * t.weekday() / 5))),
    "time_open_30_flag": by_time(lambda t: float(minute(t) < 30)),
    "time_close_2_flag": by_time(is_near_close),
    "time_friday_1_flag": by_time(lambda t: float(t.weekday() == 4)),
    "time_break_1_days": days_off,
}


@pytest.mark.parametrize("name", default_catalogue().groups["calendar"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None], market: Any) -> None:
    agree(name, REFEREES[name](market))
