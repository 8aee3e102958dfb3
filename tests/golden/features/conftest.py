"""The market of the golden tests and the judge that compares features with their referees.

A module whose features are of another group has its own fixture `market`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qts_core.config.features import CORE_GROUPS
from qts_core.features import default_catalogue
from tests.golden.features.market_for_tests import Bars, Floats, Market, market_of


@pytest.fixture(scope="session")
def market() -> Market:
    return market_of(default_catalogue().subset(groups=CORE_GROUPS))


@pytest.fixture(scope="module")
def agree(market: Market) -> Callable[..., None]:
    """Return a judge: the feature equals the referee wherever either has a value, and both have the same gaps."""

    def judge(name: str, referee: Callable[[Bars], Floats] | Floats, *, tolerance: float = 1e-9) -> None:
        expected = referee if isinstance(referee, np.ndarray) else market.scatter(referee)
        found = market.values[name]
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), err_msg=f"{name}: gaps")
        scale = np.nanmedian(np.abs(expected))
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * max(scale, 1e-12), err_msg=name)

    return judge
