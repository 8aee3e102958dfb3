"""The main line of a security: its bars as they were first and timely known, one after another (checklist X-01).

Bars are judged against the main line only. A revision, or a bar that comes after a later one, is judged against what
came before it in time and never becomes the measure of another; so what is said of a bar depends on nothing that was
known later, and not on how history is cut into months either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.quality.flags import BarFlag
from qts_core.market.calendar import TradingCalendar
from qts_core.market.time import MICROS_PER_MINUTE, from_micros, to_micros, trading_day
from qts_core.market.timeline import BAR_MINUTES, BARS_PER_SESSION, Timeline

__all__ = ["Grid", "lay_on_grid", "main_line", "session_part"]

REACH = timedelta(days=12)
"""Before the first bar a fill may look back this far: a session's worth of bars, over the longest closure."""
NEVER = np.iinfo(np.int64).max
EXTENDED_AFTER_MINUTES = 240
EXTENDED_BEFORE_MINUTES = 330
"""Extended trading: from 04:00 New York to four hours after the close."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The timeline around a frame of bars.

    Attributes
    ----------
    line : Timeline
        Every bar due, from a few sessions before the first bar given to the session of the last.
    next_open : int64 [T]
        Open of the following session, microseconds UTC.
    bars_per_session : int
        Of the longest one: a half-day's bars are fewer.
    """

    line: Timeline
    next_open: NDArray[np.int64]
    bars_per_session: int

    def rows_of(self, frame: pl.DataFrame) -> NDArray[np.int64]:
        """Return the row of each bar, -1 for what lies before the grid."""
        return self.line.rows_of(frame["ts_event"].to_physical().to_numpy())


def lay_on_grid(bars: pl.DataFrame, calendar: TradingCalendar, bar_minutes: int) -> Grid:
    """Return the grid that `bars`, which all stand on it, and the bars shortly before them need."""
    starts = bars["ts_event"].to_physical().to_numpy()
    if not len(starts):
        nothing = Timeline.between(calendar, date.max, date.min)
        return Grid(nothing, nothing.ts_event, 1)
    first, last = trading_day(from_micros(int(starts.min()))), trading_day(from_micros(int(starts.max())))
    line = Timeline.between(calendar, first - REACH, last, bar_minutes=bar_minutes)
    sessions = [rows for _, rows in line.session_rows()]
    following = calendar.between(last + timedelta(days=1), last + REACH)
    opens = [int(line.ts_event[rows.start]) for rows in sessions] + [to_micros(s.open) for s in following[:1]]
    counts = [rows.stop - rows.start for rows in sessions]
    next_open = np.array([*opens[1:], NEVER][: len(sessions)], dtype=np.int64)
    return Grid(line, np.repeat(next_open, counts), BARS_PER_SESSION * BAR_MINUTES // bar_minutes)


def main_line(bars: pl.DataFrame, state: pl.DataFrame, grid: Grid) -> pl.Series:
    """Return which bars are of the main line of their security.

    Those known by the open of the next session, each later in time than all such bars known before it.

    Parameters
    ----------
    bars : DataFrame
        With `line`, on the grid, in order of `ts_known`, then `ts_event`.
    state : DataFrame
        The main line so far, with `line`.
    """
    known = bars["ts_known"].to_physical().to_numpy()
    timely = pl.Series(known <= grid.next_open[grid.rows_of(bars)], dtype=pl.Boolean)
    last = dict(state.group_by("line").agg(pl.col("ts_event").max()).iter_rows())
    places = bars.select("line", "ts_event", timely=timely)
    event = pl.when("timely").then(pl.col("ts_event").to_physical())
    start = pl.col("line").replace_strict(
        {name: to_micros(moment) for name, moment in last.items()}, default=-1, return_dtype=pl.Int64
    )
    newest = event.cum_max().over("line").shift(1).over("line").forward_fill().over("line")
    return places.select((event > pl.max_horizontal(newest.fill_null(-1), start)).fill_null(value=False)).to_series()


def session_part(starts: NDArray[np.int64], calendar: TradingCalendar) -> pl.Series:
    """Return ``PRE_MARKET`` or ``POST_MARKET`` for bars in the extended hours of a session day, else 0; UInt32."""
    flags = np.zeros(len(starts), dtype=np.uint32)
    if not len(starts):
        return pl.Series("flags", flags)
    margin = timedelta(days=7)
    days = (trading_day(from_micros(int(starts.min())) - margin), trading_day(from_micros(int(starts.max())) + margin))
    sessions = calendar.between(*days)
    if not sessions:
        return pl.Series("flags", flags)
    opens = np.array([to_micros(s.open) for s in sessions], dtype=np.int64)
    closes = np.array([to_micros(s.close) for s in sessions], dtype=np.int64)
    at = np.searchsorted(opens, starts, side="right") - 1
    before, after = np.maximum(at, 0), np.minimum(at + 1, len(opens) - 1)
    since = (starts - closes[before]) / MICROS_PER_MINUTE
    until = (opens[after] - starts) / MICROS_PER_MINUTE
    flags[(at >= 0) & (since >= 0) & (since < EXTENDED_AFTER_MINUTES)] = int(BarFlag.POST_MARKET)
    flags[(until > 0) & (until <= EXTENDED_BEFORE_MINUTES)] = int(BarFlag.PRE_MARKET)
    return pl.Series("flags", flags)
