"""What each flag means, on bars made by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from qts_core.data.cleaning import clean_bars
from qts_core.data.cleaning.marks import OUTLIER_SIGMAS, OUTLIER_WINDOW_BARS
from qts_core.data.quality.flags import BarFlag, has_flag, real_bars
from qts_core.market.calendar import TradingCalendar
from qts_core.market.panel import Floats

MakeBars = Callable[..., pl.DataFrame]
FIRST, LAST = date(2024, 3, 4), date(2024, 3, 22)


def flat(bars: pl.DataFrame, closes: Floats | list[float]) -> pl.DataFrame:
    """Return bars whose four prices are all the close given."""
    return bars.with_columns(pl.Series(name, closes) for name in ("open", "high", "low", "close"))


def marked(frame: pl.DataFrame, flag: BarFlag) -> list[int]:
    """Return the places of the real bars with `flag`."""
    flags = real_bars(frame).select(has_flag(flag)).to_series()
    return [i for i, is_set in enumerate(flags) if is_set]


def test_outliers_are_those_of_the_formula_written_out(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(FIRST, LAST)
    rng = np.random.default_rng(5)
    closes = 100 * np.exp(np.cumsum(rng.standard_t(3, bars.height) * 0.002))
    moves = np.abs(np.diff(np.log(closes)))
    expected = []
    for i in range(1, len(closes)):
        before = moves[max(i - 1 - OUTLIER_WINDOW_BARS, 0) : i - 1]
        if len(before) >= OUTLIER_WINDOW_BARS // 2 and moves[i - 1] > OUTLIER_SIGMAS * 1.4826 * np.median(before):
            expected.append(i)
    assert len(expected) > 3
    assert marked(clean_bars(flat(bars, closes), calendar=calendar).clean, BarFlag.OUTLIER) == expected


def test_a_price_repeated_five_times_is_stale(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    closes = [*(100.0 + i for i in range(10)), *([109.0] * 6), *(110.0 + i for i in range(10))]
    assert marked(clean_bars(flat(make_bars(), closes), calendar=calendar).clean, BarFlag.STALE) == [14, 15]


@pytest.mark.parametrize(("price", "is_suspect"), [(50.5, True), (66.0, True), (149.0, True), (90.0, False)])
def test_an_opening_near_a_split_ratio_is_suspected(
    calendar: TradingCalendar, make_bars: MakeBars, price: float, is_suspect: bool
) -> None:
    bars = pl.concat([make_bars(FIRST, FIRST), make_bars(date(2024, 3, 5), date(2024, 3, 5), price=price)])
    expected = [26] if is_suspect else []
    assert marked(clean_bars(bars, calendar=calendar).clean, BarFlag.SUSPECTED_SPLIT) == expected


def test_single_bars_say_zero_volume_odd_vwap_and_lateness(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars().with_row_index("row").with_columns(
        volume=pl.when(pl.col("row") == 3).then(0.0).otherwise("volume"),
        vwap=pl.when(pl.col("row") == 4).then(500.0),
        ts_known=pl.when(pl.col("row") == 25).then(pl.col("ts_known") + timedelta(minutes=1)).otherwise("ts_known"),
    )  # fmt: skip
    clean = clean_bars(bars.drop("row"), calendar=calendar).clean
    assert marked(clean, BarFlag.ZERO_VOLUME) == [3]
    assert marked(clean, BarFlag.VWAP_OUTSIDE) == [4]
    assert clean["vwap"].null_count() == clean.height
    assert marked(clean, BarFlag.LATE) == [25]


def test_a_revision_is_judged_by_the_bar_before_it_and_judges_no_other(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars(FIRST, LAST)
    late = bars.slice(200, 1).with_columns(pl.col("ts_known") + timedelta(days=5))
    wrong = late.with_columns(pl.col(name) * 2.9 for name in ("open", "high", "low", "close"))
    result = clean_bars(pl.concat([bars, wrong]), calendar=calendar)
    assert result.quarantine.is_empty()
    assert [f for f in result.clean["flags"].to_list() if f] == [int(BarFlag.LATE | BarFlag.OUTLIER)]
    beyond = late.with_columns(pl.col(name) * 3.1 for name in ("open", "high", "low", "close"))
    assert clean_bars(pl.concat([bars, beyond]), calendar=calendar).counts == {"price_jump": 1}


@pytest.mark.parametrize(
    ("hours", "flag"), [(-1, BarFlag.PRE_MARKET), (7, BarFlag.POST_MARKET), (-7, BarFlag(0)), (24 * 5, BarFlag(0))]
)
def test_bars_of_extended_hours_are_marked_in_quarantine(
    calendar: TradingCalendar, make_bars: MakeBars, hours: int, flag: BarFlag
) -> None:
    # 4 March 2024 was a Monday; the session opened at 14:30 and closed at 21:00 UTC.
    moved = make_bars().head(1).with_columns(pl.col("ts_event", "ts_known") + timedelta(hours=hours))
    result = clean_bars(moved, calendar=calendar)
    assert result.quarantine["rule"].to_list() == ["out_of_session"]
    assert BarFlag(result.quarantine["flags"][0]) == flag
