"""What is missing is filled forward: flagged, bounded, never before it was known to be missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest

from qts_core.data.actions.table import no_actions
from qts_core.data.cleaning import clean_bars
from qts_core.data.cleaning.filling import FILL_SOURCE
from qts_core.data.panels import bars_to_panel
from qts_core.data.quality.flags import BarFlag, has_flag, real_bars
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import TradingCalendar
from qts_core.market.timeline import Timeline

MakeBars = Callable[..., pl.DataFrame]
MakeSplit = Callable[[str, date, float, float], pl.DataFrame]
MON, TUE, WED = date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)


def without(bars: pl.DataFrame, symbol: str, *rows: int) -> pl.DataFrame:
    """Return `bars` without some of a symbol's, counted from its first."""
    place = pl.int_range(pl.len()).over("symbol")
    return bars.filter((pl.col("symbol") != symbol) | ~place.is_in(rows))


def fills(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(has_flag(BarFlag.FILLED))


def test_a_missing_bar_is_the_last_close_with_no_volume(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(symbols=("AAA", "BBB"))
    (row,) = fills(clean_bars(without(bars, "AAA", 5), calendar=calendar).clean).to_dicts()
    gone = bars.filter(pl.col("symbol") == "AAA").row(5, named=True)
    assert (row["symbol"], row["ts_event"], row["ts_known"]) == ("AAA", gone["ts_event"], gone["ts_known"])
    assert {row[name] for name in ("open", "high", "low", "close")} == {100.05}
    assert (row["volume"], row["vwap"], row["trade_count"], row["source"]) == (0.0, None, None, FILL_SOURCE)


def test_alone_a_symbol_is_known_to_have_missed_a_bar_when_its_next_one_comes(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars()
    found = fills(clean_bars(without(bars, "AAA", 5, 6), calendar=calendar).clean)
    assert found["ts_event"].to_list() == bars["ts_event"][5:7].to_list()
    assert found["ts_known"].unique().to_list() == [bars["ts_known"][7]]
    # The end of the data is no gap.
    assert fills(clean_bars(bars.head(20), calendar=calendar).clean).is_empty()


def test_no_more_than_a_session_is_filled_and_nights_count_for_nothing(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars(MON, WED, symbols=("AAA", "BBB"))
    found = fills(clean_bars(without(bars, "AAA", *range(20, 78)), calendar=calendar).clean)
    assert found.height == 26
    assert found["ts_event"].max() == bars.filter(pl.col("symbol") == "AAA")["ts_event"][45]


def test_a_session_in_which_nothing_traded_is_left_alone(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(MON, WED).filter(pl.col("ts_event").dt.date() != TUE)
    assert fills(clean_bars(bars, calendar=calendar).clean).is_empty()


def test_before_its_first_bar_a_symbol_is_not_filled(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = without(make_bars(symbols=("AAA", "BBB")), "AAA", *range(10))
    assert fills(clean_bars(bars, calendar=calendar).clean).is_empty()


def test_over_a_split_the_price_is_carried_on_in_new_shares(
    calendar: TradingCalendar, make_bars: MakeBars, split: MakeSplit
) -> None:
    other = make_bars(MON, TUE, symbols=("BBB",))
    ours = pl.concat([make_bars(MON, MON), make_bars(TUE, TUE, price=25.0).tail(25)])
    result = clean_bars(pl.concat([ours, other]), calendar=calendar, actions=split("AAA", TUE, 4.0, 1.0))
    assert fills(result.clean)["close"].to_list() == [100.26 / 4]


def test_a_bar_that_comes_late_takes_the_place_of_its_fill(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(symbols=("AAA", "BBB"))
    late = pl.when((pl.col("symbol") == "AAA") & (pl.col("ts_event") == bars["ts_event"][10]))
    delayed = bars.with_columns(ts_known=late.then(pl.col("ts_known") + timedelta(hours=2)).otherwise("ts_known"))
    clean = clean_bars(delayed, calendar=calendar).clean.filter(pl.col("symbol") == "AAA")
    both = clean.filter(pl.col("ts_event") == bars["ts_event"][10]).sort("ts_known")
    assert [BarFlag(f) for f in both["flags"].to_list()] == [BarFlag.FILLED, BarFlag.LATE]
    assert both["source"].to_list() == [FILL_SOURCE, "test"]


@pytest.mark.parametrize("with_filled", [False, True])
def test_panels_know_filled_bars_only_when_asked(calendar: TradingCalendar, with_filled: bool) -> None:
    market = synthetic_market(
        SyntheticMarketSettings(symbols=4, first=MON, last=date(2024, 3, 15), missing_bars_ratio=0.03)
    )
    clean = clean_bars(market.bars, calendar=calendar, actions=market.corporate_actions).clean
    line = Timeline.between(calendar, MON, date(2024, 3, 15))
    before, after = (
        bars_to_panel(f, market.corporate_actions, timeline=line, symbols=market.symbols, with_filled=with_filled)
        for f in (market.bars, clean)
    )
    assert fills(clean).height > 20
    assert real_bars(clean).height == market.bars.height
    for name in before.fields:
        is_same = before[name].tobytes() == after[name].tobytes()
        assert is_same is (not with_filled or name == "factor"), name
    assert bars_to_panel(clean, no_actions(), timeline=line, symbols=market.symbols)["close"].shape == (260, 4)
