"""Dependence features against statsmodels and numpy on the window of each refresh.

Scheduled ones are computed when the window is first full and at every `every`-th return after; they are compared at
every bar, the value being the referee's at the last refresh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.stattools import pacf

from qts_core.features import Catalogue
from qts_core.features.catalogue import dependence
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(dependence.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def correlation(x: Any, lags: int) -> Callable[[Any], Any]:
    """Return the correlation of 260 values with those `lags` before."""

    def of(b: Any) -> Any:
        series = x(b)
        return b.pairs(series, b.before(series, lambda old, _: old, lags), 260, pearson)

    return of


def pearson(p: Any, q: Any) -> float:
    return float(np.corrcoef(p, q)[0, 1])


def returns(b: Any) -> Any:
    return b.log_return


def ljung_box(column: str, power: int) -> Callable[[Any], float]:
    return lambda w: float(acorr_ljungbox(w**power, lags=[10])[column].iloc[0])


def ratio(bars: int) -> Callable[[Any], Any]:
    def of(b: Any) -> Any:
        longer = b.before(b.close, lambda old, new: np.log(new / old), bars)
        return b.std(longer, 260) ** 2 / b.std(b.log_return, 260) ** 2 / bars

    return of


def hurst(w: Any) -> float:
    """Regress log mean R/S on log length; numpy's own sums, pieces from the end."""
    lengths = [16, 32, 64, 128, 256, 512]
    means = []
    for length in lengths:
        pieces = w[len(w) % length :].reshape(-1, length)
        walk = np.cumsum(pieces - pieces.mean(axis=1, keepdims=True), axis=1)
        walk = np.hstack([np.zeros((len(walk), 1)), walk])
        means.append(np.mean((walk.max(axis=1) - walk.min(axis=1)) / pieces.std(axis=1)))
    return float(np.polyfit(np.log(lengths), np.log(means), 1)[0])


def scheduled(window: int, every: int, function: Callable[[Any], float]) -> Callable[[Any], Any]:
    return lambda b: b.scheduled(b.log_return, window, every, function)


REFEREES: dict[str, Callable[[Any], Any]] = {
    **{f"stat_acf_260_lag{k}": correlation(returns, k) for k in (1, 2, 3, 4, 5, 10, 13, 20, 26)},
    **{f"stat_sizeacf_260_lag{k}": correlation(lambda b: abs(b.log_return), k) for k in (1, 5, 26)},
    **{
        f"stat_pacf_260_lag{k}": scheduled(260, 52, lambda w, k=k: float(pacf(w, nlags=k, method="ldb")[k]))  # type: ignore[misc]  # a default binds the loop's value
        for k in (2, 3, 5)
    },
    "stat_ljungbox_260_statistic": scheduled(260, 52, ljung_box("lb_stat", 1)),
    "stat_ljungbox_260_probability": scheduled(260, 52, ljung_box("lb_pvalue", 1)),
    "stat_mcleodli_260_statistic": scheduled(260, 52, ljung_box("lb_stat", 2)),
    "stat_mcleodli_260_probability": scheduled(260, 52, ljung_box("lb_pvalue", 2)),
    **{f"stat_varianceratio_260_of{bars}": ratio(bars) for bars in (2, 5, 26)},
    "stat_hurst_512_exponent": scheduled(512, 128, hurst),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])
