"""The trading core: a deterministic fold over events that answers with commands (specification 12.5; design section 4).

No clock, no randomness, no I/O. The backtest drives it with history and the simulated exchange, the daemon with the
broker, replay with the journal; the same events give the same decisions, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import cast

import numpy as np

from qts_core.market.bars import BarSlice
from qts_core.market.errors import PredictionError
from qts_core.market.events import (
    AccountSnapshot,
    Alert,
    BarsClosed,
    CancelOrder,
    CashMoved,
    ConfigurationChanged,
    ConnectionChanged,
    CorporateActionsApplied,
    Event,
    Flatten,
    KillRequested,
    KillReset,
    ModelSwapped,
    OrderUpdated,
    SetTimer,
    Severity,
    TimerFired,
)
from qts_core.market.ids import decision_id
from qts_core.market.instruments import Instrument
from qts_core.market.money import dollars
from qts_core.market.orders import OrderUpdate
from qts_core.orders.book import Book
from qts_core.orders.reconcile import Reconciliation, reconcile
from qts_core.orders.state import OrderState
from qts_core.risk.kill import KillAction, Trigger, commands
from qts_core.risk.ladder import Losses
from qts_core.risk.modes import RiskMode
from qts_core.risk.verdict import PORTFOLIO, Verdict
from qts_core.trading.abstention import Judged
from qts_core.trading.core_state import CoreState
from qts_core.trading.decision import DecidedOrder, Decision, Hashes, Output, RecordDecision
from qts_core.trading.holdings import Holdings
from qts_core.trading.parent_desk import AtBar, ParentDesk
from qts_core.trading.path import DecisionPath, Targets
from qts_core.trading.predictors import Prediction, Predictor
from qts_core.trading.settings import CoreSettings
from qts_core.trading.strategy import OrderWish
from qts_core.trading.strategy_predictor import SeesAccount
from qts_core.trading.trade_list import TradeList

__all__ = ["TradingCore"]


class TradingCore:
    """One strategy on one account.

    Parameters
    ----------
    settings : CoreSettings
    instruments : sequence of Instrument
        At least those of the predictor's symbols.
    predictor : Predictor
        Gives the scores; its symbols are the universe.
    account, strategy : str
        With the bar they name the decision slot and every order in it.
    hashes : Hashes
        Enter every decision.
    cash : Decimal
        USD at the start.

    Raises
    ------
    KeyError
        If a symbol of the predictor has no instrument.
    """

    def __init__(
        self,
        settings: CoreSettings,
        instruments: Sequence[Instrument],
        predictor: Predictor,
        *,
        account: str,
        strategy: str,
        hashes: Hashes,
        cash: Decimal,
    ) -> None:
        by_symbol = {instrument.symbol: instrument for instrument in instruments}
        ordered = tuple(by_symbol[symbol] for symbol in predictor.symbols)
        self.settings = settings
        self.account = account
        self.strategy = strategy
        self.predictor = predictor
        self.holdings = Holdings(predictor.symbols, cash)
        self._path = DecisionPath(settings, ordered, dollars(cash))
        self._trades = TradeList(account, strategy, ordered, self._path.sectors, settings.limits, settings.orders)
        self._state = CoreState(hashes=hashes)
        self.desk: ParentDesk | None = None
        if settings.execution is not None:
            self.desk = ParentDesk(settings.execution, self.holdings, self._trades)
        self._show_account()

    # -- what can be asked -------------------------------------------------------------------------------------

    @property
    def book(self) -> Book:
        """Exact cash and positions."""
        return self.holdings.book

    @property
    def orders(self) -> Mapping[str, OrderState]:
        """Every order known, by client order id."""
        return self.holdings.orders

    @property
    def equity(self) -> float:
        """Cash and positions at the last closes, USD."""
        return self.holdings.equity()

    @property
    def mode(self) -> RiskMode:
        """What is allowed as of the last event."""
        return self._state.mode()

    @property
    def hashes(self) -> Hashes:
        """What enters the next decision."""
        return self._state.hashes

    @property
    def last_ts_event(self) -> datetime | None:
        """Start of the last bar handled."""
        return self._state.last_ts_event

    @property
    def marks(self) -> dict[str, float]:
        """Last close by symbol, USD."""
        pairs = zip(self.holdings.symbols, self.holdings.mark.tolist(), strict=True)
        return {symbol: mark for symbol, mark in pairs if mark == mark}

    def open_orders(self) -> tuple[OrderState, ...]:
        """Return the orders that may still fill."""
        return self.holdings.open_orders()

    def reconcile(self, broker: AccountSnapshot) -> Reconciliation:
        """Return where the book differs from the broker's view."""
        return reconcile(self.book.holdings(), self.book.cash, broker)

    def swap_predictor(self, predictor: Predictor) -> None:
        """Put another model in place, between two bars; a :class:`ModelSwapped` event goes with it.

        Raises
        ------
        ValueError
            If it predicts other symbols.
        """
        if predictor.symbols != self.holdings.symbols:
            raise ValueError("the new predictor has other symbols than the core")
        self.predictor = predictor
        self._show_account()

    def timers(self) -> tuple[SetTimer, ...]:
        """Return the timers that whoever drives this core sets after a restart."""
        return () if self.desk is None else self.desk.timers()

    def snapshot(self) -> dict[str, object]:
        """Return the whole state but the predictor's, exact, as JSON values."""
        return {
            "holdings": self.holdings.snapshot(),
            "path": self._path.snapshot(),
            "state": self._state.to_json(),
            **({} if self.desk is None else {"desk": self.desk.snapshot()}),
        }

    def restore(self, state: Mapping[str, object], *, hashes: Hashes | None = None) -> None:
        """Take up the state of :meth:`snapshot`; symbols must be the same, other settings come with their `hashes`."""
        holdings, path, core = (state[name] for name in ("holdings", "path", "state"))
        assert isinstance(holdings, Mapping)
        assert isinstance(path, Mapping)
        self.holdings.restore(holdings)
        self._path.restore(path)
        self._state = CoreState.from_json(core)
        if self.desk is not None and "desk" in state:
            self.desk.restore(cast(Mapping[str, object], state["desk"]))
        if hashes is not None:
            self._state.hashes = hashes

    # -- the fold ----------------------------------------------------------------------------------------------

    def handle(self, event: Event) -> list[Output]:
        """Take one event and return what is to be done, in order."""
        match event:
            case BarsClosed():
                return self._on_bars(event)
            case OrderUpdated():
                problem = self._update(event.update)
                answer: list[Output] = [] if self.desk is None else [*self.desk.hear(event.update)]
                return [*answer, Alert(Severity.WARNING, "unexpected order update", problem)] if problem else answer
            case CorporateActionsApplied():
                cancels = [] if self.desk is None else self.desk.stop("corporate actions")
                self.holdings.act(event)
                return [*cancels]
            case CashMoved():
                self.holdings.move_cash(event)
                return []
            case AccountSnapshot():
                found = self.reconcile(event)
                return [] if found.is_clean else [Alert(Severity.WARNING, "book and broker differ", str(found))]
            case KillRequested():
                return self._on_kill(event)
            case KillReset():
                self._state.is_killed = self._state.is_flattening = False
                self._path.ladder.forgive()
                return [Alert(Severity.WARNING, "kill latch released", event.reason)]
            case TimerFired():
                return [] if self.desk is None else [*self.desk.fire(event)]
            case ModelSwapped() | ConnectionChanged() | ConfigurationChanged():
                self._state.note(event)
                if self.desk is not None and not self._state.is_connected:
                    return [*self.desk.stop("cut off: no risk is added", only_increasing=True)]
                return []

    def _update(self, update: OrderUpdate) -> str:
        """Fold what the broker said, and let the path hear what it did to the position."""
        done = update.execution
        if done is None or self.settings.choices.is_default:
            return self.holdings.update(update)
        before = self.book.position(done.symbol)
        problem = self.holdings.update(update)
        value = dollars(done.quantity * done.price)
        self._path.hear(done.symbol, before, self.book.position(done.symbol), value, self.equity)
        return problem

    def _on_kill(self, event: KillRequested) -> list[Output]:
        self._state.is_killed = True
        self._state.is_flattening |= event.is_flatten
        if self.desk is not None:
            self.desk.stop(event.reason)
        answer: list[Output] = [CancelOrder(o.client_order_id, event.reason) for o in self.open_orders()]
        if event.is_flatten:
            answer.append(Flatten(event.reason))
        return [*answer, Alert(Severity.CRITICAL, "kill switch", event.reason)]

    def _on_bars(self, event: BarsClosed) -> list[Output]:
        bars, state = event.bars, self._state
        if state.last_ts_event is not None and bars.ts_event <= state.last_ts_event:
            return [Alert(Severity.WARNING, "bar ignored", f"{bars.ts_event.isoformat()} has been handled already")]
        state.last_ts_event = bars.ts_event
        self.holdings.mark_to(bars)
        equity = self.holdings.equity()
        losses = self._path.observe(bars, self.holdings, equity)
        if self.desk is not None:
            self.desk.observe(event)
        alerts: list[Output] = []
        prediction = self._predict(bars, alerts)
        judged = self._path.judge(bars, prediction)
        signals = self._path.listen(bars, judged.score)
        if event.is_catch_up:
            return []
        self._latch(losses, alerts)
        mode = self._state.mode(is_reduce_only=losses.is_reduce_only or self._path.risk.is_reduce_only)
        cancels = [] if self.desk is None else self._restricted(bars, equity, mode)
        targets = self._path.targets(bars, signals, prediction.score, self.holdings, equity, losses, mode)
        if self.desk is not None:
            cancels += self.desk.supersede(bars, targets.target, targets.current, equity)
        orders, verdicts = self._orders(bars, targets, prediction.wishes, equity, mode)
        leaving = self._leaving(event, orders, mode)
        verdicts = (*judged.verdicts, *verdicts)
        decision = self._decision(bars, prediction, judged, targets, losses, equity, mode, leaving, verdicts)
        record = RecordDecision(decision)
        return [record, *cancels, *record.submissions(), *leaving.others, *alerts]

    def _restricted(self, bars: BarSlice, equity: float, mode: RiskMode) -> list[CancelOrder]:
        """End the parents at work that may not go on after this bar."""
        assert self.desk is not None
        allowed = mode if equity > 0.0 else RiskMode.HALTED
        return self.desk.restrict(allowed, is_session_over=bars.is_last_of_session)

    def _leaving(self, event: BarsClosed, orders: list[DecidedOrder], mode: RiskMode) -> AtBar:
        """Return what of `orders` leaves now, whole or in slices, and note it."""
        if self.desk is not None:
            return self.desk.work(event, orders, self._path.volatility, mode)
        for order in orders:
            self.holdings.submitted(order.request, event.bars.ts_known)
        return AtBar(tuple(orders))

    def _show_account(self) -> None:
        if isinstance(self.predictor, SeesAccount):
            self.predictor.see(self.holdings)

    def _predict(self, bars: BarSlice, alerts: list[Output]) -> Prediction:
        try:
            return self.predictor.predict(bars)
        except PredictionError as problem:
            alerts.append(Alert(Severity.CRITICAL, "no prediction", problem.line()))
            nothing = np.full(len(bars.symbols), np.nan)
            return Prediction(nothing, nothing)

    def _latch(self, losses: Losses, alerts: list[Output]) -> None:
        policy, state = self.settings.choices.kill, self._state
        text = f"drawdown {losses.drawdown:.2%}, today {losses.daily:.2%}: every position is closed"
        if policy is None:
            if losses.is_kill and not state.is_flattening:
                state.is_killed = state.is_flattening = True
                alerts.append(Alert(Severity.CRITICAL, "loss limit", text))
            return
        triggers = [*self._path.risk.triggers]
        if losses.is_kill:
            is_daily = losses.daily >= self.settings.losses.daily_kill_limit
            triggers.append(Trigger.DAILY_LOSS_BREACH if is_daily else Trigger.MAX_DRAWDOWN_BREACH)
        for trigger in triggers:
            actions = policy.of_trigger(trigger)
            is_flatten = KillAction.FLATTEN_POSITIONS in actions
            is_new = bool(actions) and (not state.is_killed or (is_flatten and not state.is_flattening))
            if is_new:
                state.is_killed = True
                state.is_flattening |= is_flatten
                reason = f"{trigger}: drawdown {losses.drawdown:.2%}, today {losses.daily:.2%}"
                open_ids = [order.client_order_id for order in self.open_orders()]
                alerts.extend(commands(actions, reason, open_ids))

    def _orders(
        self, bars: BarSlice, targets: Targets, wishes: tuple[OrderWish, ...], equity: float, mode: RiskMode
    ) -> tuple[list[DecidedOrder], tuple[Verdict, ...]]:
        if not mode.may_send or equity <= 0.0:
            return [], targets.verdicts
        if bars.is_last_of_session:
            # A day order sent now would fill at tomorrow's open, at a price that nobody has seen.
            reason = "the session is over: orders wait for the next one"
            closed = Verdict("session.closed", PORTFOLIO, False, reason, float(bars.slots), float(bars.slot + 1))
            return [], (*targets.verdicts, closed)
        if not targets.may_trade and not wishes and self.desk is None:
            return [], targets.verdicts
        clusters = self._path.risk.clusters
        orders, verdicts = self._trades.of(
            bars, targets.target, targets.current, targets.combined, self.holdings, equity, clusters
        )
        if wishes and mode is not RiskMode.FLATTEN:
            asked, said = self._trades.of_wishes(
                bars, wishes, self.holdings, equity, clusters, may_increase=mode.may_increase
            )
            orders, verdicts = [*orders, *asked], [*verdicts, *said]
        return orders, (*targets.verdicts, *verdicts)

    def _decision(
        self, bars: BarSlice, prediction: Prediction, judged: Judged, targets: Targets, losses: Losses, equity: float,
        mode: RiskMode, leaving: AtBar, verdicts: tuple[Verdict, ...],
    ) -> Decision:  # fmt: skip
        return Decision(
            decision_id(self.account, self.strategy, bars.ts_event), self.account, self.strategy, bars.ts_event,
            bars.ts_known, self.predictor.model_id, mode, self.holdings.symbols, prediction.score,
            prediction.uncertainty, targets.signals.strength, targets.signals.confidence, targets.combined,
            targets.size, targets.target, targets.current, self.holdings.mark, self._path.volatility, equity,
            self.holdings.cash, self.holdings.positions, losses.drawdown, losses.daily, verdicts, leaving.orders,
            prediction.features_digest(),
            prediction.of(self.holdings.symbols, [o.request.symbol for o in leaving.orders]),
            self._state.hashes, judged.low, judged.high, self._path.alpha_weights, leaving.parents,
        )  # fmt: skip
