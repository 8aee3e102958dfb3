"""The orders of the simulated exchange: by id, by the client's id, and those still open."""

from __future__ import annotations

from datetime import datetime, timedelta

from qts_core.exchange.records import ExchangeEvent, Fill, Link, OrderRecord
from qts_core.market.calendar import Session, TradingCalendar
from qts_core.market.ids import stable_id
from qts_core.market.light import changed
from qts_core.market.money import ZERO
from qts_core.market.orders import OrderRequest, OrderStatus, OrderUpdate, TimeInForce

__all__ = ["OrderBook"]

GTC_LIFE = timedelta(days=90)
ONE_MICRO = timedelta(microseconds=1)


class OrderBook:
    """Every order ever taken, as its latest record; ids are derived, so a replay gives the same ones."""

    def __init__(self, account_number: str, start: datetime, calendar: TradingCalendar) -> None:
        self._account = account_number
        self._calendar = calendar
        self._last_submission = start - ONE_MICRO
        self._orders: dict[str, OrderRecord] = {}
        self._by_client_id: dict[str, str] = {}
        self._open: dict[str, None] = {}
        self._open_of: dict[str, dict[str, None]] = {}
        self._asked: tuple[datetime, Session | None] = (self._last_submission, calendar.at(self._last_submission))

    def __len__(self) -> int:
        return len(self._orders)

    def add(
        self,
        request: OrderRequest,
        now: datetime,
        *,
        intent: str,
        status: OrderStatus,
        replaces: OrderRecord | None = None,
        link: Link | None = None,
    ) -> OrderRecord:
        """Take a new order and return its first record; a missing client id is made up.

        A successor goes on where the order that it replaces was: triggered, linked, with its best price.
        """
        sequence = len(self._orders)
        if not request.client_order_id:
            made_up = stable_id(self._account, "client", str(sequence))
            request = changed(request, client_order_id=made_up)
        shown = max(now, self._last_submission + ONE_MICRO)
        self._last_submission = shown
        order = OrderRecord(
            id=stable_id(self._account, "order", request.client_order_id),
            request=request,
            sequence=sequence,
            status=status,
            position_intent=intent,
            arrived_at=now,
            submitted_at=shown,
            updated_at=shown,
            expires_at=self._expiry(request, now),
            link=link,
        )
        if replaces is not None:
            order = changed(
                order,
                replaces=replaces.id,
                is_triggered=replaces.is_triggered,
                link=replaces.link,
                best_price=replaces.best_price,
            )
        self._by_client_id[request.client_order_id] = order.id
        self._orders[order.id] = order
        self._open[order.id] = None
        self._open_of.setdefault(request.symbol, {})[order.id] = None
        return order

    def move(self, order: OrderRecord, event: str, now: datetime, fill: Fill | None = None) -> ExchangeEvent:
        """Store `order`, changed at `now`, as the latest record and return the event that tells of it."""
        self.keep(order)
        request = order.request
        if order.status.is_terminal and order.id in self._open:
            del self._open[order.id]
            del self._open_of[request.symbol][order.id]
        execution = fill.execution if fill is not None else None
        update = OrderUpdate(
            request.client_order_id, request.symbol, order.status, order.filled_quantity, now, order.id, execution,
            order.reason,
        )  # fmt: skip
        return ExchangeEvent(event, update, order, fill)

    def keep(self, order: OrderRecord) -> None:
        """Store `order` as the latest record where nobody is told: a trigger, a trail, a place in a queue."""
        self._orders[order.id] = order

    def get(self, order_id: str) -> OrderRecord | None:
        """Return the order with the broker's id, or None."""
        return self._orders.get(order_id)

    def find(self, client_order_id: str) -> OrderRecord | None:
        """Return the order with the client's id, or None."""
        order_id = self._by_client_id.get(client_order_id)
        return None if order_id is None else self._orders[order_id]

    def all(self) -> tuple[OrderRecord, ...]:
        """Return every order, oldest first."""
        return tuple(self._orders.values())

    def open(self, symbol: str | None = None) -> tuple[OrderRecord, ...]:
        """Return the open orders, oldest first, of one symbol or of all."""
        names = self._open if symbol is None else self._open_of.get(symbol)
        return tuple([self._orders[i] for i in names]) if names else ()

    def session_at(self, now: datetime) -> Session | None:
        """Return the session that contains `now`, or None; all orders of a bar ask for one moment."""
        if now != self._asked[0]:
            self._asked = (now, self._calendar.at(now))
        return self._asked[1]

    @property
    def has_open(self) -> bool:
        """Whether any order is open."""
        return bool(self._open)

    def _expiry(self, request: OrderRequest, now: datetime) -> datetime:
        if request.time_in_force is TimeInForce.GTC:
            return now + GTC_LIFE
        session = self.session_at(now) or self._calendar.next_after(now)
        return session.close


def working(order: OrderRecord, now: datetime) -> OrderRecord:
    """Return `order` as working at the venue."""
    return changed(order, status=OrderStatus.NEW, updated_at=_shown(order, now))


def held(order: OrderRecord, now: datetime) -> OrderRecord:
    """Return `order` as waiting for the order that it depends on."""
    return changed(order, status=OrderStatus.HELD, updated_at=_shown(order, now))


def rejected(order: OrderRecord, now: datetime, reason: str) -> OrderRecord:
    """Return `order` as rejected by the venue."""
    at = _shown(order, now)
    return changed(order, status=OrderStatus.REJECTED, failed_at=at, updated_at=at, reason=reason)


def canceled(order: OrderRecord, now: datetime, reason: str) -> OrderRecord:
    """Return `order` as cancelled."""
    at = _shown(order, now)
    return changed(order, status=OrderStatus.CANCELED, canceled_at=at, updated_at=at, reason=reason)


def expired(order: OrderRecord, now: datetime, reason: str) -> OrderRecord:
    """Return `order` as expired."""
    at = _shown(order, now)
    return changed(order, status=OrderStatus.EXPIRED, expired_at=at, updated_at=at, reason=reason)


def replaced(order: OrderRecord, now: datetime, successor: str) -> OrderRecord:
    """Return `order` as replaced by the order with the id `successor`."""
    at = _shown(order, now)
    return changed(order, status=OrderStatus.REPLACED, replaced_at=at, updated_at=at, replaced_by=successor)


def filled(order: OrderRecord, fill: Fill) -> OrderRecord:
    """Return `order` with `fill` added; nothing left means filled."""
    execution = fill.execution
    return changed(
        order,
        status=OrderStatus.FILLED if fill.leaves_quantity == ZERO else OrderStatus.PARTIALLY_FILLED,
        filled_quantity=order.filled_quantity + execution.quantity,
        filled_value=order.filled_value + execution.quantity * execution.price,
        filled_at=execution.ts_event,
        updated_at=_shown(order, execution.ts_event),
    )


def _shown(order: OrderRecord, now: datetime) -> datetime:
    """Return when a change shows: never before the submission, which may be shown some microseconds late."""
    return max(now, order.submitted_at)
