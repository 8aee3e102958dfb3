"""Rolling scalers against numpy, pandas, scipy and scikit-learn on every window; the same bits under any chunking."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm, rankdata
from sklearn.preprocessing import MinMaxScaler, RobustScaler

from qts_core.features import FeatureBlock, FeatureEngine, Plan, ops
from qts_core.features.kernels.elementwise import normal_quantile

Floats = NDArray[np.float64]

WINDOW = 13
SCALERS = {
    "zscore": ops.zscore,
    "min_max": ops.min_max,
    "robust_zscore": ops.robust_zscore,
    "quantile_uniform": ops.quantile_uniform,
    "quantile_normal": ops.quantile_normal,
}
PLAN = Plan.of({**{name: make(ops.close, WINDOW) for name, make in SCALERS.items()}, "log": ops.log_return(ops.close)})


def blocks(close: Floats, cuts: list[int]) -> list[FeatureBlock]:
    """Cut one symbol's closes into blocks."""
    bars = np.repeat(close[None, :, None], 5, axis=0)
    edges = [0, *cuts, len(close)]
    return [
        FeatureBlock(np.arange(a, b), np.ascontiguousarray(bars[:, a:b]), np.zeros((11, b - a)))
        for a, b in pairwise(edges)
    ]


def run(close: Floats, cuts: list[int] | None = None) -> dict[str, Floats]:
    engine = FeatureEngine(PLAN, ("A",))
    values = np.concatenate([engine.push(block) for block in blocks(close, cuts or [])], axis=1)
    return dict(zip(engine.names, values[:, :, 0], strict=True))


def brute(x: Floats, function: Callable[[Floats], float]) -> Floats:
    """Apply `function` to the last values that exist, where one does."""
    out = np.full(len(x), np.nan)
    there = np.flatnonzero(~np.isnan(x))
    for i in range(WINDOW - 1, len(there)):
        out[there[i]] = function(x[there[i - WINDOW + 1 : i + 1]])
    return out


def scaled_last(scaler: MinMaxScaler | RobustScaler) -> Callable[[Floats], float]:
    """Return a referee that fits scikit-learn's scaler on the window and scales its last value."""
    return lambda w: float(scaler.fit(w[:, None]).transform(w[-1:, None])[0, 0])


REFEREES: dict[str, Callable[[Floats], float]] = {
    "zscore": lambda w: float((w[-1] - w.mean()) / w.std(ddof=1)),
    "min_max": scaled_last(MinMaxScaler()),
    "robust_zscore": scaled_last(RobustScaler()),
    "quantile_uniform": lambda w: float((rankdata(w)[-1] - 0.5) / len(w)),
    "quantile_normal": lambda w: float(norm.ppf((rankdata(w)[-1] - 0.5) / len(w))),
}


def walk(seed: int, rows: int = 300) -> Floats:
    """A price path in cents with missing bars and equal prices."""
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(0.002 * rng.standard_normal(rows))), 2)
    close[rng.random(rows) < 0.05] = np.nan
    return close


@pytest.mark.parametrize("name", REFEREES)
def test_every_window_equals_the_referee(name: str) -> None:
    close = walk(1)
    np.testing.assert_allclose(run(close)[name], brute(close, REFEREES[name]), rtol=1e-9, atol=1e-10)


def test_log_returns_equal_pandas() -> None:
    close = walk(2)
    prices = pd.Series(close).dropna()
    expected = pd.Series(np.nan, index=range(len(close)))
    expected[prices.index] = pd.Series(np.log(prices.to_numpy()), index=prices.index).diff()
    np.testing.assert_allclose(run(close)["log"], expected.to_numpy(), rtol=1e-9, atol=1e-14)


@given(st.lists(st.integers(1, 299), max_size=12, unique=True), st.integers(0, 50))
def test_the_bits_do_not_depend_on_how_time_is_cut(cuts: list[int], seed: int) -> None:
    close = walk(seed)
    whole, cut = run(close), run(close, sorted(cuts))
    for name, values in whole.items():
        np.testing.assert_array_equal(cut[name], values, err_msg=name)


@given(st.integers(WINDOW, 298), st.integers(0, 50))
def test_the_future_changes_nothing(row: int, seed: int) -> None:
    close = walk(seed)
    altered = close.copy()
    altered[row:] *= 3.0
    for name, values in run(altered).items():
        np.testing.assert_array_equal(values[:row], run(close)[name][:row], err_msg=name)


def test_equal_values_have_no_scale() -> None:
    flat = run(np.full(40, 12.34))
    for name in ("zscore", "min_max", "robust_zscore"):
        assert np.isnan(flat[name]).all(), name
    np.testing.assert_array_equal(flat["quantile_uniform"][WINDOW - 1 :], 0.5)
    np.testing.assert_array_equal(flat["quantile_normal"][WINDOW - 1 :], 0.0)


def test_bounds_hold() -> None:
    for seed in range(20):
        values = run(walk(seed))
        assert np.nanmin(values["min_max"]) == 0.0
        assert np.nanmax(values["min_max"]) == 1.0
        assert np.nanmin(values["quantile_uniform"]) > 0.0
        assert np.nanmax(values["quantile_uniform"]) < 1.0
        assert np.nanmax(np.abs(values["quantile_normal"])) <= norm.ppf(1 - 0.5 / WINDOW) + 1e-12


@given(st.floats(1e-12, 1 - 1e-12))
def test_the_normal_quantile_equals_scipy(probability: float) -> None:
    assert quantile(probability) == pytest.approx(norm.ppf(probability), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("outside", [0.0, 1.0, -0.5, 2.0, np.nan])
def test_what_is_no_probability_has_no_quantile(outside: float) -> None:
    assert np.isnan(quantile(outside))


def quantile(probability: float) -> float:
    out = np.empty((1, 1))
    normal_quantile(np.full((1, 1), probability), out)
    return float(out[0, 0])
