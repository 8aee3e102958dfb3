"""What each feature looks like on the synthetic market, drawn in a line of text for the reference pages.

The market is made from a seed, and the values are the same bits on one thread or many, so the pages are, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from qts_core.features.block import FeatureBlock
from qts_core.features.engine import FeatureEngine
from qts_core.features.roles import ROLES, SymbolRoles
from qts_core.features.sketch import sparkline
from qts_core.features.spec import Catalogue
from qts_core.market.panel import Panel

__all__ = ["SKETCH_BARS", "sketch_panel", "sketches"]

SKETCH_BARS = 520
"""The last bars of the market, twenty sessions: each of 26 characters is the mean of twenty bars."""
FIRST, LAST = date(2024, 1, 2), date(2024, 3, 28)
SYMBOLS, SEED = 8, 7


@lru_cache(maxsize=1)
def sketch_panel() -> Panel:
    """Return three months of eight symbols of the synthetic market."""
    from qts_core.data.panels import bars_to_panel
    from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
    from qts_core.market.calendar import xnys
    from qts_core.market.timeline import Timeline

    market = synthetic_market(SyntheticMarketSettings(symbols=SYMBOLS, first=FIRST, last=LAST, seed=SEED))
    symbols = tuple(sorted(market.bars["symbol"].unique().to_list()))
    line = Timeline.between(xnys(), FIRST, LAST)
    return bars_to_panel(market.bars, market.corporate_actions, timeline=line, symbols=symbols)


@lru_cache(maxsize=4)
def sketches(catalogue: Catalogue) -> Mapping[str, str]:
    """Return one line of text for every feature: its values of the first symbol on the last bars of the market."""
    panel = sketch_panel()
    last = len(panel.symbols) - 1
    columns = {role: np.full(len(panel.symbols), last - i % 4) for i, role in enumerate(ROLES)}
    roles = SymbolRoles(np.ones(len(panel.symbols), dtype=bool), MappingProxyType(columns))
    values = FeatureEngine(catalogue, panel.symbols, roles=roles).push(FeatureBlock.of(panel))
    drawn = {name: sparkline(each[-SKETCH_BARS:, 0]) for name, each in zip(catalogue.names, values, strict=True)}
    return MappingProxyType(drawn)
