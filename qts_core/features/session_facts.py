"""What the exchange's calendar says of a session beforehand: month and quarter ends, expiries, the next session.

Closings that nobody knew weeks ahead (a storm, a day of mourning) count as sessions here, as they did in everybody's
calendar until they were announced: a count of sessions left may not know of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qts_core.market.calendar import FIRST_DAY, LAST_DAY, xnys
from qts_core.market.panel import Floats
from qts_core.market.time import day_number

__all__ = ["FACTS", "UNPLANNED_CLOSINGS", "facts_of"]

FACTS = ("month_done", "month_left", "quarter_left", "expiry_left", "witching_left", "days_ahead")
"""Sessions of the month before this one and after it, of the quarter after it, sessions until the month's and the
quarter's expiry of options (0 on the day), calendar days until the next session."""

UNPLANNED_CLOSINGS = tuple(
    date.fromisoformat(day)
    for day in (
        "1994-04-27", "2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14", "2004-06-11", "2007-01-02", "2012-10-29",
        "2012-10-30", "2018-12-05", "2025-01-09",
    )
)  # fmt: skip
"""Days of mourning, the attacks of 2001 and the hurricane of 2012."""

QUARTER_MONTHS = 3
FRIDAY = 4


def facts_of(session: NDArray[np.int32]) -> Floats:
    """Return the facts of each session, float64 [6, B]; NaN for a day that the exchange's calendar does not have.

    Parameters
    ----------
    session : int32 [B]
        Days since 1970-01-01.
    """
    first, table = fact_table()
    place = np.asarray(session, dtype=np.int64) - first
    place = np.where((place >= 0) & (place < table.shape[1]), place, 0)  # the first column is empty
    facts: Floats = table[:, place]
    return facts


@lru_cache(maxsize=1)
def fact_table() -> tuple[int, Floats]:
    """Return the day number of the first column and the facts of every day, NaN where there is no session."""
    days = planned_sessions()
    first = day_number(FIRST_DAY) - 1
    table = np.full((len(FACTS), day_number(LAST_DAY) - first + 1), np.nan)
    at = np.array([day_number(day) for day in days]) - first
    month = np.array([12 * day.year + day.month for day in days])
    table[0, at] = place_in(month)
    table[1, at] = left_in(month)
    table[2, at] = left_in((month - 1) // QUARTER_MONTHS)
    table[3, at] = until(days, [expiry_of(days, first_of) for first_of in months(days)])
    quarterly = [day for day in months(days) if day.month % QUARTER_MONTHS == 0]
    table[4, at] = until(days, [expiry_of(days, first_of) for first_of in quarterly])
    table[5, at[:-1]] = np.diff(at)
    return first, table


def planned_sessions() -> list[date]:
    """Return the sessions of the calendar and those that were closed without notice, in order."""
    return sorted({*(session.date for session in xnys().between(FIRST_DAY, LAST_DAY)), *UNPLANNED_CLOSINGS})


def months(days: Sequence[date]) -> list[date]:
    """Return the first calendar day of every month that has sessions."""
    return sorted({day.replace(day=1) for day in days})


def expiry_of(days: Sequence[date], month: date) -> date:
    """Return when the month's options expire: on the third Friday, or the session before if that is a holiday."""
    third_friday = month + timedelta(days=(FRIDAY - month.weekday()) % 7 + 14)
    return days[bisect_right(days, third_friday) - 1]


def place_in(part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many sessions of the same part come before each."""
    starts = np.flatnonzero(np.r_[True, part[1:] != part[:-1]])
    counts = np.diff(np.r_[starts, len(part)])
    place: NDArray[np.int64] = np.arange(len(part)) - np.repeat(starts, counts)
    return place


def left_in(part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many sessions of the same part come after each."""
    return place_in(part[::-1])[::-1]


def until(days: Sequence[date], expiries: Sequence[date]) -> Floats:
    """Return how many sessions it is until the next expiry, 0 on its day; NaN after the last."""
    place = {day: index for index, day in enumerate(days)}
    ends = np.array([place[day] for day in expiries])
    following = np.searchsorted(ends, np.arange(len(days)))
    known = following < len(ends)
    out = np.full(len(days), np.nan)
    out[known] = ends[following[known]] - np.flatnonzero(known)
    return out
