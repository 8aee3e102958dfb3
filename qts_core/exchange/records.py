"""What the simulated exchange says: orders, fills, events, refusals, charges (specification 12.2, checklist X-09)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from qts_core.market.light import light
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution, OrderRequest, OrderStatus, OrderUpdate

__all__ = [
    "CARRY_KINDS",
    "Accepted",
    "Charge",
    "ExchangeEvent",
    "Fill",
    "Leg",
    "Link",
    "OrderRecord",
    "Refused",
    "is_complex",
]

CARRY_KINDS = frozenset({"BORROW", "INTEREST"})
"""Kinds of :class:`Charge` that are in no fill and in no corporate action."""


class Leg(StrEnum):
    """What an order does in a bracket, OCO or OTO."""

    ENTRY = "entry"
    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"


@light
@dataclass(frozen=True, slots=True)
class Link:
    """An order's place among linked orders; `group` is the id of the first order of the group."""

    group: str
    leg: Leg


@light
@dataclass(frozen=True, slots=True)
class OrderRecord:
    """The exchange's copy of one order; a later state is a new record.

    Attributes
    ----------
    id : str
        The broker's UUID.
    sequence : int
        Order of arrival.
    arrived_at : datetime
        When the request came; bars that start earlier never fill it.
    submitted_at : datetime
        As shown to clients: strictly increasing, so that paging by time loses nothing.
    filled_value : Decimal
        Sum of quantity times price over the fills, USD.
    is_triggered : bool
        Whether a stop order's price was reached.
    live_at : datetime, optional
        When it was at the venue; None = at once.
    link : Link, optional
        Its place in a bracket, OCO or OTO.
    best_price : Decimal, optional
        The high-water mark of a trailing sell, the low-water mark of a trailing buy, USD.
    queue_ahead : Decimal, optional
        Shares that fill before it at its limit; None = it has not joined a queue.
    """

    id: str
    request: OrderRequest
    sequence: int
    status: OrderStatus
    position_intent: str
    arrived_at: datetime
    submitted_at: datetime
    updated_at: datetime
    expires_at: datetime
    filled_quantity: Decimal = ZERO
    filled_value: Decimal = ZERO
    is_triggered: bool = False
    filled_at: datetime | None = None
    expired_at: datetime | None = None
    canceled_at: datetime | None = None
    replaced_at: datetime | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    reason: str = ""
    live_at: datetime | None = None
    failed_at: datetime | None = None
    link: Link | None = None
    best_price: Decimal | None = None
    queue_ahead: Decimal | None = None

    @property
    def filled_average_price(self) -> Decimal | None:
        """Mean price of the fills, USD, or None before the first."""
        return self.filled_value / self.filled_quantity if self.filled_quantity else None

    @property
    def remaining(self) -> Decimal:
        """Shares still to fill; 0 for an order by value, whose shares are known only when it fills."""
        return self.request.quantity - self.filled_quantity if self.request.quantity is not None else ZERO


@light
@dataclass(frozen=True, slots=True)
class Fill:
    """One execution with the account of its costs, all USD and all counted positive.

    Attributes
    ----------
    reference_price : Decimal
        The bar's price that the fill started from (open, stop or limit), before spread and slippage.
    spread_cost, slippage_cost : Decimal
        Paid inside the price; together they are ``|price - reference_price| * quantity``.
    position_quantity : Decimal
        Signed position after the fill.
    """

    execution: Execution
    order_id: str
    reference_price: Decimal
    spread_cost: Decimal
    slippage_cost: Decimal
    position_quantity: Decimal
    cumulative_quantity: Decimal
    leaves_quantity: Decimal


@light
@dataclass(frozen=True, slots=True)
class ExchangeEvent:
    """One message of the trade-updates stream; `event` is Alpaca's word for it.

    `known_at` is when the client hears of it, where latency is simulated.
    """

    event: str
    update: OrderUpdate
    order: OrderRecord
    fill: Fill | None = None
    known_at: datetime | None = None


@light
@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange took a request; `order` is the reply, `events` follow it on the stream."""

    order: OrderRecord
    events: tuple[ExchangeEvent, ...]


@light
@dataclass(frozen=True, slots=True)
class Refused:
    """The exchange refused a request in Alpaca's words; an expected outcome, not an exception."""

    http_status: int
    code: int
    message: str
    extras: Mapping[str, object] = field(default_factory=dict)

    def body(self) -> dict[str, object]:
        """Return the reply's JSON object."""
        return {"code": self.code, "message": self.message, **self.extras}


@light
@dataclass(frozen=True, slots=True)
class Charge:
    """Cash that moved without a trade's price: `kind` is SEC, TAF, CAT, COMMISSION, BORROW, INTEREST, DIV or SPLIT.

    `amount` is signed, USD (a cost is negative); a split moves shares instead, in `quantity`.
    """

    sequence: int
    kind: str
    symbol: str
    ts_event: datetime
    amount: Decimal
    quantity: Decimal = ZERO
    per_share: Decimal = ZERO


def is_complex(order: OrderRecord) -> bool:
    """Return whether an order belongs to a bracket, OCO or OTO."""
    return order.link is not None
