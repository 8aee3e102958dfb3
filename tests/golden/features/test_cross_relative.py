"""The symbol against market and sector, by numpy, pandas, TA-Lib and statsmodels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import talib

from qts_core.features import Catalogue
from qts_core.features.catalogue import relative
from tests.golden.features.market_for_tests import Bars, Floats, Market, market_of
from tests.golden.features.roles_for_tests import PLAYERS, correlation, of_role, roles

CATALOGUE = Catalogue(relative.FEATURES)
Referee = Callable[[Market, Bars], Floats]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE, roles())


def returns(b: Bars) -> Floats:
    return b.log_return


def other(m: Market, b: Bars, role: str = "market") -> Floats:
    return of_role(m, role, b, returns)


def line(m: Market, b: Bars, role: str) -> Floats:
    return np.log(b.close / of_role(m, role, b, lambda x: x.close))


def strength(m: Market, b: Bars, role: str, bars: int) -> Floats:
    x = line(m, b, role)
    return x - b.mean(x, bars)


def slope(y: Floats, x: Floats) -> float:
    return float(np.polyfit(x, y, 1)[0]) if np.ptp(x) > 0.0 else np.nan


def beta(m: Market, b: Bars, role: str, bars: int) -> Floats:
    return b.pairs(b.log_return, other(m, b, role), bars, slope)


def one_sided(m: Market, b: Bars, side: float) -> Floats:
    its = other(m, b)
    found = b.pairs(b.log_return, np.where(side * its > 0.0, its, np.nan), 130, slope)
    return np.asarray(pd.Series(found).ffill(), dtype=float)


def error(y: Floats, x: Floats) -> float:
    return float(np.sqrt(sm.OLS(y, sm.add_constant(x)).fit().mse_resid))


def residual(m: Market, b: Bars) -> Floats:
    known = beta(m, b, "market", 260)
    there = np.flatnonzero(~np.isnan(known))
    before = np.full(len(known), np.nan)
    before[there[1:]] = known[there[:-1]]
    return b.sum(b.log_return - before * other(m, b), 130)


def busy(b: Bars) -> Floats:
    return b.volume / b.mean(b.volume, 26)


def rsi(b: Bars) -> Floats:
    found: Floats = talib.RSI(b.close, 14)
    return found


def wild(b: Bars) -> Floats:
    return b.std(b.log_return, 130)


REFEREES: dict[str, Referee] = {
    "cross_strength_26_market": lambda m, b: strength(m, b, "market", 26),
    "cross_strength_130_market": lambda m, b: strength(m, b, "market", 130),
    "cross_strength_130_sector": lambda m, b: strength(m, b, "sector", 130),
    "cross_excess_26_sector": lambda m, b: b.sum(b.log_return - other(m, b, "sector"), 26),
    "cross_excess_130_sector": lambda m, b: b.sum(b.log_return - other(m, b, "sector"), 130),
    "cross_sector_130_market": lambda m, b: b.sum(other(m, b, "sector") - other(m, b), 130),
    "cross_marketbeta_130_slope": lambda m, b: beta(m, b, "market", 130),
    "cross_marketbeta_520_slope": lambda m, b: beta(m, b, "market", 520),
    "cross_marketbeta_130_change": lambda m, b: beta(m, b, "market", 130) - beta(m, b, "market", 520),
    "cross_sectorbeta_260_slope": lambda m, b: beta(m, b, "sector", 260),
    "cross_downbeta_130_slope": lambda m, b: one_sided(m, b, -1.0),
    "cross_downbeta_130_gap": lambda m, b: one_sided(m, b, -1.0) - one_sided(m, b, 1.0),
    "cross_marketcorr_130_correlation": lambda m, b: b.pairs(b.log_return, other(m, b), 130, correlation),
    "cross_sectorcorr_130_correlation": lambda m, b: b.pairs(b.log_return, other(m, b, "sector"), 130, correlation),
    "cross_marketidio_260_std": lambda m, b: b.pairs(b.log_return, other(m, b), 260, error),
    "cross_residual_130_market": residual,
    "cross_volume_26_market": lambda m, b: busy(b) / of_role(m, "market", b, busy) - 1.0,
    "cross_volatility_130_market": lambda m, b: np.log(wild(b) / of_role(m, "market", b, wild)),
    "cross_rsi_14_market": lambda m, b: rsi(b) - of_role(m, "market", b, rsi),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, market: Market) -> None:
    """Of a player against itself little is left but rounding: the other symbols are compared."""
    found, others = market.values[name], [c for c in range(6) if c not in (PLAYERS["market"], PLAYERS["sector"])]
    for column in others:
        b = market.bars[column]
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = REFEREES[name](market, b)
        expected = np.where(np.isfinite(expected), expected, np.nan)
        np.testing.assert_array_equal(np.isnan(found[b.rows, column]), np.isnan(expected), err_msg="gaps")
        scale = np.nanmedian(abs(expected))
        np.testing.assert_allclose(found[b.rows, column], expected, rtol=1e-8, atol=1e-9 * scale)


def test_the_market_has_a_beta_of_one_and_no_strength_against_itself(market: Market) -> None:
    column = PLAYERS["market"]
    for name, expected in {"cross_marketbeta_130_slope": 1.0, "cross_strength_26_market": 0.0}.items():
        found = market.values[name][:, column]
        np.testing.assert_allclose(found[~np.isnan(found)], expected, atol=1e-12)
