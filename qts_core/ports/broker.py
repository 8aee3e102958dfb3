"""The port of the broker: account, orders, fills and the three answers a submission can have (specification 12.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from qts_core.market.orders import OrderRequest, OrderSide, OrderStatus

__all__ = [
    "Accepted",
    "Ambiguous",
    "Broker",
    "BrokerAccount",
    "BrokerFill",
    "BrokerOrder",
    "BrokerPosition",
    "MinuteBar",
    "Refused",
    "Submission",
]


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """The account as the broker tells it; money in USD."""

    account_number: str
    cash: Decimal
    equity: Decimal
    is_blocked: bool
    is_shorting_enabled: bool
    buying_power: Decimal | None = None
    """What may be spent on new positions beyond those held and on order; None where the broker does not say."""


@dataclass(frozen=True, slots=True)
class BrokerPosition:
    """A position; `quantity` is negative when short."""

    symbol: str
    quantity: Decimal
    average_price: Decimal


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """An order as the broker tells it."""

    broker_order_id: str
    client_order_id: str
    symbol: str
    side: OrderSide
    status: OrderStatus
    quantity: Decimal
    filled_quantity: Decimal
    submitted_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class BrokerFill:
    """One execution from the account's activities; `cumulative_quantity` counts it."""

    execution_id: str
    broker_order_id: str
    symbol: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    cumulative_quantity: Decimal
    ts_event: datetime
    commission: Decimal


@dataclass(frozen=True, slots=True)
class MinuteBar:
    """One minute of one symbol as it was streamed; `ts_event` is its start in microseconds."""

    symbol: str
    ts_event: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker has the order."""

    order: BrokerOrder


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker has definitely not taken the order. `is_retryable`: the same id may be posted again while fresh."""

    http_status: int
    code: int
    message: str
    is_retryable: bool = False

    @property
    def is_unauthorized(self) -> bool:
        """Whether the keys were refused (fault F25)."""
        return self.http_status == 401


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Nobody can say yet whether the broker has the order; look it up by its client order id."""

    reason: str


Submission = Accepted | Refused | Ambiguous


class Broker(Protocol):
    """What the daemon asks of a broker. Reads raise ``BrokerConnectionError``; writes answer with a value."""

    async def account(self) -> BrokerAccount:
        """Return the account."""
        ...

    async def positions(self) -> tuple[BrokerPosition, ...]:
        """Return all positions."""
        ...

    async def orders(self, after: datetime) -> tuple[BrokerOrder, ...]:
        """Return every order submitted after `after`, open or closed, oldest first."""
        ...

    async def open_orders(self) -> tuple[BrokerOrder, ...]:
        """Return every open order."""
        ...

    async def order_by_client_id(self, client_order_id: str) -> BrokerOrder | None:
        """Return the order, or None when the broker says that it knows none."""
        ...

    async def fills(self, after: datetime) -> tuple[BrokerFill, ...]:
        """Return the executions after `after`, oldest first."""
        ...

    async def submit(self, request: OrderRequest) -> Submission:
        """Post one order, once."""
        ...

    async def cancel(self, broker_order_id: str) -> bool:
        """Ask for a cancel; True when the broker took the request."""
        ...

    async def close_all(self) -> None:
        """Cancel every order and close every position."""
        ...

    async def minute_bars(self, symbols: tuple[str, ...], start: datetime, end: datetime) -> tuple[MinuteBar, ...]:
        """Return the 1-minute bars that start in [start, end)."""
        ...
