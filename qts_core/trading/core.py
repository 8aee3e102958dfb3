"""The trading core: a deterministic fold over events that answers with commands (specification 12.5; design section 4).

No clock, no randomness, no I/O. The backtest drives it with history and the simulated exchange, the daemon with the
broker, replay with the journal; the same events give the same decisions, bit for bit.
"""

from __future__ import annotations

import math
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
    BuyingPowerTold,
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
    SubmitOrder,
    TimerFired,
)
from qts_core.market.ids import decision_id
from qts_core.market.instruments import Instrument
from qts_core.market.money import dollars
from qts_core.market.orders import OrderUpdate
from qts_core.risk.ladder import Losses
from qts_core.risk.modes import RiskMode
from qts_core.risk.overrides import Overrides
from qts_core.risk.pre_trade import NO_CONTEXT, TradeContext
from qts_core.risk.verdict import PORTFOLIO, Verdict
from qts_core.trading.abstention import Judged
from qts_core.trading.core_state import CoreState
from qts_core.trading.core_view import CoreView
from qts_core.trading.decision import DecidedOrder, Decision, Hashes, Output, RecordDecision
from qts_core.trading.holdings import Holdings
from qts_core.trading.order_watch import NOTHING_SEEN, OrderWatch
from qts_core.trading.parent_desk import AtBar, ParentDesk
from qts_core.trading.path import DecisionPath, Targets
from qts_core.trading.predictors import Prediction, Predictor
from qts_core.trading.settings import CoreSettings
from qts_core.trading.strategy import OrderCancel, OrderWish, Wish
from qts_core.trading.strategy_predictor import SeesAccount
from qts_core.trading.trade_list import TradeList

__all__ = ["TradingCore"]


