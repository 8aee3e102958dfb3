"""What happens to the trading core, and what it asks for: immutable events and commands (specification 4.2).

The core is a fold over events; the backtest, the daemon and replay feed it the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from qts_core.market.bars import BarSlice
from qts_core.market.light import light
from qts_core.market.orders import OrderRequest, OrderUpdate

__all__ = [
    "AccountSnapshot",
    "Alert",
    "BarsClosed",
    "BuyingPowerTold",
    "CancelOrder",
    "CashMoved",
    "Command",
    "ConfigurationChanged",
    "ConnectionChanged",
    "CorporateActionsApplied",
    "Dividend",
    "Event",
    "Flatten",
    "KillRequested",
    "KillReset",
    "ModelSwapped",
    "OrderUpdated",
    "ReplaceOrder",
    "SetTimer",
    "Severity",
    "Split",
    "SubmitOrder",
    "TimerFired",
]


class Severity(StrEnum):
    """How loud an alert is (specification 13.3)."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@light
@dataclass(frozen=True, slots=True)
class BarsClosed:
    """A bar of every symbol has closed; the only event that leads to a decision."""

    bars: BarSlice
    is_catch_up: bool = False
    """True while history is replayed to warm up: state moves, nothing is decided."""


@light
@dataclass(frozen=True, slots=True)
class OrderUpdated:
    """The broker said something of an order."""

    update: OrderUpdate


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """The broker's own view; reconciliation compares it with the book, decisions never read it."""

    ts_event: datetime
    cash: Decimal
    equity: Decimal
    positions: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class BuyingPowerTold:
    """What the broker lends for new positions beyond those held and on order, USD."""

    ts_event: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Split:
    """`new_shares` for `old_shares`, effective from the open of `ex_date`."""

    symbol: str
    ex_date: date
    new_shares: Decimal
    old_shares: Decimal


@dataclass(frozen=True, slots=True)
class Dividend:
    """Cash per share, USD, booked at the open of `ex_date`."""

    symbol: str
    ex_date: date
    cash_per_share: Decimal


@dataclass(frozen=True, slots=True)
class CorporateActionsApplied:
    """Corporate actions that take effect before the next bar."""

    ts_event: datetime
    splits: tuple[Split, ...] = ()
    dividends: tuple[Dividend, ...] = ()


@light
@dataclass(frozen=True, slots=True)
class CashMoved:
    """Cash that no fill and no dividend explains, USD: a borrow fee, interest, a fee booked later, a transfer."""

    ts_event: datetime
    activity_id: str
    amount: Decimal
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer set by the core has run out."""

    ts_event: datetime
    name: str


@dataclass(frozen=True, slots=True)
class ModelSwapped:
    """The predictor was exchanged between two bars."""

    ts_event: datetime
    model_id: str


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A stream or the broker came or went; without all of them no risk is added."""

    ts_event: datetime
    is_connected: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class KillRequested:
    """Stop; `is_flatten` also closes every position. Latched until a person resets it."""

    ts_event: datetime
    reason: str
    is_flatten: bool = False


@dataclass(frozen=True, slots=True)
class KillReset:
    """A person releases the kill latch; the only way out of it."""

    ts_event: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ConfigurationChanged:
    """A new configuration took effect; only its hash enters decisions."""

    ts_event: datetime
    configuration_hash: str


Event = (
    BarsClosed
    | OrderUpdated
    | AccountSnapshot
    | BuyingPowerTold
    | CorporateActionsApplied
    | CashMoved
    | TimerFired
    | ModelSwapped
    | ConnectionChanged
    | KillRequested
    | KillReset
    | ConfigurationChanged
)


@light
@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """Send `request`; it belongs to `decision_id`. `reduces_risk` lets it pass while entries are blocked."""

    request: OrderRequest
    decision_id: str
    reduces_risk: bool = False


@light
@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask the broker to cancel."""

    client_order_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    """Ask the broker to replace quantity or limit price."""

    client_order_id: str
    new_client_order_id: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Flatten:
    """Cancel everything and close every position."""

    reason: str


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Fire :class:`TimerFired` with `name` at `due`."""

    name: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """Tell a person."""

    severity: Severity
    title: str
    detail: str = ""


# `RecordDecision` lives beside `Decision` in qts_core.trading.decision: it is the one command with a rich payload.
Command = SubmitOrder | CancelOrder | ReplaceOrder | Flatten | SetTimer | Alert
