"""The event backtest: the trading core and the simulated exchange, bar by bar, as live (specification 11.1, X-35).

At each bar: corporate actions before the session's first, then the exchange fills what was ordered before, then the
core hears of the fills and of the bar, and what it orders can fill from the next bar on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

import numpy as np
import polars as pl

from qts_core.backtest.actions import Delisting, actions_by_row, delistings_by_row
from qts_core.backtest.recorder import Recorder, Traded
from qts_core.backtest.results import BacktestResult
from qts_core.backtest.worked import WorkedOrders
from qts_core.exchange import CARRY_KINDS, Accepted, Charge, ExchangeEvent, FillSettings, Refused, SimulatedExchange
from qts_core.exchange.margin import Holding, maintenance_requirement
from qts_core.market.bars import BarSlice
from qts_core.market.events import (
    Alert,
    BarsClosed,
    BuyingPowerTold,
    CancelOrder,
    CashMoved,
    CorporateActionsApplied,
    OrderUpdated,
    SetTimer,
    Severity,
    SubmitOrder,
)
from qts_core.market.instruments import Instrument
from qts_core.market.membership import membership_mask
from qts_core.market.money import ZERO, dollars
from qts_core.market.orders import OrderRequest, OrderSide, OrderStatus, OrderUpdate
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import from_micros, to_micros
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Hashes, Output, RecordDecision
from qts_core.trading.predictors import Predictor
from qts_core.trading.settings import CoreSettings

__all__ = ["drive", "run_event_backtest"]


def run_event_backtest(
    panel: Panel,
    predictor: Predictor,
    settings: CoreSettings,
    *,
    instruments: Sequence[Instrument],
    fills: FillSettings,
    cash: Decimal = Decimal(100_000),
    actions: pl.DataFrame | None = None,
    minutes: Panel | None = None,
    account: str = "backtest",
    strategy: str = "ml",
    hashes: Hashes | None = None,
    first_decision: datetime | None = None,
    keep_decisions: bool = False,
    benchmark: Floats | None = None,
) -> BacktestResult:
    """Run the decision path over history.

    Parameters
    ----------
    panel : Panel
        Bars, T rows of N symbols: the predictor's, in its order.
    predictor : Predictor
        Stored or live.
    settings : CoreSettings
    instruments : sequence of Instrument
        At least those of the panel; each is opened only while it is a member of the universe, and closed after.
    fills : FillSettings
        How orders fill and what they cost.
    cash : Decimal
        USD at the start.
    actions : DataFrame, optional
        Splits and dividends, ``ACTION_SCHEMA``.
    minutes : Panel, optional
        One-minute bars of the same symbols: orders then fill on these.
    account, strategy : str
        Enter every order id.
    hashes : Hashes, optional
        Enter every decision.
    first_decision : datetime, optional
        Bars that start before are warm-up: nothing is decided and they are not in the result.
    keep_decisions : bool
        Whether the result holds every decision.
    benchmark : float64 [rows of the result], optional
        USD; equal-weight buy and hold of the universe's members by default.

    Raises
    ------
    ValueError
        If the panel's symbols are not the predictor's.
    """
    core = TradingCore(
        settings, instruments, predictor, account=account, strategy=strategy, hashes=hashes or Hashes(), cash=cash
    )
    return drive(
        panel, core, (core,), instruments=instruments, fills=fills, actions=actions, minutes=minutes,
        first_decision=first_decision, keep_decisions=keep_decisions, benchmark=benchmark,
    )  # fmt: skip


def drive(
    panel: Panel,
    traded: Traded,
    cores: Sequence[TradingCore],
    *,
    instruments: Sequence[Instrument],
    fills: FillSettings,
    actions: pl.DataFrame | None = None,
    minutes: Panel | None = None,
    first_decision: datetime | None = None,
    keep_decisions: bool = False,
    benchmark: Floats | None = None,
) -> BacktestResult:
    """Run what trades an account, made of `cores`, over history; see :func:`run_event_backtest`.

    Raises
    ------
    ValueError
        If the panel's symbols are not those of the account.
    """
    if panel.symbols != traded.holdings.symbols:
        raise ValueError("the panel's symbols are not the predictor's, in the same order")
    first = 0 if first_decision is None else int(np.searchsorted(panel.timeline.ts_event, to_micros(first_decision)))
    start = from_micros(int(panel.timeline.ts_event[0])) if len(panel) else from_micros(0)
    by_symbol = {i.symbol: i for i in instruments}
    cash = traded.book.start_cash
    exchange = SimulatedExchange(fills, by_symbol, cash, account_number=traded.account, start=start)
    tested = panel.rows(slice(first, None))
    members = membership_mask([by_symbol[symbol] for symbol in panel.symbols], tested.timeline)
    recorder = Recorder(tested, dollars(cash), members, keep_decisions=keep_decisions, cores=cores)
    worked = WorkedOrders.of(cores, has_minutes=minutes is not None)
    is_lent = any(core.settings.choices.has_buying_power for core in cores)
    run = _Run(
        panel, minutes, traded, exchange, recorder, actions_by_row(actions, panel), first, is_lent, worked,
        delistings_by_row(actions, panel),
    )  # fmt: skip
    for row, bars in enumerate(BarSlice.each(panel)):
        run.bar(row, bars)
    run.end()
    names = ("configuration", "catalogue", "model", "code", "data")
    meta = {
        "account": traded.account,
        "fill_mode": str(fills.mode),
        "model_id": "+".join(core.predictor.model_id for core in cores),
        "strategy": traded.strategy,
        **{f"hash.{name}": getattr(traded.hashes, name) for name in names},
    }
    return recorder.result(traded, exchange, benchmark, meta, () if worked is None else worked.trades)


@dataclass(slots=True)
class _Run:
    """One run's moving parts."""

    panel: Panel
    minutes: Panel | None
    core: Traded
    exchange: SimulatedExchange
    recorder: Recorder
    actions: Mapping[int, CorporateActionsApplied]
    first: int
    is_lent: bool = False
    """Whether the core asks what the broker lends."""
    worked: WorkedOrders | None = None
    delistings: Mapping[int, tuple[Delisting, ...]] = field(default_factory=dict)
    fills_seen: int = 0
    charges_seen: int = 0
    is_called: bool = False
    """Whether the broker closes positions at the next open: a margin call has not been met."""
    late: list[ExchangeEvent] = field(default_factory=list)
    """What has happened and is not known yet, where latency is simulated."""
    waiting: list[Output] = field(default_factory=list)
    """What the core asked for when it heard of an order; done when the bar is over."""

    def bar(self, row: int, bars: BarSlice) -> None:
        """Live through one bar."""
        if row in self.actions:
            self._act(self.actions[row])
        if row in self.delistings:
            self._delist(self.delistings[row], bars.ts_event)
        if self.is_called:
            self._liquidate(bars.ts_event)
        self._trade(bars)
        if self.is_lent:
            self.core.handle(BuyingPowerTold(bars.ts_known, self.exchange.account().buying_power))
        outputs = self.core.handle(BarsClosed(bars, is_catch_up=row < self.first))
        for output in outputs:
            self._do(output, bars.ts_known)
        if bars.is_last_of_session:
            self._hear(self.exchange.end_session(bars.ts_known), bars.ts_known)
            is_strict = self.exchange.settings.broker.is_liquidating
            self.is_called = is_strict and self.exchange.margin_calls.deficit > ZERO
        if self.waiting:
            self._settle(bars.ts_known)
        charges = self._charges()
        if row >= self.first:
            fills = self.exchange.fills[self.fills_seen :]
            self.recorder.close(row - self.first, self.core, fills, charges)
        self.fills_seen = len(self.exchange.fills)
        if self.worked is not None:
            self.worked.close(bars)

    def end(self) -> None:
        """Hear what was still on its way after the last bar."""
        late, self.late = self.late, []
        for event in late:
            self._tell(OrderUpdated(event.update))
        if self.worked is not None:
            self.worked.end_session()

    def _act(self, actions: CorporateActionsApplied) -> None:
        self._hear(self.exchange.apply(actions), actions.ts_event)
        self.charges_seen = len(self.exchange.charges)
        is_paid = self.exchange.settings.is_dividend_paid
        for output in self.core.handle(actions if is_paid else replace(actions, dividends=())):
            self._do(output, actions.ts_event)

    def _delist(self, ended: Sequence[Delisting], now: datetime) -> None:
        """Pay out what is held of symbols that have ended; the core's book hears of it as of any fill."""
        for one in ended:
            held = self.exchange.quantity(one.symbol)
            events = self.exchange.delist(one.symbol, now, one.price)
            if events:
                self._foreign(events, "delisted", f"{one.symbol}: {held} shares are paid out")

    def _liquidate(self, now: datetime) -> None:
        """Let the broker close positions, the largest first, until a margin call would be met."""
        self.is_called = False
        missing = self.exchange.margin_calls.deficit
        for held in sorted(self.exchange.positions(), key=lambda p: (-abs(p.market_value), p.symbol)):
            if missing <= ZERO:
                return
            side = OrderSide.SELL if held.quantity > 0 else OrderSide.BUY
            request = OrderRequest(f"margin-{held.symbol}-{now:%Y%m%d}", held.symbol, side, quantity=abs(held.quantity))
            answer = self.exchange.submit(request, now)
            if isinstance(answer, Accepted):
                missing -= maintenance_requirement(Holding(held.quantity, held.price, held.symbol))
                self._foreign(answer.events, "margin call", f"the broker closes {held.quantity} {held.symbol}")

    def _foreign(self, events: Sequence[ExchangeEvent], title: str, detail: str) -> None:
        """Tell the core of an order that is not its own, and a person why."""
        for event in events:
            self.core.handle(OrderUpdated(event.update))
        self.recorder.alert(Alert(Severity.WARNING, title, detail))

    def _trade(self, bars: BarSlice) -> None:
        """Let the exchange live through a bar, in parts where its data or its orders are finer."""
        for part in self._parts(bars):
            if self.late:
                self._hear_late(part.ts_known)
            if self.worked is not None:
                self._fire(self.worked, part.ts_event)
            self._hear(self.exchange.open_bar(part), part.ts_known)
            self._hear(self.exchange.close_bar(part), part.ts_known)
            if self.waiting:
                self._settle(part.ts_known)

    def _parts(self, bars: BarSlice) -> Iterable[BarSlice]:
        minutes = self.minutes
        if minutes is None:
            return (bars,) if self.worked is None else self.worked.parts(bars)
        span = np.searchsorted(minutes.timeline.ts_event, [to_micros(bars.ts_event), to_micros(bars.ts_known)])
        return (BarSlice.of(minutes, row) for row in range(int(span[0]), int(span[1])))

    def _fire(self, worked: WorkedOrders, now: datetime) -> None:
        for event in worked.fire(now):
            for output in self.core.handle(event):
                self._do(output, now)
            self._settle(now)

    def _hear(self, events: Sequence[ExchangeEvent], now: datetime) -> None:
        """Tell the core what the exchange says, as far as it is known at `now`."""
        for event in events:
            if event.known_at is not None and event.known_at > now:
                self.late.append(event)
            else:
                self._tell(OrderUpdated(event.update))

    def _hear_late(self, now: datetime) -> None:
        late, self.late = self.late, []
        self._hear(late, now)

    def _tell(self, event: OrderUpdated) -> None:
        for output in self.core.handle(event):
            if isinstance(output, Alert):
                self.recorder.alert(output)
            else:
                self.waiting.append(output)

    def _settle(self, now: datetime) -> None:
        """Do what the core has asked for meanwhile, and what follows from that."""
        while self.waiting:
            outputs, self.waiting = self.waiting, []
            for output in outputs:
                self._do(output, now)

    def _do(self, output: Output, now: datetime) -> None:
        if isinstance(output, RecordDecision):
            self.recorder.decision(output.decision)
        elif isinstance(output, SubmitOrder):
            self._answer(output, self.exchange.submit(output.request, now), now)
        elif isinstance(output, CancelOrder):
            order = self.exchange.find(output.client_order_id)
            if order is not None:
                answer = self.exchange.cancel(order.id, now)
                self._hear(answer.events if isinstance(answer, Accepted) else (), now)
        elif isinstance(output, Alert):
            self.recorder.alert(output)
        elif isinstance(output, SetTimer) and self.worked is not None:
            self.worked.set(output)

    def _answer(self, command: SubmitOrder, answer: Accepted | Refused, now: datetime) -> None:
        if isinstance(answer, Accepted):
            self._hear(answer.events, now)
            return
        request = command.request
        update = OrderUpdate(
            request.client_order_id, request.symbol, OrderStatus.REJECTED, ZERO, now, reason=answer.message
        )
        self._tell(OrderUpdated(update))

    def _charges(self) -> list[Charge]:
        """Book what the exchange charged beside fills and corporate actions; return those charges."""
        new = [c for c in self.exchange.charges[self.charges_seen :] if c.kind in CARRY_KINDS]
        for charge in new:
            self.core.handle(CashMoved(charge.ts_event, f"charge-{charge.sequence}", charge.amount, charge.kind))
        self.charges_seen = len(self.exchange.charges)
        return new
