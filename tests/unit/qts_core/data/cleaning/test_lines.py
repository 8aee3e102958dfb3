"""The main line: bars as they were first and timely known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from qts_core.data.cleaning.lines import lay_on_grid, main_line
from qts_core.data.cleaning.state import checked_state
from qts_core.market.calendar import TradingCalendar

MakeBars = Callable[..., pl.DataFrame]
NO_STATE = checked_state(None).with_columns(line="symbol")


def test_revisions_bars_out_of_turn_and_bars_of_the_day_after_are_beside_the_line(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars(date(2024, 3, 4), date(2024, 3, 5)).with_columns(line="symbol").with_row_index("row")
    delay = {5: timedelta(minutes=20), 9: timedelta(hours=1), 30: timedelta(days=3)}
    delays = pl.Series([delay.get(i, timedelta(0)) for i in range(bars.height)])
    revision = bars.slice(3, 1).with_columns(pl.col("ts_known") + timedelta(minutes=15), row=pl.lit(99, pl.UInt32))
    both = pl.concat([bars.with_columns(pl.col("ts_known") + delays), revision]).sort("ts_known", "ts_event")
    grid = lay_on_grid(both, calendar, 15)
    beside = both.filter(~main_line(both, NO_STATE, grid))["row"].to_list()
    assert sorted(beside) == [5, 9, 30, 99]


def test_the_grid_reaches_back_over_the_longest_closure(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    # The exchange was closed from 11 to 14 September 2001.
    grid = lay_on_grid(make_bars(date(2001, 9, 17), date(2001, 9, 17)), calendar, 15)
    assert len({int(day) for day in grid.line.session}) >= 3
    assert grid.bars_per_session == 26
