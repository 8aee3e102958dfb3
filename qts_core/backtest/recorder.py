"""Writes down what the core's account looks like at each close of a backtest, and turns it into the result (11.1)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from qts_core.analytics.tca import ParentTrade
from qts_core.backtest.ledgers import LedgerBook
from qts_core.backtest.results import COST_KINDS, BacktestResult
from qts_core.backtest.round_trips import closed_trips
from qts_core.backtest.trades import FillRecord
from qts_core.exchange import Charge, Fill, SimulatedExchange
from qts_core.market.events import Alert
from qts_core.market.membership import Flags
from qts_core.market.money import dollars
from qts_core.market.panel import Floats, Panel
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision
from qts_core.trading.shared_account import SharedAccount

__all__ = ["Recorder", "Traded", "equal_weight"]

Traded = TradingCore | SharedAccount
"""What trades an account: one strategy, or several that share it."""


class Recorder:
    """Accumulates one run, row by row.

    Parameters
    ----------
    panel : Panel
        The bars on which decisions are made: T rows.
    initial_cash : float
        USD.
    members : bool [T, N]
        Where each symbol belongs to the universe.
    keep_decisions : bool
        Whether every decision is kept, or only the digest of all.
    cores : sequence of TradingCore
        The strategies; with more than one, each has a ledger of its own.
    """

    def __init__(
        self, panel: Panel, initial_cash: float, members: Flags, *, keep_decisions: bool,
        cores: Sequence[TradingCore] = (),
    ) -> None:  # fmt: skip
        bars, breadth = len(panel), len(panel.symbols)
        self._panel = panel
        self._initial_cash = initial_cash
        self._members = members
        self._keep = keep_decisions
        self._equity, self._cash, self._gross, self._net, self._turnover = np.zeros((5, bars))
        self._count = np.zeros(bars, dtype=np.int32)
        self._quantity: Floats = np.zeros((bars, breadth))
        self._costs = {kind: np.zeros(bars) for kind in COST_KINDS}
        self._fills: list[FillRecord] = []
        self._alerts: list[Alert] = []
        self._decisions: list[Decision] = []
        self._decision_count = 0
        self._chain = hashlib.sha256()
        self._refusals: Counter[str] = Counter()
        self._ledgers = LedgerBook(cores, bars)
        self._tags: dict[str, tuple[str, str]] = {}

    def decision(self, decision: Decision) -> None:
        """Note a decision."""
        self._decision_count += 1
        self._chain.update(decision.digest().encode())
        if decision.verdicts:
            self._refusals.update(v.name for v in decision.verdicts if not v.is_allowed)
        for order in decision.orders:
            self._tags[order.request.client_order_id] = (decision.strategy, decision.model_id)
        if self._keep:
            self._decisions.append(decision)

    def alert(self, alert: Alert) -> None:
        """Note an alert."""
        self._alerts.append(alert)

    def close(self, row: int, core: Traded, fills: Sequence[Fill], charges: Sequence[Charge]) -> None:
        """Note the account after everything of a bar: its fills and charges, and what is held at its close."""
        self._ledgers.close(row)
        holdings = core.holdings
        equity = holdings.equity()
        exposure = holdings.exposure()
        self._equity[row] = equity
        self._cash[row] = dollars(core.book.cash)
        self._quantity[row] = holdings.quantity
        self._count[row] = exposure.positions
        if equity > 0.0:
            self._gross[row] = exposure.gross / equity
            self._net[row] = exposure.net / equity
        if fills:
            traded = self._take(row, core, fills)
            self._turnover[row] = traded / equity if equity > 0.0 else 0.0
        for charge in charges:
            self._costs["borrow"][row] -= dollars(charge.amount)

    def _take(self, row: int, core: Traded, fills: Sequence[Fill]) -> float:
        """Note a bar's fills with their costs and return the value traded, USD."""
        traded = spread = slippage = commission = 0.0
        for fill in fills:
            done = fill.execution
            spread += dollars(fill.spread_cost)
            slippage += dollars(fill.slippage_cost)
            commission += dollars(done.commission)
            traded += dollars(done.quantity * done.price)
            self._fills.append(
                FillRecord(done.ts_event, done.symbol, done.side, done.quantity, done.price, fill.reference_price,
                           fill.spread_cost, fill.slippage_cost, done.commission, done.client_order_id,
                           *self._tag(core, done.client_order_id))
            )  # fmt: skip
        for kind, paid in (("spread", spread), ("slippage", slippage), ("commission", commission)):
            self._costs[kind][row] = paid
        return traded

    def result(
        self, core: Traded, exchange: SimulatedExchange, benchmark: Floats | None, meta: Mapping[str, str],
        parents: Sequence[ParentTrade] = (),
    ) -> BacktestResult:  # fmt: skip
        """Return the whole run."""
        paid = np.cumsum(np.sum([self._costs[kind] for kind in COST_KINDS], axis=0))
        if benchmark is None:
            benchmark = equal_weight(self._panel, self._initial_cash, self._members)
        interval = exchange.pnl_interval()
        closed = closed_trips(core.book, self._panel.timeline)
        return BacktestResult(
            timeline=self._panel.timeline,
            symbols=self._panel.symbols,
            initial_cash=self._initial_cash,
            equity=self._equity,
            equity_gross=self._equity + paid,
            benchmark=benchmark,
            cash=self._cash,
            gross_exposure=self._gross,
            net_exposure=self._net,
            position_count=self._count,
            turnover=self._turnover,
            quantity=self._quantity,
            costs=MappingProxyType(self._costs),
            fills=tuple(self._fills),
            trades=closed.with_costs(self._fills),
            open_trades=closed.still_open,
            decisions=tuple(self._decisions),
            decision_count=self._decision_count,
            decisions_digest=self._chain.hexdigest(),
            verdict_counts=MappingProxyType(dict(sorted(self._refusals.items()))),
            alerts=tuple(self._alerts),
            final_cash=core.book.cash,
            final_positions=core.holdings.positions,
            meta=MappingProxyType(dict(meta)),
            pnl_interval=(dollars(interval[0]), dollars(interval[1])),
            ambiguous_bars=len({(a.ts_event, a.symbol) for a in exchange.ambiguities}),
            ledgers=MappingProxyType(self._ledgers.result(self._panel.timeline, core.book, closed)),
            parents=tuple(parents),
        )

    def _tag(self, core: Traded, client_order_id: str) -> tuple[str, str]:
        known = self._tags.get(client_order_id)
        if known is None and isinstance(core, TradingCore) and core.desk is not None:
            order = core.orders.get(client_order_id)
            known = None if order is None or order.request is None else (core.strategy, core.predictor.model_id)
        if known is None and isinstance(core, SharedAccount):
            names = core.owners(client_order_id)
            models = {each.strategy: each.predictor.model_id for each in core.cores}
            known = (names, "+".join(models[name] for name in names.split("+") if name in models))
        return known or ("", "")


def equal_weight(panel: Panel, cash: float, members: Flags | None = None) -> Floats:
    """Return the value of `cash` put in equal parts into every symbol at the first close and held, USD [T].

    Prices only, splits undone by the chain-link factor; a symbol that starts later waits as cash until then. With
    `members`, bool [T, N], a symbol is held while it is a member, and its part is cash before and after.
    """
    close = panel["close"] * panel["factor"]
    if members is not None and not members.all():
        close = np.where(members, close, np.nan)[:, members.any(axis=0)]
    if not close.shape[1]:
        return np.full(len(close), cash)
    rows = np.where(np.isnan(close), -1, np.arange(len(close))[:, None])
    last = np.maximum.accumulate(rows, axis=0)
    columns = np.arange(close.shape[1])
    filled = np.where(last >= 0, close[np.maximum(last, 0), columns], np.nan)
    known = ~np.isnan(close)
    first = close[np.argmax(known, axis=0), columns]
    growth = np.where(np.isnan(filled), 1.0, filled / first)
    value: Floats = cash * growth.mean(axis=1)
    return value
