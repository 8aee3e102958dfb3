"""What a backtest leaves behind: curves, costs, fills, round trips, decisions (specification 11.1, 11.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from qts_core.market.events import Alert
from qts_core.market.orders import OrderSide
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.trading.decision import Decision

__all__ = ["COST_KINDS", "BacktestResult", "FillRecord", "RoundTrip"]

COST_KINDS = ("spread", "slippage", "commission", "borrow")
"""Trading costs; ``commission`` includes the regulatory fees."""


@dataclass(frozen=True, slots=True)
class FillRecord:
    """One execution with its costs; money in USD, costs positive when paid.

    Attributes
    ----------
    reference_price : Decimal
        The market's price that the costs are measured against: the open of the bar that filled it.
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


@dataclass(frozen=True, slots=True, eq=False)
class BacktestResult:
    """Everything one run of the event engine tells; arrays have one row per bar, as of its close.

    Attributes
    ----------
    timeline : Timeline
        The T bars on which decisions were made.
    symbols : tuple of str
        The N columns.
    initial_cash : float
        USD.
    equity, equity_gross : float64 [T]
        USD after costs, and with the trading costs so far added back.
    benchmark : float64 [T]
        USD: the same cash in equal parts of all symbols at the first close, held; prices only.
    cash : float64 [T]
        USD; exact to the cent.
    gross_exposure, net_exposure : float64 [T]
        Ratios of equity.
    position_count : int32 [T]
        Symbols held.
    turnover : float64 [T]
        Traded value over equity, per bar.
    quantity : float64 [T, N]
        Signed shares held.
    costs : mapping of str to float64 [T]
        USD per bar by kind (``COST_KINDS``), positive = paid.
    fills, trades : tuple
        By time; `trades` are the closed round trips, `open_trades` how many are not closed.
    decisions : tuple of Decision
        Empty unless they were to be kept.
    decisions_digest : str
        sha256 chain over every decision: equal digests, equal runs, bit for bit.
    verdict_counts : mapping of str to int
        How often each limit cut or refused something.
    final_cash, final_positions
        Exact.
    meta : mapping of str to str
        What was run: fill mode, model, hashes, span.
    """

    timeline: Timeline
    symbols: tuple[str, ...]
    initial_cash: float
    equity: Floats
    equity_gross: Floats
    benchmark: Floats
    cash: Floats
    gross_exposure: Floats
    net_exposure: Floats
    position_count: NDArray[np.int32]
    turnover: Floats
    quantity: Floats
    costs: Mapping[str, Floats]
    fills: tuple[FillRecord, ...]
    trades: tuple[RoundTrip, ...]
    open_trades: int
    decisions: tuple[Decision, ...]
    decision_count: int
    decisions_digest: str
    verdict_counts: Mapping[str, int]
    alerts: tuple[Alert, ...]
    final_cash: Decimal
    final_positions: tuple[tuple[str, Decimal], ...]
    meta: Mapping[str, str]

    @property
    def cost_total(self) -> Floats:
        """All costs per bar, USD [T]."""
        total: Floats = np.sum([self.costs[kind] for kind in COST_KINDS], axis=0)
        return total

    @property
    def sessions(self) -> int:
        """Trading days covered."""
        return len(np.unique(self.timeline.session))

    def summary(self) -> dict[str, float]:
        """Return a few totals: money in USD, ratios of the initial cash or of equity."""
        paid = float(self.cost_total.sum())
        sessions = max(self.sessions, 1)
        return {
            "bars": float(len(self.timeline)),
            "sessions": float(self.sessions),
            "final_equity": float(self.equity[-1]) if len(self.equity) else self.initial_cash,
            "net_return": float(self.equity[-1] / self.initial_cash - 1.0) if len(self.equity) else 0.0,
            "gross_return": float(self.equity_gross[-1] / self.initial_cash - 1.0) if len(self.equity) else 0.0,
            "benchmark_return": float(self.benchmark[-1] / self.initial_cash - 1.0) if len(self.equity) else 0.0,
            "costs": paid,
            "turnover_per_session": float(self.turnover.sum()) / sessions,
            "mean_gross_exposure": float(self.gross_exposure.mean()) if len(self.equity) else 0.0,
            "fills": float(len(self.fills)),
            "trades": float(len(self.trades)),
        }
