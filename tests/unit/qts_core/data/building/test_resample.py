"""Frames of minutes become 15-minute bars, as pandas would and as the stream does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl

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
