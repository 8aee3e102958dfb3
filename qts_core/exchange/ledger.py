"""Exact cash and positions of the simulated account (specification 12.4)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qts_core.market.events import Dividend, Split
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution
from qts_core.orders.corporate import dividend_cash, split_quantity

__all__ = ["SHARE_STEP", "Ledger", "Position"]

SHARE_STEP = Decimal("0.000000001")
"""Alpaca keeps nine decimals of a share."""


@dataclass(slots=True)
class Position:
    """Signed shares with what they cost, USD; `day_cost` counts from the last close or a later trade."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    day_cost: Decimal = ZERO

    @property
    def average_price(self) -> Decimal:
        """Mean entry price, USD per share."""
        return self.cost / self.quantity

    def trade(self, signed_quantity: Decimal, price: Decimal) -> None:
        """Add shares at `price`, or give back cost in proportion when the trade reduces the position."""
        before, after = self.quantity, self.quantity + signed_quantity
        if before * signed_quantity >= 0:
            self.cost += signed_quantity * price
            self.day_cost += signed_quantity * price
        elif before * after > 0:
            self.cost = self.cost * after / before
            self.day_cost = self.day_cost * after / before
        else:
            self.cost = self.day_cost = after * price
        self.quantity = after


class Ledger:
    """Cash and positions; every change is a fold of executions and corporate actions."""

    def __init__(self, cash: Decimal) -> None:
        self.cash = cash
        self.positions: dict[str, Position] = {}

    def quantity(self, symbol: str) -> Decimal:
        """Return the signed shares held of `symbol`."""
        position = self.positions.get(symbol)
        return position.quantity if position is not None else ZERO

    def book(self, execution: Execution) -> Decimal:
        """Apply a fill and return the signed position after it."""
        signed = execution.quantity * execution.side.sign
        self.cash -= signed * execution.price + execution.commission
        position = self.positions.get(execution.symbol)
        if position is None:
            position = self.positions[execution.symbol] = Position()
        position.trade(signed, execution.price)
        if not position.quantity:
            del self.positions[execution.symbol]
        return position.quantity

    def split(self, split: Split) -> Decimal:
        """Apply a split to the position and return the shares it added."""
        position = self.positions.get(split.symbol)
        if position is None:
            return ZERO
        after = split_quantity(position.quantity, split)
        added = after - position.quantity
        position.quantity = after
        return added

    def dividend(self, dividend: Dividend) -> Decimal:
        """Book the dividend on the shares held and return the cash: negative for a short, which pays it."""
        amount = dividend_cash(self.quantity(dividend.symbol), dividend)
        self.cash += amount
        return amount
