"""Words of the order path: sides, types, states and executions (specification 4.1, 12.2; X-09, X-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from qts_core.market.light import light

__all__ = [
    "Execution",
    "OrderClass",
    "OrderRequest",
    "OrderSide",
    "OrderStatus",
    "OrderType",
    "OrderUpdate",
    "TimeInForce",
]


class OrderSide(StrEnum):
    """Buy or sell; whether it opens or closes follows from the position."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is BUY else -1


BUY = OrderSide.BUY
"""In Python 3.11 a member costs ten times as much through its class."""


class OrderType(StrEnum):
    """Order types of Alpaca's equity API."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    """How long an order works."""

    DAY = "day"
    GTC = "gtc"
    OPG = "opg"
    CLS = "cls"
    IOC = "ioc"
    FOK = "fok"


class OrderClass(StrEnum):
    """Simple or linked orders."""

    SIMPLE = "simple"
    BRACKET = "bracket"
    OCO = "oco"
    OTO = "oto"


class OrderStatus(StrEnum):
    """Superset of specification 12.2 and Alpaca's list (X-09)."""

    CREATED = "created"
    """Decided, nothing durable yet."""
    INTENT = "intent"
    """Durable in the journal, not sent."""
    SENT = "sent"
    """Bytes may have left; no answer yet."""
    UNKNOWN = "unknown"
    """Outcome ambiguous; counts in every limit until resolved."""
    UNRECOGNISED = "unrecognised"
    """The broker used a word we do not know."""
    PENDING_NEW = "pending_new"
    ACCEPTED = "accepted"
    NEW = "new"
    HELD = "held"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    PENDING_CANCEL = "pending_cancel"
    CANCELED = "canceled"
    PENDING_REPLACE = "pending_replace"
    REPLACED = "replaced"
    EXPIRED = "expired"
    DONE_FOR_DAY = "done_for_day"
    REJECTED = "rejected"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    CALCULATED = "calculated"
    ACCEPTED_FOR_BIDDING = "accepted_for_bidding"
    PENDING_REVIEW = "pending_review"

    @property
    def is_terminal(self) -> bool:
        """Whether the order can never fill again (busts and corrections apart)."""
        return self in TERMINAL


TERMINAL = frozenset(
    {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REPLACED, OrderStatus.EXPIRED, OrderStatus.REJECTED}
)


@light
@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What is asked of the broker. Exactly one of `quantity` and `notional`."""

    client_order_id: str
    symbol: str
    side: OrderSide
    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.DAY
    quantity: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    order_class: OrderClass = OrderClass.SIMPLE
    take_profit_limit_price: Decimal | None = None
    stop_loss_stop_price: Decimal | None = None
    stop_loss_limit_price: Decimal | None = None


@light
@dataclass(frozen=True, slots=True)
class Execution:
    """One fill: the atom of which order state, position and cash are folds."""

    execution_id: str
    client_order_id: str
    symbol: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    ts_event: datetime
    commission: Decimal = Decimal(0)


@light
@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """What the broker said of one order at one time; `execution` is set when it reports a fill."""

    client_order_id: str
    symbol: str
    status: OrderStatus
    filled_quantity: Decimal
    ts_event: datetime
    broker_order_id: str = ""
    execution: Execution | None = None
    reason: str = ""
