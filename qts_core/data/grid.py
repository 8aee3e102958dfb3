"""Where bars stand against the exchange calendar: in session, on the grid, before the close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.market.calendar import TradingCalendar
from qts_core.market.time import MICROS_PER_MINUTE, from_micros, to_micros, trading_day
from qts_core.market.timeline import Timeline

__all__ = ["Places", "place_bars", "timeline_of"]

DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """One flag a bar, bool [rows]."""

    in_session: NDArray[np.bool_]
    on_grid: NDArray[np.bool_]
    """True for every bar out of session as well: the grid is that of a session."""


def timeline_of(frame: pl.DataFrame, calendar: TradingCalendar, bar_minutes: int) -> Timeline:
    """Return the timeline of every session from the first to the last bar of `frame`."""
    first, last = _span(frame)
    days = trading_day(from_micros(first)), trading_day(from_micros(last))
    return Timeline.between(calendar, *days, bar_minutes=bar_minutes)


def place_bars(
    starts: NDArray[np.int64], calendar: TradingCalendar, bar_minutes: int, *, shift_minutes: int = 0
) -> Places:
    """Place bar starts in their sessions.

    Parameters
    ----------
    starts : int64 [rows]
        Microseconds UTC.
    bar_minutes : int
        Length of a bar; the grid begins at each session's open.
    shift_minutes : int
        Added to every start first: for the question whether a wrong time zone was assumed.
    """
    moved = starts + shift_minutes * MICROS_PER_MINUTE
    if not len(moved):
        nothing = np.zeros(0, dtype=np.bool_)
        return Places(nothing, nothing)
    # A day's margin on both sides: a shifted bar may fall on the neighbouring date.
    days = (trading_day(from_micros(int(moved.min()) - DAY)), trading_day(from_micros(int(moved.max()) + DAY)))
    sessions = calendar.between(*days)
    if not sessions:
        return Places(np.zeros(len(moved), dtype=np.bool_), np.ones(len(moved), dtype=np.bool_))
    opens = np.array([to_micros(s.open) for s in sessions], dtype=np.int64)
    closes = np.array([to_micros(s.close) for s in sessions], dtype=np.int64)
    session = np.searchsorted(opens, moved, side="right") - 1
    known = np.maximum(session, 0)
    in_session = (session >= 0) & (moved < closes[known])
    on_grid = ~in_session | ((moved - opens[known]) % (bar_minutes * MICROS_PER_MINUTE) == 0)
    return Places(in_session, on_grid)


def _span(frame: pl.DataFrame) -> tuple[int, int]:
    starts = frame["ts_event"].to_physical()
    first, last = starts.min(), starts.max()
    if not isinstance(first, int) or not isinstance(last, int):
        raise ValueError("no bars to lay out")
    return first, last
