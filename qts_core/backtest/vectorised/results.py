"""What a run of the vectorised engine leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qts_core.backtest.vectorised.loop import Ledger
from qts_core.backtest.vectorised.metrics import METRIC_NAMES, measure_ledger, session_ends
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline

__all__ = ["VectorisedResult", "empty_ledger", "result_of"]

COST_NAMES = ("spread", "slippage", "commission", "borrow")


@dataclass(frozen=True, slots=True, eq=False)
class VectorisedResult:
    """One run, as of each bar's close.

    Attributes
    ----------
    initial_cash : float
        USD.
    equity, cash : float64 [T]
        USD after costs.
    gross_exposure, net_exposure : float64 [T]
        Ratios of equity.
    quantity : float64 [T, N]
        Signed shares; [0, N] where they were not to be kept.
    costs : mapping of str to float64 [T]
        USD per bar: ``spread``, ``slippage``, ``commission`` with the regulatory fees, ``borrow`` with interest.
    turnover : float64 [T]
        Traded value over equity.
    fills : int64 [T]
        How many orders filled at each bar.
    metrics : mapping of str to float
        By the names of ``METRIC_NAMES``.
    """

    timeline: Timeline
    symbols: tuple[str, ...]
    initial_cash: float
    equity: Floats
    cash: Floats
    gross_exposure: Floats
    net_exposure: Floats
    quantity: Floats
    costs: Mapping[str, Floats]
    turnover: Floats
    fills: NDArray[np.int64]
    metrics: Mapping[str, float]

    @property
    def equity_gross(self) -> Floats:
        """Equity with the costs so far added back, USD [T]."""
        gross: Floats = self.equity + np.cumsum(np.sum(list(self.costs.values()), axis=0))
        return gross


def empty_ledger(bars: int, breadth: int, *, keep_positions: bool) -> Ledger:
    """Return the arrays that a run of `bars` rows and `breadth` columns writes."""
    equity, cash, gross, net, traded = np.zeros((5, bars))
    rows = bars if keep_positions else 0
    return Ledger(
        equity, cash, gross, net, traded, np.zeros((4, bars)), np.zeros(bars, np.int64), np.empty((rows, breadth))
    )


def result_of(ledger: Ledger, timeline: Timeline, symbols: tuple[str, ...], initial: float) -> VectorisedResult:
    """Return what `ledger` tells."""
    has_equity = ledger.equity > 0.0

    def ratio(amount: Floats) -> Floats:
        part: Floats = np.divide(amount, ledger.equity, out=np.zeros(len(amount)), where=has_equity)
        return part

    metrics = np.empty(len(METRIC_NAMES))
    measure_ledger(ledger, initial, session_ends(timeline), metrics)
    return VectorisedResult(
        timeline=timeline,
        symbols=symbols,
        initial_cash=initial,
        equity=ledger.equity,
        cash=ledger.cash,
        gross_exposure=ratio(ledger.gross),
        net_exposure=ratio(ledger.net),
        quantity=ledger.quantity,
        costs=MappingProxyType(dict(zip(COST_NAMES, ledger.costs, strict=True))),
        turnover=ratio(ledger.traded),
        fills=ledger.fills,
        metrics=MappingProxyType(dict(zip(METRIC_NAMES, metrics.tolist(), strict=True))),
    )
