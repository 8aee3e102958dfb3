"""The account and its positions as clients see them (protocol reference, sections 2 and 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

__all__ = ["AccountView", "PositionView"]


@dataclass(frozen=True, slots=True)
class AccountView:
    """The account at one moment; amounts in USD, short market value at most 0."""

    account_number: str
    created_at: datetime
    cash: Decimal
    equity: Decimal
    last_equity: Decimal
    long_market_value: Decimal
    short_market_value: Decimal
    buying_power: Decimal
    regt_buying_power: Decimal
    non_marginable_buying_power: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    last_maintenance_margin: Decimal
    multiplier: int
    is_shorting_enabled: bool
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class PositionView:
    """One position at one moment; quantity, cost and value are negative when short."""

    symbol: str
    quantity: Decimal
    available: Decimal
    average_price: Decimal
    cost: Decimal
    day_cost: Decimal
    price: Decimal
    previous_close: Decimal

    @property
    def market_value(self) -> Decimal:
        """Signed value at the last price, USD."""
        return self.quantity * self.price

    @property
    def unrealized(self) -> Decimal:
        """Profit since entry, USD."""
        return self.market_value - self.cost

    @property
    def unrealized_today(self) -> Decimal:
        """Profit since the previous close or a later entry, USD."""
        return self.market_value - self.day_cost
