"""What a replacement asks for, and when it is refused (protocol reference, section 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qts_core.exchange.records import Leg, OrderRecord, Refused
from qts_core.exchange.rules import MALFORMED, NOT_ACCEPTABLE, NOT_PERMITTED
from qts_core.market.light import changed
from qts_core.market.money import ZERO
from qts_core.market.orders import OrderClass, OrderRequest, OrderStatus, OrderType, TimeInForce

__all__ = ["Amendment", "amended"]


@dataclass(frozen=True, slots=True)
class Amendment:
    """The attributes to change; None keeps the old one. `quantity` is the total, earlier fills included."""

    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    client_order_id: str = ""
    trail: Decimal | None = None
    """The new value of whichever of trail price and trail percent the order has."""


def amended(order: OrderRecord, amendment: Amendment) -> OrderRequest | Refused:
    """Return the request of the successor, for what is left to fill, or why there is none."""
    if order.status not in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.HELD):
        return Refused(422, NOT_ACCEPTABLE, "unable to replace order, order is not open")
    old = order.request
    if old.quantity is None:
        return Refused(422, NOT_ACCEPTABLE, "notional orders cannot be replaced")
    if old.order_class is OrderClass.OTO:
        return Refused(422, NOT_ACCEPTABLE, "oto orders cannot be replaced")
    if amendment.trail is not None and old.type is not OrderType.TRAILING_STOP:
        return Refused(422, MALFORMED, f"{old.type} orders take no trail")
    is_exit = order.link is not None and order.link.leg is not Leg.ENTRY
    if is_exit and amendment.quantity not in (None, old.quantity):
        return Refused(422, NOT_ACCEPTABLE, "qty of an exit of linked orders cannot be replaced")
    if amendment.quantity is not None and (amendment.quantity % 1 or old.quantity % 1):
        return Refused(422, NOT_ACCEPTABLE, "qty of a fractional order cannot be replaced")
    total = old.quantity if amendment.quantity is None else amendment.quantity
    wanted = changed(
        old,
        quantity=total,
        limit_price=old.limit_price if amendment.limit_price is None else amendment.limit_price,
        stop_price=old.stop_price if amendment.stop_price is None else amendment.stop_price,
        time_in_force=amendment.time_in_force or old.time_in_force,
    )
    if amendment.trail is not None:
        is_percent = old.trail_price is None
        wanted = changed(
            wanted,
            trail_price=None if is_percent else amendment.trail,
            trail_percent=amendment.trail if is_percent else None,
        )
    if wanted == old:
        return Refused(403, NOT_PERMITTED, "order parameters are not changed")
    if ZERO < total <= order.filled_quantity:
        return Refused(422, MALFORMED, "qty must be > filled_qty")
    return changed(wanted, quantity=total - order.filled_quantity, client_order_id=amendment.client_order_id)
