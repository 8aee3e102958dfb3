"""Reconciliation: the broker's REST answers are the truth; the ledger follows, no order is ever sent (design 5.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from live_daemon.desk import Desk
from live_daemon.sender import update_of
from qts_core.market.events import AccountSnapshot, BuyingPowerTold, OrderUpdated
from qts_core.market.orders import Execution, OrderSide, OrderStatus, OrderUpdate
from qts_core.orders.state import OrderState
from qts_core.ports.broker import Broker, BrokerAccount, BrokerFill, BrokerOrder, BrokerPosition
from qts_core.ports.clock import Clock

__all__ = ["Outcome", "Reconciler", "adoption", "missing_updates"]

LOOK_BACK: Final = timedelta(hours=36)
RECHECKS: Final = 2
RECHECK_SECONDS: Final = 5.0
ADOPTED: Final = "adopted-"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reconciliation found."""

    updates: int
    differences: tuple[str, ...]
    account: BrokerAccount

    @property
    def is_clean(self) -> bool:
        """Whether positions agree exactly."""
        return not self.differences


def missing_updates(
    orders: Sequence[BrokerOrder], fills: Sequence[BrokerFill], known: dict[str, OrderState]
) -> list[OrderUpdate]:
    """Return what the broker knows of its orders and the book does not.

    An execution counts as missing when its id is unknown and its cumulative quantity lies above what is booked.
    """
    by_order: dict[str, list[BrokerFill]] = {}
    for fill in fills:
        by_order.setdefault(fill.broker_order_id, []).append(fill)
    found: list[OrderUpdate] = []
    for order in orders:
        state = known.get(order.client_order_id)
        booked = state.filled_quantity if state is not None else Decimal(0)
        ids = state.executions.keys() if state is not None else ()
        for fill in sorted(by_order.get(order.broker_order_id, []), key=lambda f: f.cumulative_quantity):
            if fill.execution_id not in ids and fill.cumulative_quantity > booked:
                found.append(_with_execution(order, fill))
        if state is None or _differs(order, state):
            found.append(update_of(order))
    return found


def _differs(order: BrokerOrder, state: OrderState) -> bool:
    return (
        order.status not in (state.status, state.reported_status)
        or order.filled_quantity > state.reported_quantity
        or not state.broker_order_id
    )


def _with_execution(order: BrokerOrder, fill: BrokerFill) -> OrderUpdate:
    execution = Execution(
        fill.execution_id, order.client_order_id, order.symbol, fill.side, fill.quantity, fill.price, fill.ts_event,
        fill.commission,
    )  # fmt: skip
    is_whole = fill.cumulative_quantity >= order.quantity > 0
    status = OrderStatus.FILLED if is_whole else OrderStatus.PARTIALLY_FILLED
    return OrderUpdate(
        order.client_order_id, order.symbol, status, fill.cumulative_quantity, fill.ts_event, order.broker_order_id,
        execution,
    )  # fmt: skip


def adoption(
    account: BrokerAccount, positions: Sequence[BrokerPosition], moment: datetime
) -> tuple[Decimal, list[OrderUpdate]]:
    """Return the opening cash and the entries that bring a fresh book to what the account holds already."""
    cash = account.cash
    updates: list[OrderUpdate] = []
    for position in positions:
        side = OrderSide.BUY if position.quantity > 0 else OrderSide.SELL
        name = f"{ADOPTED}{position.symbol}"
        execution = Execution(
            f"{name}-{moment:%Y%m%dT%H%M%S}", name, position.symbol,
            side, abs(position.quantity), position.average_price, moment,
        )  # fmt: skip
        cash += position.quantity * position.average_price
        filled = abs(position.quantity)
        updates.append(OrderUpdate(name, position.symbol, OrderStatus.FILLED, filled, moment, "", execution))
    return cash, updates


class Reconciler:
    """Compares the book with the broker and lets the book follow.

    Parameters
    ----------
    since : datetime
        When this account's journal began; older orders are part of the adopted positions.
    """

    def __init__(self, broker: Broker, desk: Desk, clock: Clock, since: datetime) -> None:
        self._broker = broker
        self._desk = desk
        self._clock = clock
        self._since = since
        self.last_at: datetime | None = None
        self.last: Outcome | None = None

    async def once(self) -> Outcome:
        """Fetch, feed what is missing, compare."""
        opened = [o.reported_at for o in self._desk.core.orders.values() if o.is_open]
        after = max(self._since, min([self._clock.now() - LOOK_BACK, *(m - LOOK_BACK for m in opened)]))
        orders = await self._broker.orders(after)
        fills = await self._broker.fills(after)
        account, positions = await self._broker.account(), await self._broker.positions()
        updates = missing_updates(orders, fills, dict(self._desk.core.orders))
        updates += self._expired(orders)
        if updates:
            self._desk.handle(*(OrderUpdated(update) for update in updates))
        self._tell_power(account)
        differences = self._compare(account, positions)
        self.last_at = self._clock.now()
        self.last = Outcome(len(updates), differences, account)
        return self.last

    def _tell_power(self, account: BrokerAccount) -> None:
        """Let the core know what the broker lends, where a limit asks for it."""
        core, power = self._desk.core, account.buying_power
        if core.settings.choices.has_buying_power and power is not None and power != core.buying_power:
            self._desk.handle(BuyingPowerTold(self._clock.now(), power))

    async def settled(self) -> Outcome:
        """Reconcile, and when positions differ look again twice: fills may still be on their way."""
        outcome = await self.once()
        for _ in range(RECHECKS):
            if outcome.is_clean:
                break
            await self._clock.sleep(RECHECK_SECONDS if self._clock.speed == 1.0 else RECHECK_SECONDS / 20)
            outcome = await self.once()
        return outcome

    def _expired(self, orders: Sequence[BrokerOrder]) -> list[OrderUpdate]:
        """Close our own day orders that a later session's broker does not know: they never arrived."""
        now, listed = self._clock.now(), {o.client_order_id for o in orders}
        return [
            OrderUpdate(
                o.client_order_id, o.symbol, OrderStatus.EXPIRED, o.filled_quantity, now, reason="never arrived"
            )
            for o in self._desk.core.open_orders()
            if o.request is not None and not o.broker_order_id and o.client_order_id not in listed
            and o.reported_at + timedelta(hours=12) < now
        ]  # fmt: skip

    def _compare(self, account: BrokerAccount, positions: Sequence[BrokerPosition]) -> tuple[str, ...]:
        snapshot = AccountSnapshot(
            self._clock.now(), account.cash, account.equity, tuple((p.symbol, p.quantity) for p in positions)
        )  # fmt: skip
        result = self._desk.core.reconcile(snapshot)
        # Cash differs by fees that the broker books later; shares must agree exactly.
        return tuple(str(d) for d in result.differences if d.subject != "cash")
