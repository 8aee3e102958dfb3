"""Frames of minutes become 15-minute bars, as pandas would and as the stream does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from qts_core.data.actions.table import no_actions
from qts_core.data.building.resample import resample_bars
from qts_core.data.building.stream import build_bars
from qts_core.data.panels import bars_to_panel
from qts_core.market.calendar import TradingCalendar
from qts_core.market.timeline import Timeline

MakeBars = Callable[..., pl.DataFrame]
DAY = date(2024, 7, 3)


def test_resampling_equals_pandas(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    minutes = make_bars(date(2024, 7, 2), DAY, symbols=("AAA", "BBB"), minutes=1).sample(fraction=0.6, seed=4)
    built = resample_bars(minutes, calendar=calendar)
    frame = minutes.sort("ts_event").to_pandas().set_index("ts_event")
    rule = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    for symbol in ("AAA", "BBB"):
        expected = frame[frame["symbol"] == symbol].resample("15min").agg(rule).dropna()
        got = built.filter(pl.col("symbol") == symbol)
        for name in rule:
            np.testing.assert_array_equal(got[name].to_numpy(), expected[name].to_numpy())


def test_resampling_equals_the_bar_builder(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    minutes = make_bars(DAY, DAY, symbols=("AAA", "BBB"), minutes=1).sample(fraction=0.3, seed=5)
    line, fine = Timeline.between(calendar, DAY, DAY), Timeline.between(calendar, DAY, DAY, bar_minutes=1)
    symbols = ("AAA", "BBB")
    stream = build_bars(bars_to_panel(minutes, no_actions(), timeline=fine, symbols=symbols), line)
    batch = bars_to_panel(resample_bars(minutes, calendar=calendar), no_actions(), timeline=line, symbols=symbols)
    for name, values in batch.fields.items():
        np.testing.assert_array_equal(stream[name], values)


def test_extended_hours_and_broken_minutes_do_not_enter(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    minutes = make_bars(minutes=1)
    early = minutes.head(1).with_columns(pl.col("ts_event", "ts_known") - timedelta(hours=1), high=pl.lit(999.0))
    broken = minutes.with_columns(low=pl.when(pl.col("volume") == 1003.0).then(pl.lit(-1.0)).otherwise("low"))
    built = resample_bars(pl.concat([broken, early]), calendar=calendar)
    assert built.height == 26
    assert built["low"].min() == 99.95
    assert (built["high"] < 200).all()
    assert built["volume"][0] == sum(1000.0 + n for n in range(15)) - 1003.0


def test_vwap_is_the_volume_weighted_mean_where_all_minutes_have_one(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    minutes = make_bars(minutes=1).with_columns(vwap=pl.col("close"), trade_count=pl.lit(2))
    built = resample_bars(minutes, calendar=calendar)
    head = minutes.head(15)
    expected = float(np.average(head["close"].to_numpy(), weights=head["volume"].to_numpy()))
    assert abs(built["vwap"][0] - expected) < 1e-12
    assert built["trade_count"][0] == 30
    partly = minutes.with_columns(vwap=pl.when(pl.col("volume") > 1000.0).then("vwap"))
    assert resample_bars(partly, calendar=calendar)["vwap"][0] is None


FLOW = ("open", "high", "low", "close", "volume")


def as_bars(path: Path, *, minutes: int, volume: float | None = None) -> pl.DataFrame:
    """Return a sample file as bars of so many minutes."""
    frame = pl.read_parquet(path).rename({"timestamp": "ts_event"})
    if volume is not None:
        frame = frame.with_columns(volume=pl.lit(volume))
    return frame.with_columns(
        ts_known=pl.col("ts_event") + timedelta(minutes=minutes),
        vwap=pl.lit(None, pl.Float64), trade_count=pl.lit(None, pl.Int64), source=pl.lit("sample"),
    )  # fmt: skip


@pytest.mark.real_data
def test_real_minutes_with_extended_hours_give_the_15_minute_file_that_came_with_them(
    real_data: Path, calendar: TradingCalendar
) -> None:
    folder = real_data / "spy_1min_2011"
    built = resample_bars(as_bars(folder / "bars_1m.parquet", minutes=1), calendar=calendar)
    expected = pl.read_parquet(folder / "bars_15m_rth.parquet").sort("timestamp")
    assert built["ts_event"].to_list() == expected["timestamp"].to_list()
    for name in FLOW:
        np.testing.assert_array_equal(built[name].to_numpy(), expected[name].to_numpy())


@pytest.mark.real_data
def test_real_sparse_minutes_give_the_15_minute_file_that_came_with_them(
    real_data: Path, calendar: TradingCalendar
) -> None:
    folder = real_data / "sparse_1min_2026_novolume"
    built = resample_bars(as_bars(folder / "bars_1m_4symbols.parquet", minutes=1, volume=0.0), calendar=calendar)
    expected = pl.read_parquet(folder / "bars_15m_rth_subset.parquet").sort("timestamp", "symbol")
    # The 15-minute file holds two of the four symbols.
    built = built.filter(pl.col("symbol").is_in(["AAPL", "SPY"]))
    expected = expected.filter(pl.col("symbol").is_in(["AAPL", "SPY"]))
    both = built.join(expected, left_on=["symbol", "ts_event"], right_on=["symbol", "timestamp"], how="inner")
    assert both.height == expected.height == built.height
    for name in FLOW[:4]:
        np.testing.assert_array_equal(both[name].to_numpy(), both[f"{name}_right"].to_numpy())


@pytest.mark.real_data
def test_real_minutes_of_two_feeds_keep_their_volume_and_equal_the_stream(
    real_data: Path, calendar: TradingCalendar
) -> None:
    minutes = as_bars(real_data / "mixed_feed_1min_2025_2026" / "bars_1m_4symbols.parquet", minutes=1)
    minutes = minutes.filter(pl.col("ts_event").dt.date().is_between(date(2025, 11, 24), date(2025, 12, 5)))
    # 28 November 2025 is a half-day, and the file has some minutes after its close.
    half_day = pl.col("ts_event").dt.date() == date(2025, 11, 28)
    minutes = minutes.filter(~half_day | (pl.col("ts_event") < datetime(2025, 11, 28, 18, 0, tzinfo=UTC)))
    built = resample_bars(minutes, calendar=calendar)
    line = Timeline.between(calendar, date(2025, 11, 24), date(2025, 12, 5))
    fine = Timeline.between(calendar, date(2025, 11, 24), date(2025, 12, 5), bar_minutes=1)
    symbols = tuple(sorted(built["symbol"].unique()))
    stream = build_bars(bars_to_panel(minutes, no_actions(), timeline=fine, symbols=symbols), line)
    batch = bars_to_panel(built, no_actions(), timeline=line, symbols=symbols)
    for name in FLOW:
        np.testing.assert_array_equal(stream[name], batch[name])
    assert built.filter(half_day)["ts_event"].n_unique() == 14
    assert built["volume"].sum() == minutes["volume"].sum()
