"""Bars close on the clock, revisions count while a bar is open, and real minutes give the vendor-independent bars."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from qts_core.data.building.stream import BarBuilder
from qts_core.market.calendar import TradingCalendar
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline

DAY = date(2024, 3, 4)
OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def builder(calendar: TradingCalendar) -> BarBuilder:
    return BarBuilder(Timeline.between(calendar, DAY, DAY), ("AAA", "BBB"))


def test_a_bar_closes_on_the_clock_and_not_before(builder: BarBuilder) -> None:
    builder.add("AAA", OPEN, 10.0, 10.2, 9.9, 10.1, 100)
    builder.add("AAA", OPEN + 14 * MINUTE, 10.1, 10.5, 10.0, 10.4, 50)
    assert builder.next_close == OPEN + 15 * MINUTE
    assert builder.close_until(OPEN + 15 * MINUTE - timedelta(microseconds=1)) == []
    (bar,) = builder.close_until(OPEN + 15 * MINUTE)
    assert (bar.ts_event, bar.ts_known, bar.slot, bar.slots) == (OPEN, OPEN + 15 * MINUTE, 0, 26)
    assert [float(v[0]) for v in (bar.open, bar.high, bar.low, bar.close, bar.volume)] == [10.0, 10.5, 9.9, 10.4, 150.0]
    assert np.isnan(bar.close[1])
    assert bar.present().tolist() == [True, False]


def test_a_silent_market_still_gives_every_bar(builder: BarBuilder) -> None:
    bars = builder.close_until(OPEN + timedelta(hours=6, minutes=30))
    assert len(bars) == 26
    assert all(not b.present().any() for b in bars)
    assert bars[-1].is_last_of_session
    assert builder.next_close is None
    assert builder.close_until(OPEN + timedelta(days=1)) == []


def test_a_revised_minute_replaces_the_first_word(builder: BarBuilder) -> None:
    builder.add("AAA", OPEN, 10.0, 12.0, 9.0, 10.1, 100)
    builder.add("AAA", OPEN, 10.0, 10.2, 9.9, 10.1, 90)
    (bar,) = builder.close_until(OPEN + 15 * MINUTE)
    assert (bar.high[0], bar.low[0], bar.volume[0]) == (10.2, 9.9, 90.0)


def test_a_minute_of_the_next_bar_may_come_before_the_close_of_this_one(builder: BarBuilder) -> None:
    assert builder.add("AAA", OPEN + 15 * MINUTE, 11.0, 11.0, 11.0, 11.0, 1)
    assert builder.add("AAA", OPEN + 3 * MINUTE, 10.0, 10.0, 10.0, 10.0, 2)
    first, second = builder.close_until(OPEN + 30 * MINUTE)
    assert (first.close[0], second.close[0]) == (10.0, 11.0)


def test_what_comes_after_the_close_is_late_and_changes_nothing(builder: BarBuilder) -> None:
    builder.close_until(OPEN + 15 * MINUTE)
    assert not builder.add("AAA", OPEN + 14 * MINUTE, 10.0, 10.0, 10.0, 10.0, 2)
    assert builder.late == 1


@pytest.mark.parametrize("moment", [OPEN - MINUTE, OPEN + timedelta(hours=7), OPEN + timedelta(seconds=30)])
def test_minutes_off_the_timeline_are_not_taken(builder: BarBuilder, moment: datetime) -> None:
    assert not builder.add("AAA", moment, 10.0, 10.0, 10.0, 10.0, 2)
    assert builder.late == 0


def test_unknown_symbols_are_not_taken(builder: BarBuilder) -> None:
    assert not builder.add("ZZZ", OPEN, 10.0, 10.0, 10.0, 10.0, 2)


def test_skipped_bars_are_not_given_again(builder: BarBuilder) -> None:
    builder.add("AAA", OPEN, 10.0, 10.0, 10.0, 10.0, 2)
    builder.skip_until(OPEN + 30 * MINUTE)
    assert [b.slot for b in builder.close_until(OPEN + 45 * MINUTE)] == [2]


def test_a_factor_of_another_shape_is_refused(calendar: TradingCalendar) -> None:
    with pytest.raises(ValueError, match="expected"):
        BarBuilder(Timeline.between(calendar, DAY, DAY), ("AAA",), np.ones((3, 1)))


def told(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return frame.select("symbol", "ts_event", "ts_known", "close", "volume", "vwap", "trade_count").rows()


def test_frames_carry_vwap_and_trade_count(builder: BarBuilder) -> None:
    builder.add("AAA", OPEN, 10.0, 10.2, 9.9, 10.1, 100, vwap=10.0, trade_count=3)
    builder.add("AAA", OPEN + MINUTE, 10.1, 10.5, 10.0, 10.4, 300, vwap=10.4, trade_count=5)
    builder.add("BBB", OPEN, 20.0, 20.0, 20.0, 20.0, 10)
    frame = builder.close_frame_until(OPEN + 15 * MINUTE)
    end = OPEN + 15 * MINUTE
    assert told(frame) == [
        ("AAA", OPEN, end, 10.4, 400.0, (1000 + 3120) / 400, 8),
        ("BBB", OPEN, end, 20.0, 10.0, None, None),
    ]
    assert set(frame["source"]) == {"built"}


def test_a_cut_off_holds_the_bar_open_for_what_was_known_in_time(calendar: TradingCalendar) -> None:
    line = Timeline.between(calendar, DAY, DAY)
    builder = BarBuilder(line, ("AAA",), cutoff=timedelta(seconds=35))
    end = OPEN + 15 * MINUTE
    builder.add("AAA", OPEN, 10.0, 10.0, 10.0, 10.0, 100, ts_known=OPEN + MINUTE)
    assert builder.close_until(end + timedelta(seconds=34)) == []
    assert builder.add("AAA", end - MINUTE, 11.0, 11.0, 11.0, 11.0, 100, ts_known=end + timedelta(seconds=35))
    assert not builder.add("AAA", end - MINUTE, 12.0, 12.0, 12.0, 12.0, 100, ts_known=end + timedelta(seconds=36))
    frame = builder.close_frame_until(end + timedelta(minutes=1))
    assert frame.select("close", "ts_known").rows() == [(11.0, end + timedelta(seconds=35))]
    assert builder.take_revisions().select("close", "ts_known").rows() == [(12.0, end + timedelta(seconds=36))]
    assert builder.late == 1


def test_a_late_minute_revises_its_bar_and_leaves_the_one_that_was_given(builder: BarBuilder) -> None:
    end = OPEN + 15 * MINUTE
    builder.add("AAA", end - MINUTE, 10.0, 10.0, 10.0, 10.0, 100)
    (bar,) = builder.close_until(end)
    known = end + timedelta(seconds=30)
    assert not builder.add("AAA", end - MINUTE, 10.0, 10.3, 10.0, 10.3, 180, ts_known=known)
    assert (bar.close[0], bar.volume[0]) == (10.0, 100.0)
    assert told(builder.take_revisions()) == [("AAA", OPEN, known, 10.3, 180.0, None, None)]
    assert builder.take_revisions().is_empty()


def test_a_late_minute_that_says_nothing_new_revises_nothing(builder: BarBuilder) -> None:
    end = OPEN + 15 * MINUTE
    builder.add("AAA", OPEN, 10.0, 10.0, 10.0, 10.0, 100)
    builder.close_until(end)
    assert not builder.add("AAA", OPEN, 10.0, 10.0, 10.0, 10.0, 100, ts_known=end + MINUTE)
    assert builder.take_revisions().is_empty()


def test_late_minutes_without_a_time_or_older_than_a_session_revise_nothing(calendar: TradingCalendar) -> None:
    builder = BarBuilder(Timeline.between(calendar, DAY, date(2024, 3, 6)), ("AAA",))
    builder.close_until(OPEN + timedelta(days=1))
    assert not builder.add("AAA", OPEN, 10.0, 10.0, 10.0, 10.0, 100)
    builder.close_until(OPEN + timedelta(days=2, hours=7))
    assert not builder.add("AAA", OPEN, 10.0, 10.0, 10.0, 10.0, 100, ts_known=OPEN + timedelta(days=3))
    assert builder.take_revisions().is_empty()
    assert builder.late == 2


@pytest.mark.real_data
def test_real_minutes_with_extended_hours_give_the_bars_that_pandas_gives(
    real_data: Path, calendar: TradingCalendar
) -> None:
    minutes = pl.read_parquet(real_data / "spy_1min_2011" / "bars_1m.parquet").sort("timestamp")
    minutes = minutes.filter(pl.col("timestamp").dt.date() <= date(2011, 1, 14))
    line = Timeline.between(calendar, date(2011, 1, 3), date(2011, 1, 14))
    builder = BarBuilder(line, ("SPY",))
    for symbol, start, *values in minutes.select(
        "symbol", "timestamp", "open", "high", "low", "close", "volume"
    ).rows():
        builder.add(symbol, start, *values)
    built = builder.close_until(from_micros(int(line.ts_known[-1])))
    frame = minutes.to_pandas().set_index("timestamp").tz_convert("America/New_York").between_time("09:30", "15:59")
    rule = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    expected = frame.resample("15min").agg(rule).dropna()
    assert [pd.Timestamp(b.ts_event) for b in built] == list(pd.DatetimeIndex(expected.index).tz_convert("UTC"))
    for name in rule:
        np.testing.assert_array_equal([getattr(b, name)[0] for b in built], expected[name].to_numpy())
