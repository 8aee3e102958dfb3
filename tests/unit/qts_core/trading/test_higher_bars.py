"""Higher bars against polars' own aggregation, and nothing of one that is still going on."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from qts_core.market.panel import Panel
from qts_core.market.time import from_micros, to_micros
from qts_core.trading.higher_bars import HigherBars, frame_minutes
from tests.support.decision_market import panel, slices


def by_polars(bars: Panel, minutes: int) -> pl.DataFrame:
    line = bars.timeline
    frame = pl.DataFrame(
        {
            "session": line.session, "part": line.slot.astype(np.int64) * 15 // minutes,
            **{name: bars[name][:, 1] for name in ("open", "high", "low", "close", "volume")},
        }
    ).with_columns(pl.selectors.float().fill_nan(None))  # fmt: skip
    return frame.group_by("session", "part", maintain_order=True).agg(
        pl.col("open").drop_nulls().first(), pl.col("high").max(), pl.col("low").min(),
        pl.col("close").drop_nulls().last(), pl.col("volume").sum(),
    )  # fmt: skip


@pytest.mark.parametrize(("timeframe", "minutes"), [("30min", 30), ("60min", 60), ("1d", 1440)])
def test_closed_bars_are_those_of_another_aggregation(timeframe: str, minutes: int) -> None:
    # 29 November 2024 is a half-day of 14 bars: its last hour has two.
    bars = panel(breadth=3, first=date(2024, 11, 27), last=date(2024, 12, 2), missing=0.2)
    higher = HigherBars((timeframe,), keep=1000)
    for one in slices(bars):
        higher.update(one)
    expected = by_polars(bars, minutes)
    found = higher.closed(timeframe)
    assert len(found) == len(expected)
    for name in ("open", "high", "low", "close"):
        wanted = expected[name].to_numpy().astype(np.float64)
        np.testing.assert_array_equal(np.array([getattr(bar, name)[1] for bar in found]), wanted)
    np.testing.assert_allclose([np.nan_to_num(bar.volume[1]) for bar in found], expected["volume"].to_numpy())


def test_an_hour_is_not_there_before_its_last_bar() -> None:
    bars = panel(breadth=1)
    higher = HigherBars(("60min", "1d"))
    counts = []
    for one in slices(bars)[:9]:
        higher.update(one)
        counts.append(len(higher.closed("60min")))
        assert not higher.closed("1d")
        assert all(bar.ts_known <= one.ts_known for bar in higher.closed("60min"))
    assert counts == [0, 0, 0, 1, 1, 1, 1, 2, 2]


def test_a_split_is_no_jump() -> None:
    bars = panel(breadth=1)
    bars["factor"][26:] = 2.0
    higher = HigherBars(("1d",))
    for one in slices(bars)[:52]:
        higher.update(one)
    first, second = higher.closed("1d")
    assert first.close[0] == bars["close"][25, 0]
    assert second.close[0] == 2.0 * bars["close"][51, 0]


def test_an_hour_whose_last_bar_never_came_is_closed_by_the_next_bar() -> None:
    bars = panel(breadth=1)
    higher = HigherBars(("60min",))
    for place in (0, 1, 2, 5):
        higher.update(slices(bars)[place])
    (hour,) = higher.closed("60min")
    assert hour.ts_known == from_micros(int(bars.timeline.ts_known[2]))
    assert to_micros(hour.ts_event) == bars.timeline.ts_event[0]


def test_the_state_survives() -> None:
    bars = panel(breadth=2, missing=0.1)
    one, other = HigherBars(("60min", "1d")), HigherBars(("60min", "1d"))
    for place, bar in enumerate(slices(bars)):
        if place == 31:
            other.restore(one.snapshot())
        one.update(bar)
        if place >= 31:
            other.update(bar)
    assert one.snapshot() == other.snapshot()


@pytest.mark.parametrize("timeframe", ["", "1h", "20min", "0min", "2d"])
def test_other_timeframes_are_refused(timeframe: str) -> None:
    with pytest.raises(ValueError, match="multiple of 15"):
        frame_minutes(timeframe)
