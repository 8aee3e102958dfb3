"""One order against the market: its mean price beside arrival, VWAP, TWAP and close (12.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from qts_core.analytics.tca.shortfall import BPS, Shortfall, shortfall
from qts_core.analytics.tca.trade import ParentTrade

__all__ = ["Benchmark", "OrderCost", "measure"]


class Benchmark(StrEnum):
    """Prices that an order is held against."""

    ARRIVAL = "arrival"
    VWAP = "vwap"
    TWAP = "twap"
    CLOSE = "close"
    SHORTFALL = "shortfall"
    """The decision's price, for the whole quantity and with fees."""


@dataclass(frozen=True, slots=True)
class OrderCost:
    """What one order cost; basis points, positive = worse than the benchmark, NaN = not known.

    Attributes
    ----------
    parent_id, symbol, algorithm, side : str
    quantity, filled : Decimal
    average_price : float
        USD; NaN when nothing filled.
    slippage_bps : mapping of Benchmark to float
    vwap_bounds_bps : tuple of float
        Between what the slippage against the true VWAP lies: bars tell no more.
    shortfall : Shortfall
    drift_bps : float
        The market's own way from arrival to the window's VWAP, in the order's direction; slippage against arrival less
        this is near what the order did itself.
    participation : float
        Filled over the market's volume.
    expected_bps, expected_risk_bps : float
        What the model said before.
    is_divided : bool
        Whether prices within bars were assumed (X-36).
    """

    parent_id: str
    symbol: str
    algorithm: str
    side: str
    quantity: Decimal
    filled: Decimal
    average_price: float
    slippage_bps: Mapping[Benchmark, float]
    vwap_bounds_bps: tuple[float, float]
    shortfall: Shortfall
    drift_bps: float
    participation: float
    expected_bps: float
    expected_risk_bps: float
    is_divided: bool

    @property
    def notional(self) -> float:
        """Filled shares times their mean price, USD."""
        return float(self.filled) * self.average_price if self.filled else 0.0

    def weight(self, benchmark: Benchmark) -> float:
        """Return the USD that the slippage is a ratio of, for means by size."""
        return float(self.shortfall.notional) if benchmark is Benchmark.SHORTFALL else self.notional


def measure(trade: ParentTrade) -> OrderCost:
    """Return what `trade` cost."""
    market = trade.market
    average = float(trade.paid / trade.filled) if trade.filled else math.nan
    arrival = float(trade.arrival_price)
    vwap = market.vwap if market is not None else math.nan
    low, high = market.vwap_bounds if market is not None else (math.nan, math.nan)
    sign = trade.side.sign

    def against(price: float) -> float:
        return sign * (average / price - 1) * BPS

    bounds = sorted((against(low), against(high)))
    found = shortfall(trade)
    slippage = {
        Benchmark.ARRIVAL: against(arrival),
        Benchmark.VWAP: against(vwap),
        Benchmark.TWAP: against(market.twap if market is not None else math.nan),
        Benchmark.CLOSE: against(math.nan if trade.close_price is None else float(trade.close_price)),
        Benchmark.SHORTFALL: found.total_bps,
    }
    return OrderCost(
        trade.parent_id, trade.symbol, trade.algorithm, trade.side.value, trade.quantity, trade.filled, average,
        MappingProxyType(slippage), (bounds[0], bounds[1]), found, sign * (vwap / arrival - 1) * BPS,
        float(trade.filled) / market.traded if market is not None and market.traded else math.nan,
        math.nan if trade.expected_bps is None else trade.expected_bps,
        math.nan if trade.expected_risk_bps is None else trade.expected_risk_bps,
        trade.is_divided,
    )  # fmt: skip