class TradingCore(CoreView):
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
        self._is_heard = not settings.choices.is_default
        self.desk: ParentDesk | None = None
        if settings.execution is not None:
            self.desk = ParentDesk(settings.execution, self.holdings, self._trades)
        choices = settings.choices
        self._watch = None if choices.checks is None else OrderWatch(choices.checks)
        self._overrides = Overrides(choices.overrides) if choices.overrides else None
        self._show_account()

    def timers(self) -> tuple[SetTimer, ...]:
        """Return the timers that whoever drives this core sets after a restart."""
        return () if self.desk is None else self.desk.timers()

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

    def snapshot(self) -> dict[str, object]:
        """Return the whole state but the predictor's, exact, as JSON values."""
        return {
            "holdings": self.holdings.snapshot(),
            "path": self._path.snapshot(),
            "state": self._state.to_json(),
            **({} if self.desk is None else {"desk": self.desk.snapshot()}),
            **({} if self._watch is None else {"watch": self._watch.snapshot()}),
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
        if self._watch is not None and "watch" in state:
            self._watch.restore(cast(Mapping[str, object], state["watch"]))
        if hashes is not None:
            self._state.hashes = hashes

    # -- the fold ----------------------------------------------------------------------------------------------

    def handle(self, event: Event) -> list[Output]:
        """Take one event and return what is to be done, in order."""
        match event:
            case BarsClosed():
                return self._on_bars(event)
            case OrderUpdated():
                return self._on_update(event.update)
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
                self._state.release()
                self._path.ladder.forgive()
                return [Alert(Severity.WARNING, "kill latch released", event.reason)]
            case TimerFired():
                return [] if self.desk is None else self._between_bars(self.desk.fire(event), event.ts_event)
            case BuyingPowerTold():
                self._state.buying_power = event.amount
                return []
            case ModelSwapped() | ConnectionChanged() | ConfigurationChanged():
                self._state.note(event)
                if self.desk is not None and not self._state.is_connected:
                    return [*self.desk.stop("cut off: no risk is added", only_increasing=True)]
                return []

    def _on_update(self, update: OrderUpdate) -> list[Output]:
        problem = self._update(update)
        answer = [] if self.desk is None else self._between_bars(self.desk.hear(update), update.ts_event)
        if self._watch is not None:
            self._watch.heard(self.orders.get(update.client_order_id))
        return [*answer, Alert(Severity.WARNING, "unexpected order update", problem)] if problem else answer

    def _between_bars(self, answer: Sequence[Output], now: datetime) -> list[Output]:
        """Note the children that leave between two bars."""
        if self._watch is not None:
            requests = [output.request for output in answer if isinstance(output, SubmitOrder)]
            self._watch.sent(requests, self.holdings, now)
        return [*answer]

    def _update(self, update: OrderUpdate) -> str:
        """Fold what the broker said, and let the path hear what it did to the position."""
        done = update.execution
        if done is None or not self._is_heard:
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
        seen = NOTHING_SEEN if self._watch is None else self._watch.look(self.orders, bars)
        mode = self._state.mode(is_reduce_only=losses.is_reduce_only or self._path.risk.is_reduce_only)
        cancels = [] if self.desk is None else self._restricted(bars, equity, mode)
        targets = self._path.targets(bars, signals, prediction.score, self.holdings, equity, losses, mode)
        if self.desk is not None:
            cancels += self.desk.supersede(bars, targets.target, targets.current, equity)
        wishes = tuple(wish for wish in prediction.wishes if isinstance(wish, OrderWish))
        if len(wishes) < len(prediction.wishes):
            cancels += self._withdrawn(prediction.wishes)
        orders, verdicts = self._orders(bars, targets, wishes, equity, mode)
        leaving = self._leaving(event, orders, mode)
        verdicts = (*judged.verdicts, *seen.verdicts, *verdicts)
        decision = self._decision(bars, prediction, judged, targets, losses, equity, mode, leaving, verdicts)
        record = RecordDecision(decision)
        return [
            record, *cancels, *seen.cancels, *record.submissions(), *leaving.others, *alerts, *seen.alerts,
        ]  # fmt: skip

    def _restricted(self, bars: BarSlice, equity: float, mode: RiskMode) -> list[CancelOrder]:
        """End the parents at work that may not go on after this bar."""
        assert self.desk is not None
        allowed = mode if equity > 0.0 else RiskMode.HALTED
        return self.desk.restrict(allowed, is_session_over=bars.is_last_of_session)

    def _withdrawn(self, wishes: Sequence[Wish]) -> list[CancelOrder]:
        """Return the cancels of the strategy's own open orders that it asks for; other ids are not its to cancel."""
        asked = {wish.client_order_id for wish in wishes if isinstance(wish, OrderCancel)}
        mine = [order for order in self.open_orders() if order.request is not None]
        return [CancelOrder(o.client_order_id, "the strategy's wish") for o in mine if o.client_order_id in asked]

    def _leaving(self, event: BarsClosed, orders: list[DecidedOrder], mode: RiskMode) -> AtBar:
        """Return what of `orders` leaves now, whole or in slices, and note it."""
        self._state.spend(orders, self.holdings)
        if self.desk is not None:
            leaving = self.desk.work(event, orders, self._path.volatility, mode)
        else:
            leaving = AtBar(tuple(orders))
            for order in orders:
                self.holdings.submitted(order.request, event.bars.ts_known)
        if self._watch is not None:
            self._watch.sent([order.request for order in leaving.orders], self.holdings, event.bars.ts_known)
        return leaving

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
        policy = self.settings.choices.kill
        if policy is None:
            alerts.extend(self._state.latch_losses(losses))
        else:
            hard = self.settings.losses.daily_kill_limit
            open_ids = [order.client_order_id for order in self.open_orders()]
            alerts.extend(self._state.latch_by(policy, self._path.risk.triggers, losses, hard, open_ids))

    def _known(self, bars: BarSlice, equity: float) -> TradeContext:
        """Return what the checks of orders know beside the book."""
        choices, clusters = self.settings.choices, self._path.risk.clusters
        told = self._state.buying_power if choices.has_buying_power else None
        if told is None and clusters is None and not choices.overrides and choices.max_position_usd == math.inf:
            return NO_CONTEXT
        return TradeContext(
            buying_power=math.inf if told is None else dollars(told) / equity, clusters=clusters,
            overrides=self._overrides, now=bars.ts_known, max_position=choices.max_position_usd / equity,
        )  # fmt: skip

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
        known = self._known(bars, equity)
        orders, verdicts = self._trades.of(
            bars, targets.target, targets.current, targets.combined, self.holdings, equity, known
        )
        if wishes and mode is not RiskMode.FLATTEN:
            asked, said = self._trades.of_wishes(
                bars, wishes, self.holdings, equity, known, may_increase=mode.may_increase
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
