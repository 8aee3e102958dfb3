"""Window kernels against brute force on every window, and against exact sums after five years."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qts_core.features import FeatureBlock, FeatureEngine, Node, Plan, ops

Floats = NDArray[np.float64]

FIVE_YEARS = 32_700


def run(expression: Node, close: Floats, volume: Floats | None = None) -> Floats:
    """Push one symbol's closes through an expression."""
    bars = np.empty((5, len(close), 1))
    bars[:4] = close[:, None]
    bars[4] = (np.ones_like(close) if volume is None else volume)[:, None]
    block = FeatureBlock(np.arange(len(close)), bars, np.zeros((11, len(close))))
    return FeatureEngine(Plan.of({"x": expression}), ("A",)).push(block)[0, :, 0]


def brute(x: Floats, window: int, function: Callable[[Floats], float]) -> Floats:
    """Apply `function` to the last `window` values that exist, where one does."""
    out = np.full(len(x), np.nan)
    there = np.flatnonzero(~np.isnan(x))
    for i in range(window - 1, len(there)):
        out[there[i]] = function(x[there[i - window + 1 : i + 1]])
    return out


def last_place(x: Floats, best: float) -> float:
    return float(len(x) - 1 - np.flatnonzero(x == best)[-1])


def moment(w: Floats, name: str) -> float:
    """Return pandas' bias-corrected skewness or kurtosis."""
    return float(np.asarray(getattr(pd.Series(w), name)()))


def weights(window: int) -> Floats:
    return np.arange(1.0, window + 1.0) / (window * (window + 1) / 2)


CASES: dict[str, tuple[Callable[[Node, int], Node], Callable[[Floats], float], int]] = {
    "sum": (ops.rolling_sum, lambda w: math.fsum(w), 1),
    "mean": (ops.sma, lambda w: math.fsum(w) / len(w), 1),
    "max": (ops.rolling_max, lambda w: float(w.max()), 1),
    "min": (ops.rolling_min, lambda w: float(w.min()), 1),
    "since max": (ops.bars_since_max, lambda w: last_place(w, w.max()), 1),
    "since min": (ops.bars_since_min, lambda w: last_place(w, w.min()), 1),
    "weighted": (ops.wma, lambda w: float(w @ weights(len(w))), 1),
    "deviation": (ops.std, lambda w: float(w.std(ddof=1)), 2),
    "mean deviation": (ops.mean_deviation, lambda w: float(abs(w - w.mean()).mean()), 1),
    "median": (lambda x, n: ops.quantile(x, n, 0.5), lambda w: float(np.median(w)), 1),
    "quantile": (lambda x, n: ops.quantile(x, n, 0.9), lambda w: float(np.quantile(w, 0.9)), 1),
    "rank": (ops.rank, lambda w: pd.Series(w).rank(pct=True).to_numpy()[-1], 1),
    "skewness": (ops.skewness, lambda w: moment(w, "skew") if w.std() > 0 else math.nan, 3),
    "kurtosis": (ops.kurtosis, lambda w: moment(w, "kurt") if w.std() > 0 else math.nan, 4),
    "lag": (lambda x, n: ops.lag(x, n), lambda w: float(w[0]), 0),
}

values = st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(math.nan)), min_size=1, max_size=60)


@pytest.mark.parametrize("name", CASES)
@given(x=values, window=st.integers(1, 9))
def test_a_window_of_small_numbers_with_ties_and_gaps_equals_brute_force(
    name: str, x: list[float], window: int
) -> None:
    make, function, least = CASES[name]
    window = max(window, least)
    series = np.array(x)
    expected = brute(series, window + 1 if name == "lag" else window, function)
    found = run(make(ops.close, window), series)
    if name in {"skewness", "kurtosis"}:
        # pandas calls a small deviation none; ours is none only if all values are equal.
        expected = np.where(np.isnan(expected), found, expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def long_series() -> Floats:
    """Five years of prices with one monstrous print in the middle."""
    random = np.random.default_rng(11)
    x: Floats = np.round(100.0 * np.exp(np.cumsum(0.002 * random.standard_normal(FIVE_YEARS))), 2)
    x[FIVE_YEARS // 2] = 1e13
    return x


@pytest.mark.parametrize("window", [7, 20, 200])
def test_sums_do_not_drift_in_five_years_and_forget_a_monstrous_print(long_series: Floats, window: int) -> None:
    found = run(ops.rolling_sum(ops.close, window), long_series)
    for row in range(window - 1, FIVE_YEARS, 37):
        exact = math.fsum(long_series[row - window + 1 : row + 1])
        assert abs(found[row] - exact) <= 1e-13 * exact


@pytest.mark.parametrize("window", [20, 130])
def test_deviations_do_not_drift_in_five_years_and_forget_a_monstrous_print(long_series: Floats, window: int) -> None:
    found = run(ops.std(ops.close, window), long_series)
    for row in range(window - 1, FIVE_YEARS, 101):
        exact = long_series[row - window + 1 : row + 1].std(ddof=1)
        assert abs(found[row] - exact) <= 1e-9 * exact


def test_a_running_total_of_five_years_is_the_exact_sum_rounded_once(long_series: Floats) -> None:
    found = run(ops.total(ops.close), long_series)
    for row in range(0, FIVE_YEARS, 211):
        assert found[row] == pytest.approx(math.fsum(long_series[: row + 1]), rel=1e-15)


def test_regression_on_the_bar_count_does_not_drift_in_five_years(long_series: Floats) -> None:
    prices = long_series.copy()
    prices[FIVE_YEARS // 2] = 100.0
    found = run(ops.beta(ops.close, ops.count_bars(ops.close), 60), prices)
    for row in range(FIVE_YEARS - 500, FIVE_YEARS, 23):
        exact = np.polyfit(np.arange(60.0), prices[row - 59 : row + 1], 1)[0]
        assert found[row] == pytest.approx(exact, rel=1e-8, abs=1e-10)


def test_equal_values_have_no_deviation_at_all() -> None:
    x = np.full(100, 0.1)
    assert set(run(ops.std(ops.close, 7), x)[6:]) == {0.0}
    assert np.isnan(run(ops.zscore(ops.close, 7), x)).all()
    assert np.isnan(run(ops.correlation(ops.close, ops.volume, 7), x)).all()


def test_windows_of_no_use_are_empty_not_wrong() -> None:
    x = np.arange(5.0)
    assert np.isnan(run(ops.sma(ops.close, 6), x)).all()
    assert np.isnan(run(ops.sma(ops.close, 2), np.full(5, np.nan))).all()
