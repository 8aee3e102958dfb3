"""One worked order and the market in its window: what transaction cost analysis is given."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

import numpy as np

from qts_core.market.bars import BarSlice
from qts_core.market.errors import OrderSubmissionError
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution, OrderSide
from qts_core.market.panel import Floats

__all__ = ["MarketWindow", "ParentTrade"]


@dataclass(frozen=True, eq=False)
class MarketWindow:
    """Bars of one symbol from an order's arrival to its end; float64 [n], USD and shares, bars without trades left out.

    The market's VWAP is known only as far as bars tell: the estimate takes (high + low + close) / 3 of each, the true
    one lies between the means of the lows and of the highs.
    """

    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @classmethod
    def of(cls, bars: Iterable[BarSlice], symbol: str) -> MarketWindow:
        """Return the window of `symbol` in `bars`, oldest first."""
        rows = []
        for one in bars:
            column = one.symbols.index(symbol)
            if not math.isnan(one.close[column]):
                rows.append([float(field[column]) for field in (one.high, one.low, one.close, one.volume)])
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        return cls(table[:, 0], table[:, 1], table[:, 2], np.nan_to_num(table[:, 3]))

    @cached_property
    def traded(self) -> float:
        """Shares that the market traded."""
        return float(self.volume.sum())

    @property
    def vwap(self) -> float:
        """Estimated volume-weighted price; NaN without volume."""
        return self._weighted((self.high + self.low + self.close) / 3)

    @property
    def vwap_bounds(self) -> tuple[float, float]:
        """Between what the true volume-weighted price lies."""
        return self._weighted(self.low), self._weighted(self.high)

    @property
    def twap(self) -> float:
        """Mean close; NaN without bars."""
        return float(self.close.mean()) if len(self.close) else math.nan

    def _weighted(self, prices: Floats) -> float:
        return float(prices @ self.volume / self.traded) if self.traded > 0 else math.nan


@dataclass(frozen=True, slots=True)
class ParentTrade:
    """One order from the decision to the end of its window.

    Attributes
    ----------
    parent_id, symbol, algorithm : str
    side : OrderSide
    quantity : Decimal
        Shares that were to be traded.
    decided_at, arrived_at, ended_at : datetime
        The decision, the first child's leaving, the end of the window.
    decision_price, arrival_price, end_price : Decimal
        The market's price at each, USD.
    executions : tuple of Execution
        Fills of all children.
    market : MarketWindow, optional
        Bars between arrival and end.
    close_price : Decimal, optional
        The session's close, USD.
    expected_bps, expected_risk_bps : float, optional
        What the cost model said before: trading cost and its standard deviation against arrival.
    is_divided : bool
        Whether fills came from bars divided by an assumed profile (X-36).
    """

    parent_id: str
    symbol: str
    side: OrderSide
    algorithm: str
    quantity: Decimal
    decided_at: datetime
    arrived_at: datetime
    ended_at: datetime
    decision_price: Decimal
    arrival_price: Decimal
    end_price: Decimal
    executions: tuple[Execution, ...] = ()
    market: MarketWindow | None = None
    close_price: Decimal | None = None
    expected_bps: float | None = None
    expected_risk_bps: float | None = None
    is_divided: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be measured.

        Raises
        ------
        OrderSubmissionError
            QTS-EXEC-060: no quantity, no price, more filled than asked, or a fill of something else.
        """
        prices = (self.decision_price, self.arrival_price, self.end_price)
        is_foreign = any(e.symbol != self.symbol or e.side is not self.side for e in self.executions)
        if self.quantity <= 0 or min(prices) <= 0 or self.filled > self.quantity or is_foreign:
            raise OrderSubmissionError(
                "QTS-EXEC-060", "a trade cannot be measured", where=self.parent_id,
                found=f"{self.filled} of {self.quantity} shares at prices {', '.join(map(str, prices))}",
                expected="prices above 0 and fills of this symbol and side within the quantity",
            )  # fmt: skip

    @property
    def filled(self) -> Decimal:
        """Shares that were traded."""
        return sum((e.quantity for e in self.executions), ZERO)

    @property
    def paid(self) -> Decimal:
        """Sum of quantity times price, USD."""
        return sum((e.quantity * e.price for e in self.executions), ZERO)

    @property
    def fees(self) -> Decimal:
        """Commissions and fees, USD."""
        return sum((e.commission for e in self.executions), ZERO)
