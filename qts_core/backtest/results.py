"""What a backtest leaves behind: curves, costs, fills, round trips, decisions (specification 11.1, 11.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.tca import ParentTrade
from qts_core.backtest.ledgers import SubLedger
from qts_core.backtest.trades import FillRecord, RoundTrip
from qts_core.market.events import Alert
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.trading.decision import Decision

__all__ = ["COST_KINDS", "BacktestResult", "FillRecord", "RoundTrip"]

COST_KINDS = ("spread", "slippage", "commission", "borrow")
"""Trading costs; ``commission`` includes the regulatory fees."""


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
    ledgers : mapping of str to SubLedger
        Each strategy's part of the account; one when one strategy ran.
    pnl_interval : tuple of float
        USD to add to the final equity at the worst and at the best, when bars that touched both a stop and its target
        are taken either way: at most 0 and at least 0.
    ambiguous_bars : int
        How many such bars there were.
    parents : tuple of ParentTrade
        Orders that were worked over time, by their ends: what ``analytics.tca.analyse`` takes. Empty where orders go
        out whole.
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
    ledgers: Mapping[str, SubLedger] = field(default_factory=lambda: MappingProxyType({}))
    pnl_interval: tuple[float, float] = (0.0, 0.0)
    ambiguous_bars: int = 0
    parents: tuple[ParentTrade, ...] = ()

    @property
    def equity_interval(self) -> tuple[float, float]:
        """Final equity at the worst and at the best path inside ambiguous bars, USD."""
        last = float(self.equity[-1]) if len(self.equity) else self.initial_cash
        return last + self.pnl_interval[0], last + self.pnl_interval[1]

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
