"""Fills and round trips as a backtest reports them (specification 11.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qts_core.market.light import light
from qts_core.market.orders import OrderSide

__all__ = ["FillRecord", "RoundTrip"]


@light
@dataclass(frozen=True, slots=True)
class FillRecord:
    """One execution with its costs; money in USD, costs positive when paid.

    Attributes
    ----------
    reference_price : Decimal
        The market's price that the costs are measured against: the open of the bar that filled it.
    strategy, model_id : str
        Who ordered it, and by which model; several strategies behind one order are joined by ``+``.
    """

    ts_event: datetime
    symbol: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    reference_price: Decimal
    spread_cost: Decimal
    slippage_cost: Decimal
    commission: Decimal
    client_order_id: str
    strategy: str = ""
    model_id: str = ""


@light
@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One symbol from flat to flat.

    Attributes
    ----------
    side : str
        ``long`` or ``short``.
    quantity : Decimal
        Most shares held at once.
    entry_price, exit_price : float
        Averages of what opened and what closed it, USD per share as traded.
    pnl : Decimal
        USD after all costs, dividends included.
    cost : Decimal
        Spread, slippage and commission in it, USD.
    bars_held : int
        Bars from the first to the last fill.
    return_ratio : float
        `pnl` over what was put in.
    """

    symbol: str
    side: str
    entered: datetime
    exited: datetime
    quantity: Decimal
    entry_price: float
    exit_price: float
    pnl: Decimal
    cost: Decimal
    bars_held: int
    return_ratio: float
