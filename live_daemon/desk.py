"""The desk feeds the core event by event; all that follows is durable before anything leaves (design 5.1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qts_core.adapters.db.journal import Journal
from qts_core.adapters.prometheus import Metrics
from qts_core.market.errors import DataCorruptionError
from qts_core.market.events import (
    Alert,
    BarsClosed,
    CancelOrder,
    Event,
    Flatten,
    ModelSwapped,
    OrderUpdated,
    ReplaceOrder,
    SetTimer,
    SubmitOrder,
)
from qts_core.market.money import plain
from qts_core.market.orders import OrderStatus, OrderUpdate
from qts_core.ports.clock import Clock
from qts_core.ports.journal import EpochRecord, Intent, JournalEntry, OrderRow, StoredDecision
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, RecordDecision
from qts_core.trading.event_codec import decode_event, encode_command, encode_event
from qts_core.trading.predictors import Predictor
from qts_core.trading.timers import Timers

__all__ = ["Desk", "Outgoing"]

KEPT_ALERTS = 50


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A command for the broker and the moment it was decided, on the daemon's clock."""

    command: SubmitOrder | CancelOrder | ReplaceOrder | Flatten
    created_at: datetime
    closed_monotonic: float
    """Real seconds when the bar behind it closed, for the latency measure."""


