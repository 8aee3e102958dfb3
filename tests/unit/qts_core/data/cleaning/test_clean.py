"""What breaks a rule goes to quarantine with the rule's name, and nothing else does."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest

from qts_core.data.cleaning import clean_bars
from qts_core.data.quality.flags import real_bars
from qts_core.market.calendar import TradingCalendar

MakeBars = Callable[..., pl.DataFrame]
MakeSplit = Callable[[str, date, float, float], pl.DataFrame]


def spoil(bars: pl.DataFrame, row: int, **values: object) -> pl.DataFrame:
    """Return `bars` with the cells of one row replaced."""
    return bars.with_row_index("row").with_columns(
        pl.when(pl.col("row") == row).then(pl.lit(value, bars.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    ).drop("row")  # fmt: skip


def last_closes(state: pl.DataFrame) -> dict[str, float]:
    return dict(state.sort("ts_event").group_by("symbol").agg(pl.col("close").last()).iter_rows())


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"close": math.nan}, "not_finite"),
        ({"high": math.inf}, "not_finite"),
        ({"open": None}, "not_finite"),
        ({"volume": math.nan}, "not_finite"),
        ({"low": 0.0}, "price_not_positive"),
        ({"open": -5.0}, "price_not_positive"),
        ({"low": 101.0}, "ohlc_order"),
        ({"high": 99.0}, "ohlc_order"),
        ({"close": 200.0}, "ohlc_order"),
        ({"volume": -1.0}, "volume_negative"),
        ({"trade_count": -1}, "trade_count_negative"),
        ({"high": 301.0}, "price_jump"),
        ({"low": 1.0}, "price_jump"),
    ],
)
def test_a_broken_bar_is_quarantined_alone_under_the_name_of_its_rule(
    calendar: TradingCalendar, make_bars: MakeBars, values: dict[str, object], rule: str
) -> None:
    result = clean_bars(spoil(make_bars(), 5, **values), calendar=calendar)
    assert result.quarantine["rule"].to_list() == [rule]
    assert real_bars(result.clean).height == 25
    assert result.counts == {rule: 1, "filled": 1}


def test_sound_bars_pass_untouched(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(date(2024, 7, 1), date(2024, 7, 5), symbols=("AAA", "BBB"))
    result = clean_bars(bars, calendar=calendar)
    assert result.clean.select(bars.columns).equals(bars)
    assert result.clean["flags"].to_list() == [0] * bars.height
    assert result.quarantine.is_empty()
    assert result.quarantined_ratio == 0.0


def test_bars_after_the_close_of_a_half_day_are_out_of_session(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    # 3 July 2024 closed at 13:00 New York: 14 bars.
    bars = make_bars(date(2024, 7, 3), date(2024, 7, 3))
    assert bars.height == 14
    late = bars.tail(1).with_columns(pl.col("ts_event", "ts_known") + timedelta(minutes=15))
    result = clean_bars(pl.concat([bars, late]), calendar=calendar)
    assert result.quarantine["rule"].to_list() == ["out_of_session"]


def test_identical_duplicates_become_one_and_conflicting_ones_go(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars()
    twice = pl.concat([bars, bars.slice(3, 1), spoil(bars.slice(7, 1), 0, close=100.06)])
    result = clean_bars(twice, calendar=calendar)
    assert result.counts == {"duplicate_identical": 1, "duplicate_conflicting": 2, "filled": 1}
    assert real_bars(result.clean).height == 25
    assert bars["ts_event"][7] not in real_bars(result.clean)["ts_event"].to_list()


def test_a_revision_known_later_is_kept_beside_the_bar_it_revises(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars()
    revision = bars.slice(3, 1).with_columns(pl.col("ts_known") + timedelta(hours=1), close=pl.lit(100.06))
    result = clean_bars(pl.concat([bars, revision]), calendar=calendar)
    assert result.clean.height == 27
    assert result.counts == {"late": 1}


def test_vwap_outside_the_bar_is_set_missing(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = spoil(spoil(make_bars(), 2, vwap=150.0), 3, vwap=100.03)
    result = clean_bars(bars, calendar=calendar)
    assert result.counts == {"vwap_outside": 1}
    assert result.clean["vwap"][2] is None
    assert result.clean["vwap"][3] == 100.03


def test_a_real_crash_is_kept(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    # AIG opened at 39 % of its last close on 2008-09-15.
    days = (
        make_bars(date(2008, 9, 12), date(2008, 9, 12), price=12.14),
        make_bars(date(2008, 9, 15), date(2008, 9, 15), price=4.76),
    )
    result = clean_bars(pl.concat(days), calendar=calendar)
    assert result.quarantine.is_empty()


def test_a_split_explains_a_step_and_without_it_every_bar_after_is_quarantined(
    calendar: TradingCalendar, make_bars: MakeBars, split: MakeSplit
) -> None:
    bars = pl.concat([make_bars(), make_bars(date(2024, 3, 5), date(2024, 3, 6), price=25.0)])
    explained = clean_bars(bars, calendar=calendar, actions=split("AAA", date(2024, 3, 5), 4.0, 1.0))
    assert explained.quarantine.is_empty()
    refused = clean_bars(bars, calendar=calendar)
    assert refused.counts == {"price_jump": 52}
    assert refused.clean["ts_event"].max() == bars["ts_event"][25]


def test_the_state_carries_the_last_accepted_close_over(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    first = clean_bars(make_bars(symbols=("AAA", "BBB")), calendar=calendar)
    assert last_closes(first.state) == {"AAA": 100.26, "BBB": 100.26}
    later = clean_bars(make_bars(date(2024, 3, 5), date(2024, 3, 5), price=400.0), calendar=calendar, state=first.state)
    assert later.counts == {"price_jump": 26}
    assert last_closes(later.state) == {"AAA": 100.26, "BBB": 100.26}


def test_no_bars_give_no_bars(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    result = clean_bars(make_bars().head(0), calendar=calendar)
    assert result.clean.is_empty()
    assert result.state.is_empty()
