"""Volatility against polars' rolling mean, and its finite memory."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from qts_core.market.panel import Floats
from qts_core.portfolio.volatility import RollingVolatility


def walk(bars: int, seed: int = 3) -> Floats:
    rng = np.random.default_rng(seed)
    close = np.exp(np.cumsum(rng.normal(0.0, 0.01, (bars, 2)), axis=0))
    close[rng.random(close.shape) < 0.1] = np.nan
    return close


def after(closes: Floats, window: int = 20) -> RollingVolatility:
    one = RollingVolatility(window, 2, minimum_bars=5)
    for row in closes:
        one.update(row)
    return one


def test_it_is_the_root_mean_square_of_the_window_s_returns_annualised() -> None:
    closes = walk(70)
    column = pl.Series(closes[:, 0]).fill_nan(None)
    returns = column / column.forward_fill().shift(1) - 1
    expected = math.sqrt((returns**2).tail(20).mean() * 6552)  # type: ignore[operator,arg-type]
    assert after(closes).estimate()[0] == np.float64(expected) or math.isclose(after(closes).estimate()[0], expected)


def test_nothing_is_said_before_enough_returns_are_known() -> None:
    closes = np.full((5, 2), 100.0)
    closes[1:, 1] = [101.0, 102.0, 101.0, 103.0]
    assert np.isnan(after(closes).estimate()).all(), "four returns of five"


def test_a_symbol_that_never_moves_has_no_volatility_rather_than_none() -> None:
    assert np.isnan(after(np.full((40, 2), 100.0)).estimate()).all()


def test_two_histories_that_agree_on_the_window_give_the_same_bits() -> None:
    closes = walk(200)
    closes[-22] = 1.0
    assert after(closes).estimate().tobytes() == after(closes[-22:]).estimate().tobytes()


def test_a_snapshot_resumes_bit_for_bit() -> None:
    closes = walk(90)
    whole, second = after(closes), RollingVolatility(20, 2, minimum_bars=5)
    second.restore(after(closes[:47]).snapshot())
    for row in closes[47:]:
        second.update(row)
    assert second.estimate().tobytes() == whole.estimate().tobytes()


@pytest.mark.parametrize("window", [8, 20, 33])
def test_a_snapshot_of_another_window_gives_what_both_share(window: int) -> None:
    closes = walk(90)
    closes[30:60] = 50.0
    found, own = RollingVolatility(window, 2, minimum_bars=5), RollingVolatility(window, 2, minimum_bars=5)
    found.restore(after(closes).snapshot())
    for row in closes[max(0, len(closes) - min(window, 20) - 1) :]:
        own.update(row)
    np.testing.assert_allclose(found.estimate(), own.estimate(), rtol=1e-12)
