"""The parent order of an execution algorithm: what is to be traded, when, and the ids of its children (12.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from qts_core.market.errors import OrderSubmissionError
from qts_core.market.ids import client_order_id, digest
from qts_core.market.money import ZERO
from qts_core.market.orders import OrderSide

__all__ = ["ParentOrder"]

ONE_SHARE = Decimal(1)
HEX_DIGITS = 13
SIXTEEN = 16.0


@dataclass(frozen=True, slots=True)
class ParentOrder:
    """A quantity of one symbol to trade within a window.

    Attributes
    ----------
    account, strategy, symbol : str
    side : OrderSide
    quantity : Decimal
        Shares, positive, a multiple of `step`.
    decided_at : datetime
        The decision slot, aware UTC: from it the ids of all children follow.
    start, end : datetime
        Window in which children are sent, aware UTC; within one session.
    decision_price : Decimal
        USD at the decision, against which the shortfall is measured.
    limit_price : Decimal, optional
        No child is ever worse.
    purpose : str
        Letter of the children's ids.
    leg : int
        Tells parents of one slot apart.
    step : Decimal
        Children are multiples of it: whole shares by default.

    Raises
    ------
    OrderSubmissionError
        QTS-EXEC-055: nothing to trade, no window, or a quantity between two steps.
    """

    account: str
    strategy: str
    symbol: str
    side: OrderSide
    quantity: Decimal
    decided_at: datetime
    start: datetime
    end: datetime
    decision_price: Decimal
    limit_price: Decimal | None = None
    purpose: str = "a"
    leg: int = 0
    step: Decimal = ONE_SHARE

    def __post_init__(self) -> None:
        """Refuse what no schedule can trade."""
        where = f"{self.strategy} {self.symbol} {self.decided_at.isoformat()}"
        if self.step <= 0 or self.quantity <= 0 or self.quantity % self.step:
            raise OrderSubmissionError(
                "QTS-EXEC-055", "a parent order has no quantity that can be sliced", where=where,
                found=str(self.quantity), expected=f"a positive multiple of {self.step} shares",
            )  # fmt: skip
        if not self.decided_at <= self.start < self.end:
            raise OrderSubmissionError(
                "QTS-EXEC-055", "a parent order has no window", where=where,
                found=f"{self.start.isoformat()} to {self.end.isoformat()}",
                expected="decided_at <= start < end",
            )  # fmt: skip

    @property
    def id(self) -> str:
        """Name of the parent; it is never sent to a broker."""
        return self.child_id(0)

    def child_id(self, number: int) -> str:
        """Return the client order id of child `number`, counted from 1; the same after any restart."""
        return client_order_id(
            account=self.account,
            strategy=self.strategy,
            symbol=self.symbol,
            ts_event=self.decided_at,
            purpose=self.purpose,
            leg=self.leg,
            attempt=number,
        )

    def chance(self, number: int) -> float:
        """Return a number in [0, 1) that belongs to slice `number`: spread like chance, yet always the same."""
        return float(int(digest(f"{self.id}\x1f{number}")[:HEX_DIGITS], 16)) / SIXTEEN**HEX_DIGITS

    def whole(self, shares: Decimal) -> Decimal:
        """Cut `shares` down to the step, at least 0."""
        return max(ZERO, (shares / self.step).to_integral_value(ROUND_DOWN) * self.step)
