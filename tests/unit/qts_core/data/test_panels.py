"""Frames become panels cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from qts_core.data.actions.table import no_actions
from qts_core.data.panels import bars_to_panel, month_expression, month_key, sessions_of_month
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataValidationError
from qts_core.market.timeline import Timeline

MakeBars = Callable[..., pl.DataFrame]
DAY = date(2024, 3, 4)


def test_every_cell_holds_its_bar_and_missing_bars_are_nan(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(symbols=("AAA", "BBB")).sample(fraction=1.0, shuffle=True, seed=1)
    first = bars["ts_event"].min()
    bars = bars.filter(~((pl.col("symbol") == "BBB") & (pl.col("ts_event") == first)))
    panel = bars_to_panel(bars, no_actions(), timeline=Timeline.between(calendar, DAY, DAY), symbols=("AAA", "BBB"))
    np.testing.assert_array_equal(panel["open"][:, 0], np.round(100.0 + 0.01 * np.arange(26), 2))
    assert np.isnan(panel["close"][0, 1])
    assert not np.isnan(panel["close"][1:]).any()
    assert (panel["factor"] == 1.0).all()


def test_of_two_versions_of_a_bar_the_one_known_last_counts(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars()
    revision = bars.head(1).with_columns(
        ts_known=pl.col("ts_known") + timedelta(hours=2), close=pl.lit(100.03), volume=pl.lit(7.0)
    )
    line = Timeline.between(calendar, DAY, DAY)
    panel = bars_to_panel(pl.concat([revision, bars]), no_actions(), timeline=line, symbols=("AAA",))
    assert panel["volume"][0, 0] == 7.0
    as_of = pl.concat([revision, bars]).filter(pl.col("ts_known") <= bars["ts_known"][0])
    assert bars_to_panel(as_of, no_actions(), timeline=line, symbols=("AAA",))["volume"][0, 0] == 1000.0


def test_bars_outside_the_span_and_other_symbols_are_left_out(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(DAY, date(2024, 3, 6), symbols=("AAA", "ZZZ"))
    middle = Timeline.between(calendar, date(2024, 3, 5), date(2024, 3, 5))
    panel = bars_to_panel(bars, no_actions(), timeline=middle, symbols=("AAA",))
    assert panel["open"][0, 0] == 100.26
    assert panel.symbols == ("AAA",)


def test_a_bar_off_the_grid_is_refused(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars().with_columns(pl.col("ts_event") + timedelta(minutes=7))
    with pytest.raises(DataValidationError, match="QTS-DATA-015"):
        bars_to_panel(bars, no_actions(), timeline=Timeline.between(calendar, DAY, DAY), symbols=("AAA",))


def test_unsorted_symbols_are_refused(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    with pytest.raises(DataValidationError, match="sorted"):
        bars_to_panel(make_bars(), no_actions(), timeline=Timeline.between(calendar, DAY, DAY), symbols=("BBB", "AAA"))


def test_months_are_those_of_new_york(calendar: TradingCalendar) -> None:
    late = pl.DataFrame({"ts_event": ["2024-03-01T02:00:00Z", "2024-03-01T14:30:00Z"]}).select(
        pl.col("ts_event").str.to_datetime(time_zone="UTC")
    )
    assert late.select(month_expression()).to_series().to_list() == ["2024-02", "2024-03"]
    assert month_key(date(2024, 3, 31)) == "2024-03"
    sessions = sessions_of_month(calendar, "2024-03")
    # Good Friday, 29 March 2024, is a holiday.
    assert (len(sessions), sessions[-1].date) == (20, date(2024, 3, 28))
