"""Which orders the broker takes: a table of classes, types and times in force (checklist X-10, X-37).

The rules are data. :data:`ALPACA` is Alpaca's table for US equities (protocol reference, 6.8 to 6.11); another
broker, or a change of Alpaca's, is another table. :func:`missing_capability` only looks it up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from qts_core.market.light import light
from qts_core.market.orders import OrderClass, OrderType, TimeInForce

__all__ = ["ALPACA", "Capabilities", "Capability", "Question", "missing_capability", "rows"]

DAY, GTC, OPG, CLS, IOC, FOK = (
    TimeInForce.DAY, TimeInForce.GTC, TimeInForce.OPG, TimeInForce.CLS, TimeInForce.IOC, TimeInForce.FOK,
)  # fmt: skip
Lifetimes = frozenset[TimeInForce]
NONE: Lifetimes = frozenset()
STANDING: Lifetimes = frozenset({DAY, GTC})
EVERY: Lifetimes = frozenset(TimeInForce)
TODAY: Lifetimes = frozenset({DAY})


@dataclass(frozen=True, slots=True)
class Capability:
    """The times in force that one class and type of order may have, by what else it asks for.

    Attributes
    ----------
    whole, fractional, notional : frozenset of TimeInForce
        For whole shares, parts of a share, and orders by value.
    extended : frozenset of TimeInForce
        With extended hours.
    """

    whole: Lifetimes
    fractional: Lifetimes = NONE
    notional: Lifetimes = NONE
    extended: Lifetimes = NONE


Capabilities = Mapping[tuple[OrderClass, OrderType], Capability]

ALPACA: Capabilities = MappingProxyType(
    {
        (OrderClass.SIMPLE, OrderType.MARKET): Capability(EVERY, fractional=TODAY, notional=TODAY),
        (OrderClass.SIMPLE, OrderType.LIMIT): Capability(EVERY, fractional=TODAY, extended=STANDING),
        (OrderClass.SIMPLE, OrderType.STOP): Capability(STANDING, fractional=TODAY),
        (OrderClass.SIMPLE, OrderType.STOP_LIMIT): Capability(STANDING, fractional=TODAY),
        (OrderClass.SIMPLE, OrderType.TRAILING_STOP): Capability(STANDING),
        (OrderClass.BRACKET, OrderType.MARKET): Capability(STANDING),
        (OrderClass.BRACKET, OrderType.LIMIT): Capability(STANDING),
        (OrderClass.OTO, OrderType.MARKET): Capability(STANDING),
        (OrderClass.OTO, OrderType.LIMIT): Capability(STANDING),
        (OrderClass.OCO, OrderType.LIMIT): Capability(STANDING),
    }
)


@light
@dataclass(frozen=True, slots=True)
class Question:
    """What an order asks for."""

    order_class: OrderClass
    type: OrderType
    lifetime: TimeInForce
    is_fractional: bool = False
    is_notional: bool = False
    is_extended: bool = False


def missing_capability(asked: Question, table: Capabilities = ALPACA) -> str:
    """Return why the broker does not take such an order, in Alpaca's words, or an empty text when it does."""
    capability = table.get((asked.order_class, asked.type))
    if capability is None:
        return _unknown(asked, table)
    if asked.is_extended and asked.lifetime not in capability.extended:
        if asked.type in (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP):
            return "stop orders are not eligible for extended hours trading"
        return "extended hours order must be DAY or GTC limit orders"
    if asked.is_fractional or asked.is_notional:
        return _no_fraction(asked, capability)
    if asked.lifetime not in capability.whole:
        kind = asked.type if asked.order_class is OrderClass.SIMPLE else asked.order_class
        return f"{kind} orders are not accepted with time_in_force {asked.lifetime}"
    return ""


def _unknown(asked: Question, table: Capabilities) -> str:
    types = [kind for order_class, kind in table if order_class is asked.order_class]
    if not types:
        return f"{asked.order_class} orders are not supported by this exchange"
    if asked.type is OrderType.TRAILING_STOP:
        return "trailing stop orders must be simple orders"
    return f"{asked.order_class} orders must be of type {' or '.join(sorted(types))}"


def _no_fraction(asked: Question, capability: Capability) -> str:
    if asked.order_class is not OrderClass.SIMPLE:
        return "fractional orders must be simple orders"
    allowed = capability.notional if asked.is_notional else capability.fractional
    if asked.lifetime in allowed:
        return ""
    if allowed or asked.lifetime is not DAY:
        return "fractional orders must be DAY orders"
    return "notional orders must be market orders" if asked.is_notional else f"{asked.type} orders take whole shares"


def rows(table: Capabilities = ALPACA) -> list[dict[str, str]]:
    """Return the table as text, one row of each class and type, for documents and screens."""
    names = ("whole", "fractional", "notional", "extended")
    made = []
    for key in product(OrderClass, OrderType):
        if key in table:
            cells = {name: " ".join(t for t in TimeInForce if t in getattr(table[key], name)) or "-" for name in names}
            made.append({"class": str(key[0]), "type": str(key[1]), **cells})
    return made
