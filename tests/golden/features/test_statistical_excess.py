"""Returns beyond the market against numpy and statsmodels; the last symbol plays the market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from qts_core.features import Catalogue
from qts_core.features.catalogue import excess
from qts_core.features.roles import SymbolRoles
from tests.golden.features.market_for_tests import SYMBOLS, Bars, Floats, Market, market_of

CATALOGUE = Catalogue(excess.FEATURES)
MARKET = len(SYMBOLS) - 1


def roles() -> SymbolRoles:
    columns: Mapping[str, Any] = {"market": np.full(len(SYMBOLS), MARKET)}
    return SymbolRoles(np.arange(len(SYMBOLS)) != MARKET, MappingProxyType(columns))


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE, roles())


def beyond(market: Market, bars: Bars) -> tuple[Floats, Floats]:
    """Return the market's return at the symbol's bars, and what the symbol made beyond it."""
    whole = np.full(len(market.panel), np.nan)
    whole[market.bars[MARKET].rows] = market.bars[MARKET].log_return
    its = whole[bars.rows]
    return its, bars.log_return - its


def alpha(y: Any, x: Any) -> float:
    return float(sm.OLS(y, sm.add_constant(x, has_constant="add")).fit().params[0])


def referee(market: Market, name: str) -> Floats:
    window = int(name.split("_")[2])

    def of(b: Bars) -> Floats:
        its, own = beyond(market, b)
        if "inforatio" in name:
            with np.errstate(invalid="ignore"):  # the market itself has neither
                return b.mean(own, window) / b.std(own, window)
        if "alpha" in name:
            return b.pairs(b.log_return, its, window, alpha)
        return b.sum(own, window)

    return market.scatter(of)


@pytest.mark.parametrize("name", [name for name in CATALOGUE.names if "alpha" not in name])
def test_feature_equals_its_referee(name: str, market: Market, agree: Callable[..., None]) -> None:
    agree(name, referee(market, name))


def test_alpha_is_the_intercept_of_least_squares(market: Market) -> None:
    name = "cross_alpha_260_market"
    found, expected = market.values[name][:, :MARKET], referee(market, name)[:, :MARKET]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)


def test_the_market_has_no_return_beyond_itself(market: Market) -> None:
    own = market.values["cross_excess_26_market"][:, MARKET]
    assert set(own[~np.isnan(own)]) == {0.0}
