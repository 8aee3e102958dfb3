"""Swings, levels and alternation by hand."""

from __future__ import annotations

import numpy as np

from qts_core.features import FeatureBlock, FeatureEngine, Node, Plan, ops
from qts_core.features.ops.swings import (
    bars_since,
    level_crowd,
    nearness_above,
    nearness_below,
    swing_high,
    swing_low,
)

nan = np.nan


def run(expression: Node, prices: list[float], volume: list[float] | None = None) -> list[float | None]:
    """Push bars that open, close, top and bottom at one price; None stands for no value."""
    bars = np.tile(np.array(prices)[None, :, None], (5, 1, 1))
    if volume is not None:
        bars[4, :, 0] = volume
    calendar = np.zeros((11, len(prices)))
    block = FeatureBlock(np.arange(len(prices)), bars, calendar)
    out = FeatureEngine(Plan.of({"x": expression}), ("A",)).push(block)[0, :, 0]
    return [None if np.isnan(v) else float(v) for v in out]


def test_a_swing_shows_on_the_bar_that_confirms_it() -> None:
    assert run(swing_high(2), [1, 2, 5, 4, 3, 2, 1]) == [None, None, None, None, 5, None, None]
    assert run(swing_low(1), [3, 1, 2, 0, 4]) == [None, None, 1, None, 0]


def test_of_equal_highs_in_a_row_the_last_is_the_swing_and_there_is_only_one() -> None:
    assert run(swing_high(2), [1, 2, 5, 5, 3, 2, 1]) == [None, None, None, None, None, 5, None]


def test_a_missing_bar_is_none_of_the_bars_beside_a_swing() -> None:
    assert run(swing_high(2), [1, 2, nan, 5, nan, 4, nan, 3]) == [None] * 7 + [5]


def test_prices_that_never_move_have_no_swing() -> None:
    assert run(swing_high(1), [2.0] * 6) == [None] * 6


def test_swings_can_be_held_compared_and_dated() -> None:
    prices: list[float] = [1, 5, 2, 7, 3, 3.5, 4]
    assert run(ops.hold(swing_high(1)), prices) == [None, None, 5, 5, 7, 7, 7]
    assert run(ops.lag(swing_high(1)), prices) == [None, None, None, None, 5, None, None]
    assert run(bars_since(swing_high(1)), prices) == [None, None, 0, 1, 0, 1, 2]


def test_the_next_level_above_and_below_is_that_of_any_swing() -> None:
    # Swings of one bar: 10 (high), 6 (low), 9 (high); what is remembered is two of them.
    prices: list[float] = [7, 10, 6, 9, 8, 8.5]
    two = (swing_high(1), swing_low(1), ops.volume, 2)
    reach: list[float] = [1.0] * 6
    # At 9 the low of 6 has been confirmed beside 10; at 8 the high of 9 takes the place of 10.
    assert run(nearness_above(*two), prices, reach) == [0, 0, 1 / 5, 1 / 2, 1 / 2, 1 / 1.5]
    # The low of 8 is confirmed last, and 6 is forgotten.
    assert run(nearness_below(*two), prices, reach) == [0, 0, 0, 1 / 4, 1 / 3, 1 / 1.5]
    assert run(level_crowd(*two), prices, reach) == [0, 0, 0, 0.5, 0.5, 1]


def test_a_level_at_the_price_is_near_from_both_sides() -> None:
    prices: list[float] = [1, 5, 3, 5]
    levels = (swing_high(1), swing_low(1), ops.volume, 4)
    assert run(nearness_above(*levels), prices)[-1] == 1.0
    assert run(nearness_below(*levels), prices)[-1] == 1.0
