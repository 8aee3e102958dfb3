"""The parts that the symbols of the small market play in the tests, and how a referee reads another symbol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from scipy import stats

from qts_core.features.roles import SymbolRoles
from tests.golden.features.market_for_tests import SYMBOLS, Bars, Floats, Market

PLAYERS: Mapping[str, int] = MappingProxyType(
    {"market": 5, "sector": 4, "volatility": 3, "rates": 2, "dollar": 1, "gold": 0}
)


def roles(counted: int = len(SYMBOLS)) -> SymbolRoles:
    """Return roles in which the first `counted` symbols are the universe's and every symbol reads the same players."""
    columns = {role: np.full(len(SYMBOLS), column) for role, column in PLAYERS.items()}
    return SymbolRoles(np.arange(len(SYMBOLS)) < counted, MappingProxyType(columns))


def of_role(market: Market, role: str, b: Bars, function: Callable[[Bars], Floats]) -> Floats:
    """Return a series of the symbol with a role on the bars of another."""
    player = market.bars[PLAYERS[role]]
    whole = np.full(len(market.panel), np.nan)
    whole[player.rows] = function(player)
    return whole[b.rows]


def across(values: Floats, function: Callable[[Floats], Floats]) -> Floats:
    """Apply `function` to the symbols present at each instant."""
    out = np.full(values.shape, np.nan)
    for row, line in enumerate(values):
        there = ~np.isnan(line)
        if there.any():
            out[row, there] = function(line[there])
    return out


def rank(x: Floats) -> Floats:
    return (stats.rankdata(x) - 0.5) / len(x)  # type: ignore[no-any-return]


def correlation(x: Floats, y: Floats) -> float:
    """Return Pearson's correlation, none where a series does not move."""
    return float(np.corrcoef(x, y)[0, 1]) if np.ptp(x) > 0.0 and np.ptp(y) > 0.0 else np.nan
