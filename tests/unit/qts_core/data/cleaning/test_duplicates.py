"""One bar for each symbol, time and arrival."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from qts_core.data.cleaning import clean_bars
from qts_core.data.quality.flags import BarFlag, has_flag, real_bars
from qts_core.market.calendar import TradingCalendar

MakeBars = Callable[..., pl.DataFrame]


@pytest.mark.parametrize(("change", "is_kept"), [(1.0049, True), (1.0051, False), (0.9952, True), (0.994, False)])
def test_two_sources_may_differ_by_half_a_per_cent(
    calendar: TradingCalendar, make_bars: MakeBars, change: float, is_kept: bool
) -> None:
    bars = make_bars(price=100.0)
    prices = ("open", "high", "low", "close")
    other = bars.slice(7, 1).with_columns(*(pl.col(n) * change for n in prices), source=pl.lit("zzz"))
    result = clean_bars(pl.concat([other, bars]), calendar=calendar)
    assert real_bars(result.clean).height == (26 if is_kept else 25)
    assert result.quarantine["rule"].to_list() == ([] if is_kept else ["cross_source"] * 2)
    crossed = result.clean.filter(has_flag(BarFlag.CROSS_SOURCE))
    assert crossed["source"].to_list() == (["test"] if is_kept else [])


def test_one_source_that_contradicts_itself_is_believed_in_neither(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars()
    again = bars.slice(7, 1).with_columns(volume=pl.col("volume") + 1)
    result = clean_bars(pl.concat([bars, again]), calendar=calendar)
    assert result.quarantine["rule"].to_list() == ["duplicate_conflicting"] * 2
