"""Reversion features against statsmodels on every window, or on the window of each refresh.

Conventions: one bar is one unit of time; the persistence is held inside [0.001, 0.999] before speed, noise and distance
are made of it. The tests of stationarity have a constant and fixed lags.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
import talib
from statsmodels.tools.sm_exceptions import InterpolationWarning
from statsmodels.tsa.stattools import adfuller, kpss

from qts_core.features import Catalogue
from qts_core.features.catalogue import reversion
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(reversion.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def path(b: Any) -> Any:
    return np.log(b.close)


def before(b: Any) -> Any:
    return b.before(path(b), lambda old, _: old)


FITS: dict[tuple[int, int], Any] = {}


def fits(b: Any, window: int) -> Any:
    """Return, by row, the regression of x on the value before and the latest x, both from the window's mean."""
    if (id(b), window) not in FITS:
        found = {}
        now, then = path(b), before(b)
        for last in range(window, len(now)):
            x, y = then[last - window + 1 : last + 1], now[last - window + 1 : last + 1]
            level = x.mean()
            found[last] = sm.OLS(y - level, sm.add_constant(x - level)).fit(), float(y[-1] - level)
        FITS[id(b), window] = found
    return FITS[id(b), window]


def fitted(window: int, function: Callable[[Any, float], float]) -> Callable[[Any], Any]:
    """Apply a function to every window's regression and latest value."""

    def of(b: Any) -> Any:
        out = np.full(len(b.close), np.nan)
        for row, (fit, now) in fits(b, window).items():
            out[row] = function(fit, now)
        return out

    return of


def held(fit: Any) -> float:
    return float(np.clip(fit.params[1], 0.001, 0.999))


def pull(fit: Any, now: float) -> float:
    return float((fit.params[0] + fit.params[1] * now - now) / np.sqrt(fit.mse_resid))


def noise(fit: Any, _: float) -> float:
    """Return sigma from the residual variance ``sigma^2 (1 - exp(-2 speed)) / (2 speed)``."""
    speed = -np.log(held(fit))
    return float(np.sqrt(fit.mse_resid * 2.0 * speed / (1.0 - np.exp(-2.0 * speed))))


def distance(fit: Any, now: float) -> float:
    """Return the distance in stationary deviations; where nothing is held it is ``(x - level) / deviation``."""
    slope = held(fit)
    stationary = np.sqrt(fit.mse_resid / (1.0 - slope**2))
    if slope == fit.params[1]:
        return float((now - fit.params[0] / (1.0 - slope)) / stationary)
    return float(-pull(fit, now) * np.sqrt(fit.mse_resid) / (1.0 - slope) / stationary)


def half_life(fit: Any, _: float) -> float:
    return float(np.log(0.5) / np.log(held(fit)))


def strength(b: Any) -> Any:
    change = b.before(path(b), lambda old, new: new - old)
    return b.pairs(change, before(b), 130, lambda y, x: -float(np.corrcoef(y, x)[0, 1]))


def crossings(b: Any) -> Any:
    mean = talib.EMA(b.close, 20)
    side = np.where(np.isnan(mean), np.nan, np.sign(b.close - mean))
    return b.mean(b.before(side, lambda old, new: abs(new - old) / 2.0), 60)


def dickey_fuller(w: Any, lags: int) -> float:
    return float(adfuller(w, maxlag=lags, autolag=None, regression="c", result_object=True).statistic)


def kwiatkowski(w: Any) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InterpolationWarning)
        return float(kpss(w, regression="c", nlags=10, result_object=True).statistic)


def stationary(w: Any) -> float:
    return float(dickey_fuller(w, 4) < -2.86) - float(kwiatkowski(w) > 0.463)


REFEREES: dict[str, Callable[[Any], Any]] = {
    "stat_ou_130_persistence": fitted(130, lambda fit, _: float(fit.params[1])),
    "stat_ou_130_speed": fitted(130, lambda fit, _: -float(np.log(held(fit)))),
    "stat_ou_130_halflife": fitted(130, half_life),
    "stat_ou_520_halflife": fitted(520, half_life),
    "stat_ou_130_noise": fitted(130, noise),
    "stat_ou_130_pull": fitted(130, pull),
    "stat_ou_130_distance": fitted(130, distance),
    "stat_ou_520_distance": fitted(520, distance),
    "stat_reversion_130_strength": strength,
    "stat_dickeyfuller_130_t": lambda b: b.roll(
        path(b), 131, lambda windows: np.array([dickey_fuller(w, 0) for w in windows])
    ),
    "stat_meancross_60_fraction": crossings,
    "stat_adf_260_t": lambda b: b.scheduled(path(b), 260, 52, lambda w: dickey_fuller(w, 4)),
    "stat_kpss_260_statistic": lambda b: b.scheduled(path(b), 260, 52, kwiatkowski),
    "stat_stationary_260_sign": lambda b: b.scheduled(path(b), 260, 52, stationary),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name], tolerance=1e-8)


def test_both_verdicts_and_their_conflict_occur(market: Market) -> None:
    sign = market.values["stat_stationary_260_sign"]
    assert set(sign[~np.isnan(sign)]) == {-1.0, 0.0, 1.0}