class Desk:
    """Owns the core and the journal; everything runs on the event loop's thread.

    Parameters
    ----------
    core : TradingCore
        Warmed or restored.
    journal : Journal
        Open, with the lease claimed.
    lease_epoch : int
        The epoch under which intents are written.
    outbox : callable
        Gets each command for the broker after it is durable.
    """

    def __init__(
        self, core: TradingCore, journal: Journal, clock: Clock, metrics: Metrics, *, lease_epoch: int,
        outbox: Callable[[Outgoing], None], on_event: Callable[[str, dict[str, object]], None],
    ) -> None:  # fmt: skip
        self.core = core
        self.journal = journal
        self.lease_epoch = lease_epoch
        self.epoch = 0
        self.last_decision: Decision | None = None
        self.alerts: deque[tuple[datetime, Alert]] = deque(maxlen=KEPT_ALERTS)
        self.fill_count = 0
        self.timers = Timers()
        self.on_decided: Callable[[Decision], None] | None = None
        """Hears of each new decision before it is durable; must neither block nor fail."""
        self._clock = clock
        self._metrics = metrics
        self._outbox = outbox
        self._tell = on_event

    # --- the life of the core -------------------------------------------------------------------------------------

    def begin_epoch(self, record: EpochRecord) -> None:
        """Store the state from which the coming events can be replayed."""
        self.journal.begin_epoch(record)
        self.epoch = record.number
        self.timers = Timers(self.core.timers())
        self._tell("epoch.begun", {"epoch": record.number, "first_sequence": record.first_sequence,
                                   "model_id": record.model_id})  # fmt: skip

    def swap(self, predictor: Predictor, record: Callable[[], EpochRecord]) -> None:
        """Put another model in place between two bars; the epoch that begins with it holds the whole state."""
        self.core.swap_predictor(predictor)
        self.core.handle(ModelSwapped(self._clock.now(), predictor.model_id))
        self.begin_epoch(record())
        self._metrics.count("qts_model_swaps_total", result="swapped")

    def fold(self, first_sequence: int) -> int:
        """Handle the journalled events again, sending nothing; return how many there were.

        Raises
        ------
        DataCorruptionError
            If a decision does not come out as it was written.
        """
        count = 0
        for stored in self.journal.events(first_sequence):
            if stored.kind == "epoch":
                continue
            count += 1
            for output in self.core.handle(decode_event(stored.body)):
                if isinstance(output, RecordDecision):
                    self._compare(output.decision)
        return count

    def _compare(self, decision: Decision) -> None:
        stored = self.journal.decision(decision.decision_id)
        if stored is None or stored.digest != decision.digest():
            raise DataCorruptionError(
                "QTS-LIVE-002", "a journalled decision does not come out again", where=decision.decision_id,
                found=decision.digest()[:16], expected=stored.digest[:16] if stored else "a stored decision",
                fix="the code or the model changed under an open session: move the journal away and start again",
            )  # fmt: skip
        self.last_decision = decision

    # --- events ---------------------------------------------------------------------------------------------------

    def handle(self, *events: Event) -> None:
        """Feed `events` to the core, commit what follows in one transaction, then hand the commands over."""
        entries: list[JournalEntry] = []
        leaving: list[Outgoing] = []
        for event in events:
            entry, commands = self._step(event)
            entries.append(entry)
            leaving += commands
        started = self._clock.monotonic()
        self.journal.append(entries, epoch=self.epoch, lease_epoch=self.lease_epoch)
        self._metrics.observe("qts_journal_seconds", self._clock.monotonic() - started)
        for outgoing in leaving:
            self._outbox(outgoing)

    def fire_timers(self) -> None:
        """Tell the core of the timers that have run out."""
        for event in self.timers.fire(self._clock.now()):
            self.handle(event)

    def _step(self, event: Event) -> tuple[JournalEntry, list[Outgoing]]:
        now, started = self._clock.now(), self._clock.monotonic()
        outputs = self.core.handle(event)
        if isinstance(event, BarsClosed):
            self._metrics.count("qts_bars_total")
            self._metrics.observe("qts_decision_seconds", self._clock.monotonic() - started)
        decision: StoredDecision | None = None
        intents: list[Intent] = []
        leaving: list[Outgoing] = []
        for output in outputs:
            if isinstance(output, RecordDecision):
                decision = self._decided(output.decision)
            elif isinstance(output, SubmitOrder):
                intents.append(_intent(output, now))
                leaving.append(Outgoing(output, now, started))
            elif isinstance(output, CancelOrder | ReplaceOrder | Flatten):
                leaving.append(Outgoing(output, now, started))
            elif isinstance(output, SetTimer):
                self.timers.set(output)
            elif isinstance(output, Alert):
                self.alert(output)
        update = event.update if isinstance(event, OrderUpdated) else None
        touched = [i.client_order_id for i in intents] + ([update.client_order_id] if update else [])
        execution = update.execution if update else None
        if execution is not None:
            self._booked(execution.side.value, event)
        rows = tuple(self._rows(touched))
        entry = JournalEntry(
            type(event).__name__, now, encode_event(event), decision, tuple(intents), rows, execution
        )  # fmt: skip
        return entry, leaving

    def _decided(self, decision: Decision) -> StoredDecision:
        self.last_decision = decision
        self._metrics.count("qts_decisions_total")
        if self.on_decided is not None:
            self.on_decided(decision)
        return StoredDecision(decision.decision_id, decision.ts_event, decision.digest(), decision.to_json())

    def _booked(self, side: str, event: Event) -> None:
        assert isinstance(event, OrderUpdated)
        assert event.update.execution is not None
        fill = event.update.execution
        self.fill_count += 1
        self._metrics.count("qts_fills_total", side=side)
        self._tell("fill.booked", {"client_order_id": fill.client_order_id, "symbol": fill.symbol, "side": side,
                                   "quantity": plain(fill.quantity), "price": plain(fill.price)})  # fmt: skip

    def _rows(self, client_order_ids: Iterable[str]) -> Iterable[OrderRow]:
        for name in client_order_ids:
            order = self.core.orders.get(name)
            if order is not None:
                yield OrderRow(
                    name, order.symbol, order.status.value, order.broker_order_id, plain(order.filled_quantity),
                    order.reported_at, order.reason,
                )  # fmt: skip

    def alert(self, alert: Alert) -> None:
        """Keep an alert for the page, the log and the journal."""
        self.alerts.append((self._clock.now(), alert))
        self._metrics.count("qts_alerts_total", severity=alert.severity.value)
        content: dict[str, object] = {"severity": alert.severity.value, "title": alert.title, "detail": alert.detail}
        self._tell("alert", content)
        self.journal.note(self._clock.now(), "alert", content)

    def say(self, client_order_id: str, symbol: str, status: OrderStatus, reason: str) -> None:
        """Tell the core something of an order that the broker did not say: refused by the gate, outcome unknown."""
        known = self.core.orders.get(client_order_id)
        filled = known.filled_quantity if known is not None else Decimal(0)
        self.handle(
            OrderUpdated(OrderUpdate(client_order_id, symbol, status, filled, self._clock.now(), reason=reason))
        )  # fmt: skip


def _intent(command: SubmitOrder, now: datetime) -> Intent:
    request = command.request
    return Intent(
        request.client_order_id, command.decision_id, request.symbol, now, command.reduces_risk, encode_command(command)
    )  # fmt: skip
