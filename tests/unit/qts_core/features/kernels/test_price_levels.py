"""Volume by price on bars made so that every level is known, and the session's deviation against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from qts_core.features import Node, ops
from qts_core.features.kernels import price_levels
from qts_core.features.ops.price_levels import control_price, value_area
from tests.unit.qts_core.features.kernels.test_windows import run

Floats = NDArray[np.float64]

PRICES = np.array([10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 20.0])
VOLUMES = np.array([1.0, 1.0, 2.0, 5.0, 50.0, 20.0, 5.0, 3.0, 2.0, 11.0])
"""Ten levels of one dollar: 10 to 11 first, 19 to 20 last, which holds the highest price."""


def last(expression: Node, volume: Floats = VOLUMES) -> float:
    return float(run(expression, PRICES, volume)[-1])


def test_the_control_price_is_the_middle_of_the_fullest_level() -> None:
    assert last(control_price(ops.close, 10, 10, every=1)) == 14.5


def test_the_value_area_grows_by_the_fuller_neighbour_to_seventy_percent() -> None:
    lower, upper = value_area(ops.close, 10, 10, every=1)
    assert (last(lower), last(upper)) == (14.0, 16.0)


def test_of_equal_neighbours_the_value_area_takes_the_upper_one() -> None:
    lower, upper = value_area(ops.close, 10, 10, every=1)
    volume = np.array([0.0, 0.0, 0.0, 20.0, 60.0, 20.0, 0.0, 0.0, 0.0, 0.0])
    assert (last(lower, volume), last(upper, volume)) == (14.0, 16.0)


def test_prices_without_range_have_one_level_and_bars_without_volume_none() -> None:
    flat = run(control_price(ops.close, 5, 10, every=1), np.full(6, 7.0))
    np.testing.assert_array_equal(flat[4:], 7.0)
    assert np.isnan(last(control_price(ops.close, 10, 10, every=1), np.zeros(10)))


def test_a_level_is_held_between_the_bars_of_its_schedule() -> None:
    random = np.random.default_rng(3)
    close, volume = 100.0 + random.random(60), 1.0 + random.random(60)
    fresh = run(control_price(ops.close, 20, 8, every=1), close, volume)
    held = run(control_price(ops.close, 20, 8, every=5), close, volume)
    np.testing.assert_array_equal(held[19:], np.repeat(fresh[19::5], 5)[: len(held) - 19])


@pytest.mark.parametrize("base", [0.0, 1e6])
def test_the_deviation_of_a_session_is_weighted_and_does_not_cancel(base: float) -> None:
    random = np.random.default_rng(5)
    x, w = base + random.random(52), 1.0 + random.random(52)
    w[[0, 7]] = 0.0
    session = np.repeat([1.0, 2.0], 26)
    out = np.empty((52, 1))
    price_levels.session_deviation(x[:, None], w[:, None], session[:, None], out, np.zeros((1, 5)))
    for first in (0, 26):
        assert np.isnan(out[first, 0])
        for t in range(first + 1, first + 26):
            there = slice(first, t + 1)
            centre = np.average(x[there] - base, weights=w[there])
            expected = np.sqrt(np.average((x[there] - base - centre) ** 2, weights=w[there]))
            assert out[t, 0] == pytest.approx(expected, rel=1e-6, abs=1e-9)
