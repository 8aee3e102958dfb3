"""Correlations with other markets, by numpy and by the residuals of statsmodels' regressions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm

from qts_core.features import Catalogue
from qts_core.features.catalogue import intermarket
from tests.golden.features.market_for_tests import Bars, Floats, Market, market_of
from tests.golden.features.roles_for_tests import PLAYERS, correlation, of_role, roles

CATALOGUE = Catalogue(intermarket.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE, roles())


def returns(b: Bars) -> Floats:
    return b.log_return


def change(b: Bars, other: Floats) -> Floats:
    short, long = (b.pairs(b.log_return, other, bars, correlation) for bars in (130, 520))
    return np.asarray((np.arctanh(short) - np.arctanh(long)) / np.sqrt(1.0 / 127.0 + 1.0 / 517.0))


def residuals(y: Floats, x: Floats) -> Floats:
    found: Floats = sm.OLS(y, sm.add_constant(x)).fit().resid
    return found


def partial(b: Bars, other: Floats, market: Floats) -> Floats:
    """Each correlation has its own last 130 pairs; where all three series exist these are the same bars."""
    out = np.full(len(other), np.nan)
    inputs = np.column_stack([b.log_return, other, market])
    for i in range(130, len(out)):
        window = inputs[i - 129 : i + 1]
        if not np.isnan(window).any():
            left, right = residuals(window[:, 0], window[:, 2]), residuals(window[:, 1], window[:, 2])
            out[i] = np.corrcoef(left, right)[0, 1]
    return out


def slope(y: Floats, x: Floats) -> float:
    return float(np.polyfit(x, y, 1)[0])


def referee(m: Market, name: str, b: Bars) -> Floats:
    role = next(role for role in PLAYERS if name.split("_")[1].startswith(role))
    kind, window, what = name.split("_")[1][len(role) :], int(name.split("_")[2]), name.split("_")[3]
    other = of_role(m, role, b, returns)
    if kind == "lead":
        before = of_role(m, role, b, lambda p: p.before(p.log_return, lambda was, _: was))
        return b.pairs(b.log_return, before, window, correlation)
    if kind == "beta":
        return b.pairs(b.log_return, other, window, slope)
    if what == "change":
        return change(b, other)
    if what == "partial":
        return partial(b, other, of_role(m, "market", b, returns))
    return b.pairs(b.log_return, other, window, correlation)


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, market: Market, agree: Callable[..., None]) -> None:
    role = next(role for role in PLAYERS if name.split("_")[1].startswith(role))
    for column in sorted(set(range(6)) - {PLAYERS[role], PLAYERS["market"]}):
        b = market.bars[column]
        found, expected = market.values[name][b.rows, column], referee(market, name, b)
        if name.endswith("partial"):
            there = ~np.isnan(expected)
            assert there.any() or column == PLAYERS["volatility"]
            np.testing.assert_allclose(found[there], expected[there], rtol=1e-8, atol=1e-10)
        else:
            np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
            np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)
