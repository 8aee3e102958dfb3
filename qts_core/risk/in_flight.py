"""Orders at work: slippage so far, partial fills, the end of their time, and orders that nobody answers (10.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qts_core.market.orders import OrderSide, OrderStatus, TimeInForce
from qts_core.risk.verdict import Verdict

__all__ = ["Finding", "InFlightSettings", "NextStep", "WorkingOrder", "inspect", "inspect_all", "slippage_bps"]

BPS = 10_000.0
UNANSWERED = (OrderStatus.SENT, OrderStatus.UNKNOWN, OrderStatus.PENDING_NEW, OrderStatus.PENDING_CANCEL,
              OrderStatus.PENDING_REPLACE)  # fmt: skip
"""States that last moments at a healthy broker."""


class NextStep(StrEnum):
    """What a finding asks for."""

    WAIT = "wait"
    """Nothing: it is known and counts in the limits."""
    CANCEL = "cancel"
    """Cancel what is left."""
    ASK = "ask"
    """Ask the broker for the order's state."""
    TELL = "tell"
    """Tell a person."""


@dataclass(frozen=True, slots=True)
class InFlightSettings:
    """When an order at work is remarkable.

    Attributes
    ----------
    max_slippage_bps : float
        Adverse distance of the mean fill price from the price at arrival; more cancels the rest.
    partial_after : timedelta
        Age from which a partly filled order is reported.
    stuck_after : timedelta
        Time without an answer after which the broker is asked.
    lost_after : timedelta
        Time after which a person is told.
    """

    max_slippage_bps: float = 50.0
    partial_after: timedelta = timedelta(minutes=15)
    stuck_after: timedelta = timedelta(seconds=30)
    lost_after: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class WorkingOrder:
    """What the checks need to know of an open order.

    Attributes
    ----------
    client_order_id, symbol : str
    side : OrderSide
    status : OrderStatus
    time_in_force : TimeInForce
    quantity, filled : float
        Shares ordered and filled so far.
    average_price : float
        Of the fills, USD; ignored while nothing is filled.
    arrival_price : float
        Last price when the order was decided, USD.
    sent, heard : datetime
        When it was sent, and when the broker last said something of it.
    session_close : datetime
        Close of the session in which it was sent.
    """

    client_order_id: str
    symbol: str
    side: OrderSide
    status: OrderStatus
    time_in_force: TimeInForce
    quantity: float
    filled: float
    average_price: float
    arrival_price: float
    sent: datetime
    heard: datetime
    session_close: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on one order and what it asks for."""

    client_order_id: str
    verdict: Verdict
    step: NextStep


def slippage_bps(side: OrderSide, average_price: float, arrival_price: float) -> float:
    """Return how much worse than at arrival the fills are, basis points; negative = better."""
    return side.sign * (average_price - arrival_price) / arrival_price * BPS


def inspect(order: WorkingOrder, now: datetime, settings: InFlightSettings) -> tuple[Finding, ...]:
    """Return what is remarkable about `order` at `now`, worst first; nothing when all is well."""
    if order.status.is_terminal:
        return ()
    found = [*_lateness(order, now, settings), *_expiry(order, now)]
    if order.filled > 0.0:
        found += _fills(order, now, settings)
    return tuple(found)


def inspect_all(orders: Sequence[WorkingOrder], now: datetime, settings: InFlightSettings) -> tuple[Finding, ...]:
    """Return the findings of all `orders`, in their order."""
    return tuple(finding for order in orders for finding in inspect(order, now, settings))


def _lateness(order: WorkingOrder, now: datetime, settings: InFlightSettings) -> list[Finding]:
    silence = now - order.heard
    if order.status not in UNANSWERED or silence < settings.stuck_after:
        return []
    is_lost = silence >= settings.lost_after
    limit = settings.lost_after if is_lost else settings.stuck_after
    reason = f"no answer since {order.heard.isoformat()}: the order counts as open until the broker tells"
    return [_finding(order, "flight.stuck", reason, limit.total_seconds(), silence.total_seconds(),
                     NextStep.TELL if is_lost else NextStep.ASK)]  # fmt: skip


def _expiry(order: WorkingOrder, now: datetime) -> list[Finding]:
    """Find orders whose time is over but which the broker has not ended."""
    if order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        over = order.sent
    elif order.time_in_force in (TimeInForce.DAY, TimeInForce.CLS, TimeInForce.OPG):
        over = order.session_close
    else:
        return []
    late = (now - over).total_seconds()
    if late <= 0.0:
        return []
    reason = f"its time in force ({order.time_in_force}) is over, but it is still {order.status}"
    return [_finding(order, "flight.expired", reason, 0.0, late, NextStep.ASK)]


def _fills(order: WorkingOrder, now: datetime, settings: InFlightSettings) -> list[Finding]:
    found = []
    slippage = slippage_bps(order.side, order.average_price, order.arrival_price)
    if not slippage <= settings.max_slippage_bps:
        reason = "its fills slip more than allowed: the rest is cancelled"
        found.append(_finding(order, "flight.slippage", reason, settings.max_slippage_bps, slippage, NextStep.CANCEL))
    age = now - order.sent
    if order.filled < order.quantity and age >= settings.partial_after:
        reason = f"{order.filled:g} of {order.quantity:g} shares are filled after {int(age.total_seconds())} s"
        found.append(_finding(order, "flight.partial", reason, order.quantity, order.filled, NextStep.WAIT))
    return found


def _finding(order: WorkingOrder, name: str, reason: str, limit: float, value: float, step: NextStep) -> Finding:
    return Finding(order.client_order_id, Verdict(name, order.symbol, False, reason, limit, value), step)
