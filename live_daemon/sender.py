"""The one task that may talk an order onto the wire (specification 12.2; design 5.3; faults F02 to F04, F15 to F28).

An outcome that nobody can tell is UNKNOWN: it is looked up by client order id, and the same id is posted again only
while it is fresh. A new id is never made, and "not found" is never taken as a refusal.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from live_daemon.desk import Desk, Outgoing
from live_daemon.gate import GateLimits, GateView, check_wire
from live_daemon.modes import ModeMachine
from qts_core.adapters.prometheus import Metrics
from qts_core.market.errors import BrokerConnectionError
from qts_core.market.events import Alert, CancelOrder, Flatten, OrderUpdated, ReplaceOrder, Severity, SubmitOrder
from qts_core.market.orders import OrderRequest, OrderStatus, OrderUpdate
from qts_core.ports.broker import Accepted, Ambiguous, Broker, BrokerOrder, Refused, Submission
from qts_core.ports.clock import Clock

__all__ = ["Sender", "update_of"]

FRESH: Final = timedelta(minutes=10)
"""How long after its decision an order may still be posted."""
LOOKUPS_SECONDS: Final = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Waits before each look-up of an unknown outcome."""


def update_of(order: BrokerOrder) -> OrderUpdate:
    """Return what a broker's order object says, without executions."""
    return OrderUpdate(
        order.client_order_id, order.symbol, order.status, order.filled_quantity, order.updated_at,
        order.broker_order_id,
    )  # fmt: skip


