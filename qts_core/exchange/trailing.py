"""Stops that follow the price (protocol reference, 6.8)."""

from __future__ import annotations

from decimal import Decimal

from qts_core.exchange.book import OrderBook
from qts_core.exchange.records import OrderRecord
from qts_core.market.light import changed
from qts_core.market.money import to_tick
from qts_core.market.orders import OrderRequest, OrderType

__all__ = ["effective", "follow_price", "followed", "stop_at", "working_stop"]

HUNDRED = Decimal(100)
TRAILING_STOP = OrderType.TRAILING_STOP


def stop_at(request: OrderRequest, best: Decimal) -> Decimal:
    """Return the stop price of a trailing order whose best price is `best`, to the tick."""
    sign = request.side.sign
    if request.trail_price is not None:
        return to_tick(best + sign * request.trail_price)
    return to_tick(best * (1 + sign * (request.trail_percent or Decimal(0)) / HUNDRED))


def working_stop(order: OrderRecord) -> Decimal | None:
    """Return the stop price in force of any order, or None: a trailing one has it once it knows a price."""
    if order.request.type is not TRAILING_STOP:
        return order.request.stop_price
    return None if order.best_price is None else stop_at(order.request, order.best_price)


def followed(order: OrderRecord, price: Decimal) -> OrderRecord:
    """Return `order` after the market was at `price`: the best price only moves to the order's good side."""
    best = order.best_price
    if best is not None and (price - best) * order.request.side.sign >= 0:
        return order
    return changed(order, best_price=price)


def effective(order: OrderRecord) -> OrderRequest | None:
    """Return what an order amounts to now: itself, or the stop order that a trailing one is; None before any price."""
    if order.request.type is not TRAILING_STOP:
        return order.request
    stop = working_stop(order)
    return None if stop is None else changed(order.request, type=OrderType.STOP, stop_price=stop)


def follow_price(book: OrderBook, order_id: str, price: Decimal) -> None:
    """Let the trailing order `order_id` follow the market to `price` unless it has triggered or ended."""
    order = book.get(order_id)
    if order is not None and not order.is_triggered and not order.status.is_terminal:
        book.keep(followed(order, price))
