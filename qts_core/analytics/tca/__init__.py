"""Transaction cost analysis: what orders cost against the market, by order, symbol and algorithm (11.3, 12.3)."""

from __future__ import annotations

from qts_core.analytics.tca.analysis import Tca, analyse
from qts_core.analytics.tca.groups import BenchmarkCost, CostGroup
from qts_core.analytics.tca.measure import Benchmark, OrderCost, measure
from qts_core.analytics.tca.model_fit import ModelFit
from qts_core.analytics.tca.shortfall import Shortfall
from qts_core.analytics.tca.trade import MarketWindow, ParentTrade

__all__ = [
    "Benchmark",
    "BenchmarkCost",
    "CostGroup",
    "MarketWindow",
    "ModelFit",
    "OrderCost",
    "ParentTrade",
    "Shortfall",
    "Tca",
    "analyse",
    "measure",
]
