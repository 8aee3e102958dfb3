"""Distribution features against numpy, scipy, pandas and statsmodels on every window.

Conventions: deviations are sample ones; skewness and kurtosis are bias-corrected; quantiles are interpolated linearly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from qts_core.features import default_catalogue


def change(b: Any) -> Any:
    return b.before(b.close, lambda old, new: np.log(new / old))


def place(b: Any, x: Any, window: int) -> Any:
    return (x - b.mean(x, window)) / b.std(x, window)


def own_correlation(b: Any, x: Any) -> Any:
    return b.pairs(x, b.before(x, lambda old, _: old), 60, lambda p, q: float(np.corrcoef(p, q)[0, 1]))


def clock(b: Any) -> Any:
    return np.arange(len(b.close), dtype=float)


def line_fit(b: Any) -> Any:
    return b.pairs(b.close, clock(b), 60, lambda y, x: float(np.corrcoef(x, y)[0, 1] ** 2))


def line_distance(b: Any) -> Any:
    def last_residual(y: Any, x: Any) -> float:
        fit = sm.OLS(y, sm.add_constant(x - x[0])).fit()
        return float(fit.resid[-1] / np.sqrt(fit.mse_resid))

    return b.pairs(b.close, clock(b), 60, last_residual)


REFEREES: dict[str, Callable[[Any], Any]] = {
    "stat_zscore_20_close": lambda b: place(b, b.close, 20),
    "stat_zscore_60_close": lambda b: place(b, b.close, 60),
    "stat_zscore_60_return": lambda b: place(b, change(b), 60),
    "stat_skew_60_return": lambda b: b.roll(change(b), 60, lambda w: stats.skew(w, axis=1, bias=False)),
    "stat_kurt_60_return": lambda b: b.roll(change(b), 60, lambda w: stats.kurtosis(w, axis=1, bias=False)),
    "stat_quantile_100_p05": lambda b: b.roll(change(b), 100, lambda w: np.quantile(w, 0.05, axis=1)),
    "stat_quantile_100_p95": lambda b: b.roll(change(b), 100, lambda w: np.quantile(w, 0.95, axis=1)),
    "stat_median_60_distance": lambda b: b.close / b.roll(b.close, 60, lambda w: np.median(w, axis=1)) - 1.0,
    "stat_rank_100_close": lambda b: pd.Series(b.close).rolling(100).rank(pct=True).to_numpy(),
    "stat_meandev_20_return": lambda b: b.roll(
        change(b), 20, lambda w: np.abs(w - w.mean(axis=1, keepdims=True)).mean(axis=1)
    ),
    "stat_autocorr_60_return": lambda b: own_correlation(b, change(b)),
    "stat_volclustering_60_return": lambda b: own_correlation(b, abs(change(b))),
    "stat_trendfit_60_rsquared": line_fit,
    "stat_residual_60_zscore": line_distance,
}


@pytest.mark.parametrize("name", default_catalogue().groups["statistical_distribution"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])