class Sender:
    """Takes commands from the desk, one after the other.

    Parameters
    ----------
    view : callable
        Gives the gate its facts, freshly, for each order.
    """

    def __init__(
        self, broker: Broker, clock: Clock, modes: ModeMachine, metrics: Metrics, limits: GateLimits, *,
        view: Callable[[int, bool], GateView], on_event: Callable[[str, dict[str, object]], None],
    ) -> None:  # fmt: skip
        self.desk: Desk
        self._broker = broker
        self._clock = clock
        self._modes = modes
        self._metrics = metrics
        self._limits = limits
        self._view = view
        self._tell = on_event
        self._queue: asyncio.Queue[Outgoing] = asyncio.Queue()
        self._resolving: set[asyncio.Task[None]] = set()
        self._recent: deque[float] = deque()
        self._posted: set[str] = set()
        self._measured = 0.0
        self.sent_count = 0
        self.unflattened = ""
        """Why positions should have been closed when the broker was away; whoever takes it up empties it."""

    def put(self, outgoing: Outgoing) -> None:
        """Queue a command; it is durable already."""
        self._queue.put_nowait(outgoing)

    async def idle(self) -> None:
        """Wait until everything queued has been answered or is being looked up in the background."""
        await self._queue.join()
        if self._resolving:
            await asyncio.gather(*self._resolving)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            outgoing = await self._queue.get()
            try:
                await self._dispatch(outgoing)
            finally:
                self._queue.task_done()

    async def _dispatch(self, outgoing: Outgoing) -> None:
        command = outgoing.command
        if isinstance(command, SubmitOrder):
            await self._submit(outgoing, command)
        elif isinstance(command, CancelOrder):
            await self._cancel(command.client_order_id)
        elif isinstance(command, Flatten):
            await self.flatten(command.reason)
        elif isinstance(command, ReplaceOrder):
            self.desk.say(command.new_client_order_id, "", OrderStatus.REJECTED, "replacing is not in use")

    # --- orders ---------------------------------------------------------------------------------------------------

    def _gate(self, request: OrderRequest, *, is_posted: bool) -> str:
        started = self._clock.monotonic()
        now = self._clock.now().timestamp()
        while self._recent and self._recent[0] <= now - 60.0:
            self._recent.popleft()
        reason = check_wire(request, self._view(len(self._recent), is_posted), self._limits)
        self._metrics.observe("qts_gate_seconds", self._clock.monotonic() - started)
        if not reason:
            self._recent.append(now)
        return reason

    async def _submit(self, outgoing: Outgoing, command: SubmitOrder) -> None:
        request = command.request
        name = request.client_order_id
        if not self._clock.now() < outgoing.created_at + FRESH:
            return self._refuse(request, "stale: the bar it was decided on has passed")
        reason = self._gate(request, is_posted=name in self._posted)
        if reason:
            self._metrics.count("qts_gate_refusals_total", rule=reason.partition(":")[0])
            return self._refuse(request, reason)
        self._posted.add(name)
        self._measure(outgoing)
        await self._learn(outgoing, request, await self._post(request))
        return None

    async def _post(self, request: OrderRequest) -> Submission:
        started, sent_at = self._clock.monotonic(), self._clock.now()
        answer = await self._broker.submit(request)
        seconds = self._clock.monotonic() - started
        outcome = type(answer).__name__.lower()
        self.sent_count += 1
        self._metrics.observe("qts_submit_seconds", seconds)
        self._metrics.count("qts_orders_total", outcome=outcome)
        self.desk.journal.record_send(request.client_order_id, sent_at, self.desk.lease_epoch, outcome)
        self._tell("order.sent", {"client_order_id": request.client_order_id, "outcome": outcome,
                                  "seconds": round(seconds, 6)})  # fmt: skip
        return answer

    def _measure(self, outgoing: Outgoing) -> None:
        if outgoing.closed_monotonic != self._measured:
            self._measured = outgoing.closed_monotonic
            self._metrics.observe("qts_bar_to_order_seconds", self._clock.monotonic() - outgoing.closed_monotonic)

    async def _learn(self, outgoing: Outgoing, request: OrderRequest, answer: Submission) -> None:
        if isinstance(answer, Accepted):
            self.desk.handle(OrderUpdated(update_of(answer.order)))
        elif isinstance(answer, Refused) and not answer.is_retryable:
            if answer.is_unauthorized:
                self._modes.halt("auth", f"the broker refuses the keys: {answer.message}")
            self._refuse(request, f"broker {answer.http_status}/{answer.code}: {answer.message}")
        else:
            reason = answer.reason if isinstance(answer, Ambiguous) else answer.message
            self.desk.say(request.client_order_id, request.symbol, OrderStatus.UNKNOWN, reason)
            self._tell("order.unknown", {"client_order_id": request.client_order_id, "reason": reason})
            self._resolve_later(outgoing, request)

    def _refuse(self, request: OrderRequest, reason: str) -> None:
        self.desk.say(request.client_order_id, request.symbol, OrderStatus.REJECTED, reason)
        self._tell("order.refused", {"client_order_id": request.client_order_id, "reason": reason})

    # --- unknown outcomes -----------------------------------------------------------------------------------------

    def recover(self, outgoing: Outgoing, request: OrderRequest) -> None:
        """Take up an order whose fate the last process did not learn."""
        self.desk.say(request.client_order_id, request.symbol, OrderStatus.UNKNOWN, "restarted before an answer came")
        self._resolve_later(outgoing, request)

    def _resolve_later(self, outgoing: Outgoing, request: OrderRequest) -> None:
        task = asyncio.create_task(self._resolve(outgoing, request), name=f"resolve {request.client_order_id}")
        self._resolving.add(task)
        task.add_done_callback(self._resolving.discard)

    async def _resolve(self, outgoing: Outgoing, request: OrderRequest) -> None:
        """Look the order up; post the same id again only while fresh and only after the broker knew nothing of it."""
        name = request.client_order_id
        for wait in LOOKUPS_SECONDS:
            await self._clock.sleep(wait)
            try:
                order = await self._broker.order_by_client_id(name)
            except BrokerConnectionError:
                continue
            if order is not None:
                self._tell("order.resolved", {"client_order_id": name, "status": order.status.value})
                self.desk.handle(OrderUpdated(update_of(order)))
                return
            if self._clock.now() < outgoing.created_at + FRESH and not self._gate(request, is_posted=False):
                self._posted.add(name)
                answer = await self._post(request)
                if isinstance(answer, Accepted):
                    self.desk.handle(OrderUpdated(update_of(answer.order)))
                    return
                if isinstance(answer, Refused) and not answer.is_retryable:
                    self._refuse(request, f"broker {answer.http_status}/{answer.code}: {answer.message}")
                    return
        # Still unknown: it counts in every limit, and each reconciliation looks for it again.
        self.desk.alert(Alert(Severity.WARNING, "order outcome unknown", name))

    # --- cancels and flattening -----------------------------------------------------------------------------------

    async def _cancel(self, client_order_id: str) -> None:
        order = self.desk.core.orders.get(client_order_id)
        if order is not None and order.broker_order_id:
            await self._broker.cancel(order.broker_order_id)

    async def flatten(self, reason: str) -> None:
        """Cancel everything and close every position at the broker; what follows comes as order updates."""
        try:
            await self._broker.close_all()
        except BrokerConnectionError as error:
            self.desk.alert(Alert(Severity.CRITICAL, "flatten failed", error.line()))
            self.unflattened = reason
            return
        self.desk.alert(Alert(Severity.CRITICAL, "flattening", reason))
