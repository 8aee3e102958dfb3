"""The market of the golden tests and the judge that compares features with their referees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qts_core.features import default_catalogue
from qts_core.features.store import compute_panel
from tests.golden.features.market_for_tests import SYMBOLS, Bars, Floats, Market, bars_of, make_panel


@pytest.fixture(scope="session")
def market() -> Market:
    panel = make_panel()
    result = compute_panel(panel, default_catalogue())
    values = {name: result.values[index] for index, name in enumerate(result.names)}
    return Market(panel, tuple(bars_of(panel, column) for column in range(len(SYMBOLS))), values)


@pytest.fixture(scope="session")
def agree(market: Market) -> Callable[..., None]:
    """Return a judge: the feature equals the referee wherever either has a value, and both have the same gaps."""

    def judge(name: str, referee: Callable[[Bars], Floats] | Floats, *, tolerance: float = 1e-9) -> None:
        expected = referee if isinstance(referee, np.ndarray) else market.scatter(referee)
        found = market.values[name]
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), err_msg=f"{name}: gaps")
        scale = np.nanmedian(np.abs(expected))
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * max(scale, 1e-12), err_msg=name)

    return judge
