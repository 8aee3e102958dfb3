"""Tail features against numpy and scipy, and the definition on each window.

Conventions: a loss is positive; quantiles are interpolated linearly; expected shortfall counts the last value in part.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import stats

from qts_core.features import Catalogue
from qts_core.features.catalogue import tails
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(tails.FEATURES)
Referee = Callable[[Any], Any]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def over(window: int, function: Callable[[Any], Any]) -> Referee:
    """Apply a function to every window [K, window] of returns."""
    return lambda b: b.roll(b.log_return, window, function)


def bowley(w: Any) -> Any:
    low, middle, high = np.quantile(w, (0.25, 0.5, 0.75), axis=1)
    return ((high - middle) - (middle - low)) / (high - low)


def tail_weight(w: Any) -> Any:
    p10, p25, p75, p90 = np.quantile(w, (0.1, 0.25, 0.75, 0.9), axis=1)
    return (p90 - p10) / (p75 - p25)


def shortfall(level: float) -> Any:
    """Return the integral of the quantile function of the empirical distribution over the tail, over its mass."""

    def of(w: Any) -> Any:
        ordered = np.sort(w, axis=1)
        edges = np.arange(w.shape[1] + 1) / w.shape[1]
        weights = np.diff(np.minimum(edges, 1.0 - level))
        return -(ordered * weights).sum(axis=1) / (1.0 - level)

    return of


def hill(side: float, count: int) -> Any:
    def of(w: Any) -> Any:
        ordered = np.sort(side * w, axis=1)[:, ::-1]
        return np.log(ordered[:, :count]).mean(axis=1) - np.log(ordered[:, count])

    return of


def tail_ratio(w: Any) -> Any:
    low, high = np.quantile(w, (0.05, 0.95), axis=1)
    return high / -low


REFEREES: dict[str, Referee] = {
    "stat_mean_20_return": over(20, lambda w: w.mean(axis=1)),
    "stat_mean_130_return": over(130, lambda w: w.mean(axis=1)),
    "stat_variance_20_return": over(20, lambda w: w.var(axis=1, ddof=1)),
    "stat_variance_130_return": over(130, lambda w: w.var(axis=1, ddof=1)),
    "stat_skew_260_return": over(260, lambda w: stats.skew(w, axis=1, bias=False)),
    "stat_kurt_260_return": over(260, lambda w: stats.kurtosis(w, axis=1, bias=False)),
    **{
        f"stat_quantile_130_p{percent}": over(130, partial(np.quantile, q=percent / 100, axis=1))
        for percent in (10, 25, 50, 75, 90)
    },
    "stat_iqr_130_return": over(130, lambda w: stats.iqr(w, axis=1)),
    "stat_bowley_130_skew": over(130, bowley),
    "stat_tailweight_130_ratio": over(130, tail_weight),
    "stat_var_520_p95": over(520, lambda w: np.quantile(-w, 0.95, axis=1)),
    "stat_var_520_p99": over(520, lambda w: np.quantile(-w, 0.99, axis=1)),
    "stat_cvar_520_p95": over(520, shortfall(0.95)),
    "stat_cvar_520_p99": over(520, shortfall(0.99)),
    "stat_hill_520_loss": over(520, hill(-1.0, 26)),
    "stat_hill_520_gain": over(520, hill(1.0, 26)),
    "stat_tailratio_520_p95": over(520, tail_ratio),
    "stat_worst_130_deviations": over(130, lambda w: w.min(axis=1) / w.std(axis=1, ddof=1)),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])


def test_shortfall_is_never_below_value_at_risk(market: Market) -> None:
    for level in ("p95", "p99"):
        risk, mean_loss = market.values[f"stat_var_520_{level}"], market.values[f"stat_cvar_520_{level}"]
        there = ~np.isnan(risk)
        assert (mean_loss[there] >= risk[there] - 1e-15).all()
