"""What brackets, OCO and OTO orders must say (protocol reference, 6.8)."""

from __future__ import annotations

from decimal import Decimal

from qts_core.exchange.records import Refused
from qts_core.market.light import changed
from qts_core.market.money import CENT
from qts_core.market.orders import OrderClass, OrderRequest, OrderSide, OrderType

__all__ = ["exit_prices", "normal_form", "refuse_bases", "refuse_legs"]

SIMPLE, OCO = OrderClass.SIMPLE, OrderClass.OCO
MALFORMED = 40010001
NOT_ACCEPTABLE = 42210000


def normal_form(request: OrderRequest) -> OrderRequest:
    """Return `request` with its take-profit price where the rules look for it: OCO has two places for it."""
    if request.order_class is OCO and request.limit_price is None:
        return changed(request, limit_price=request.take_profit_limit_price)
    return request


def exit_prices(request: OrderRequest) -> tuple[tuple[str, Decimal], ...]:
    """Return the prices that an order names for its exits, by their names on the wire; most orders name none."""
    target, stop, limit = (
        request.take_profit_limit_price, request.stop_loss_stop_price, request.stop_loss_limit_price
    )  # fmt: skip
    if target is None and stop is None and limit is None:
        return ()
    named = (("take_profit.limit_price", target), ("stop_loss.stop_price", stop), ("stop_loss.limit_price", limit))
    return tuple((name, price) for name, price in named if price is not None)


def refuse_legs(request: OrderRequest) -> Refused | None:
    """Return why the exits of an order are not what its class asks for, or None."""
    kind, target, stop = request.order_class, request.take_profit_limit_price, request.stop_loss_stop_price
    if kind is SIMPLE:
        given = exit_prices(request)
        return Refused(422, MALFORMED, "simple orders take no take_profit or stop_loss") if given else None
    if stop is None and request.stop_loss_limit_price is not None:
        return Refused(422, MALFORMED, f"{kind} orders require stop_loss.stop_price")
    if kind is OrderClass.OTO:
        if (target is None) == (stop is None):
            return Refused(422, MALFORMED, "oto orders require one of take_profit and stop_loss")
        return None
    if kind is OrderClass.OCO and target is not None and target != request.limit_price:
        return Refused(422, MALFORMED, "oco orders take one of limit_price and take_profit.limit_price")
    if kind is OrderClass.BRACKET and target is None:
        return Refused(422, MALFORMED, "bracket orders require take_profit.limit_price")
    if stop is None:
        return Refused(422, MALFORMED, f"{kind} orders require stop_loss.stop_price")
    return None


def refuse_bases(request: OrderRequest, last: Decimal | None) -> Refused | None:
    """Return why the exits lie on the wrong side of the entry, or None.

    The base price is the entry's limit, for a market entry and an OCO order the last price; without one, the exits are
    compared with each other alone.
    """
    kind = request.order_class
    if kind is SIMPLE:
        return None
    is_entry_limit = kind is not OrderClass.OCO and request.type is OrderType.LIMIT
    base = request.limit_price if is_entry_limit else last
    target = request.limit_price if kind is OrderClass.OCO else request.take_profit_limit_price
    stop = request.stop_loss_stop_price
    # The exits of a long entry sell; an OCO order is itself the exit.
    is_selling = (request.side is OrderSide.SELL) is (kind is OrderClass.OCO)
    sign = 1 if is_selling else -1
    if stop is not None and base is not None and (base - stop) * sign < CENT:
        word = "<= base_price - 0.01" if is_selling else ">= base_price + 0.01"
        return _refused(f"stop_loss.stop_price must be {word}", base)
    bound = stop if kind is OrderClass.OCO else base
    if target is not None and bound is not None and (target - bound) * sign < CENT:
        name = "stop_price" if kind is OrderClass.OCO else "base_price"
        word = f">= {name} + 0.01" if is_selling else f"<= {name} - 0.01"
        return _refused(f"take_profit.limit_price must be {word}", bound)
    return None


def _refused(message: str, base: Decimal) -> Refused:
    return Refused(422, NOT_ACCEPTABLE, message, {"base_price": str(base)})
