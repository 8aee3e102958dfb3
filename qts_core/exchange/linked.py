"""Brackets, OCO and OTO: which exit works when, and what one order's end does to the others (protocol reference, 6.8).

The take-profit works as an ordinary limit. The stop-loss beside it stays `held`, as Alpaca shows it, and is watched all
the same; alone it works as an ordinary stop. The exits of an entry begin with its full fill.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qts_core.exchange.book import OrderBook, canceled, expired, held, working
from qts_core.exchange.records import ExchangeEvent, Leg, Link, OrderRecord
from qts_core.exchange.rules import opposite
from qts_core.market.light import changed
from qts_core.market.orders import OrderClass, OrderRequest, OrderStatus, OrderType

__all__ = ["LinkedOrders"]


class LinkedOrders:
    """The groups of one book, by the id of their first order."""

    def __init__(self, book: OrderBook) -> None:
        self._book = book
        self._groups: dict[str, dict[Leg, str]] = {}

    def begin(self, first: OrderRecord, now: datetime) -> tuple[OrderRecord, list[ExchangeEvent]]:
        """Make the exits of a new order and return its linked record and their `held` events."""
        request = first.request
        leg = Leg.TAKE_PROFIT if request.order_class is OrderClass.OCO else Leg.ENTRY
        first = changed(first, link=Link(first.id, leg))
        self._book.keep(first)
        self._groups[first.id] = {leg: first.id}
        events = []
        for role, exit_request in _exits(request):
            intent = first.position_intent.replace("open", "close")
            if leg is Leg.ENTRY:
                intent = f"{exit_request.side}_to_close"
            made = self._book.add(exit_request, now, intent=intent, status=OrderStatus.HELD, link=Link(first.id, role))
            self._groups[first.id][role] = made.id
            events.append(self._book.move(held(made, now), "held", now))
        return first, events

    def legs(self, order_id: str) -> tuple[OrderRecord, ...]:
        """Return the exits that were sent with the order `order_id`; none for any other order."""
        group = self._groups.get(order_id, {})
        found = (self._book.get(i) for i in group.values() if i != order_id)
        return tuple(o for o in found if o is not None)

    def member(self, order: OrderRecord, leg: Leg) -> OrderRecord | None:
        """Return the order that is `leg` of the group of `order`, or None."""
        if order.link is None:
            return None
        order_id = self._groups[order.link.group].get(leg)
        return None if order_id is None else self._book.get(order_id)

    def rival(self, order: OrderRecord) -> OrderRecord | None:
        """Return the other exit of the same position when it is watched too, or None."""
        if order.link is None or order.link.leg is Leg.ENTRY:
            return None
        other = Leg.STOP_LOSS if order.link.leg is Leg.TAKE_PROFIT else Leg.TAKE_PROFIT
        found = self.member(order, other)
        return found if found is not None and not found.status.is_terminal else None

    def is_watched(self, order: OrderRecord) -> bool:
        """Return whether prices can trigger or fill an open order: a held exit's entry must be filled."""
        if order.status is not OrderStatus.HELD:
            return True
        entry = self.member(order, Leg.ENTRY)
        return entry is None or entry.status is OrderStatus.FILLED

    def succeed(self, old: OrderRecord, new: OrderRecord) -> None:
        """Let `new` take the place of `old`, which it replaces; the exits of an entry get its quantity."""
        if old.link is None:
            return
        self._groups[old.link.group][old.link.leg] = new.id
        if old.link.leg is not Leg.ENTRY:
            return
        total = old.filled_quantity + (new.request.quantity or Decimal(0))
        for leg in (Leg.TAKE_PROFIT, Leg.STOP_LOSS):
            exit_order = self.member(new, leg)
            if exit_order is not None:
                self._book.keep(_resized(exit_order, total))

    def follow(self, order: OrderRecord, now: datetime) -> list[ExchangeEvent]:
        """Return what the new state of a linked order leads to: exits begin, shrink or end."""
        if order.link is None or order.status is OrderStatus.REPLACED:
            return []
        if order.link.leg is Leg.ENTRY:
            if order.status is OrderStatus.FILLED:
                return self._activate(order, now)
            return self._end_others(order, now) if order.status.is_terminal else []
        is_stop_hit = order.link.leg is Leg.STOP_LOSS and (order.is_triggered or order.filled_quantity > 0)
        if order.status.is_terminal or is_stop_hit:
            return self._end_others(order, now)
        rival = self.rival(order)
        if rival is not None and order.filled_quantity:
            self._book.keep(_resized(rival, rival.filled_quantity + order.remaining))
        return []

    def _activate(self, entry: OrderRecord, now: datetime) -> list[ExchangeEvent]:
        target, stop = self.member(entry, Leg.TAKE_PROFIT), self.member(entry, Leg.STOP_LOSS)
        first = target if target is not None else stop
        if first is None or first.status is not OrderStatus.HELD:
            return []
        return [self._book.move(working(first, now), "new", now)]

    def _end_others(self, order: OrderRecord, now: datetime) -> list[ExchangeEvent]:
        events = []
        for leg in Leg:
            other = self.member(order, leg)
            if other is None or other.id == order.id or other.status.is_terminal:
                continue
            if order.status is OrderStatus.EXPIRED:
                events.append(self._book.move(expired(other, now, "linked order expired"), "expired", now))
            else:
                events.append(self._book.move(canceled(other, now, "linked order ended"), "canceled", now))
        return events


def _exits(request: OrderRequest) -> list[tuple[Leg, OrderRequest]]:
    """Return the exits that an order brings with it."""
    is_oco = request.order_class is OrderClass.OCO
    side = request.side if is_oco else opposite(request.side)
    bare = changed(
        request,
        client_order_id="",
        side=side,
        limit_price=None,
        take_profit_limit_price=None,
        stop_loss_stop_price=None,
        stop_loss_limit_price=None,
    )
    exits = []
    if request.take_profit_limit_price is not None and not is_oco:
        target = changed(bare, type=OrderType.LIMIT, limit_price=request.take_profit_limit_price)
        exits.append((Leg.TAKE_PROFIT, target))
    if request.stop_loss_stop_price is not None:
        limit = request.stop_loss_limit_price
        kind = OrderType.STOP if limit is None else OrderType.STOP_LIMIT
        stop = changed(bare, type=kind, stop_price=request.stop_loss_stop_price, limit_price=limit)
        exits.append((Leg.STOP_LOSS, stop))
    return exits


def _resized(order: OrderRecord, total: Decimal) -> OrderRecord:
    return changed(order, request=changed(order.request, quantity=total))
