"""Compare the book with the broker's own view; a pure difference, it corrects nothing and sends nothing (12.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from qts_core.market.events import AccountSnapshot
from qts_core.market.money import CENT, ZERO

__all__ = ["Difference", "Reconciliation", "reconcile"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One amount on which book and broker disagree; `subject` is a symbol or ``"cash"``."""

    subject: str
    booked: Decimal
    reported: Decimal

    def __str__(self) -> str:
        return f"{self.subject}: booked {self.booked}, broker {self.reported}"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Result of one comparison."""

    differences: tuple[Difference, ...]

    @property
    def is_clean(self) -> bool:
        """Whether book and broker agree."""
        return not self.differences

    def __str__(self) -> str:
        return "; ".join(map(str, self.differences)) or "book and broker agree"


def reconcile(
    holdings: Mapping[str, Decimal], cash: Decimal, broker: AccountSnapshot, *, cash_tolerance: Decimal = CENT
) -> Reconciliation:
    """Return where the book differs from the broker.

    Parameters
    ----------
    holdings : mapping of str to Decimal
        Signed shares by symbol, flat ones left out.
    cash : Decimal
        Booked dollars.
    broker : AccountSnapshot
        What the broker says.
    cash_tolerance : Decimal
        Dollars that may differ: fees are rounded at the broker. Shares must agree exactly.
    """
    reported = {symbol: quantity for symbol, quantity in broker.positions if quantity}
    found = [
        Difference(symbol, holdings.get(symbol, ZERO), reported.get(symbol, ZERO))
        for symbol in sorted(holdings.keys() | reported.keys())
        if holdings.get(symbol, ZERO) != reported.get(symbol, ZERO)
    ]
    if abs(cash - broker.cash) > cash_tolerance:
        found.append(Difference("cash", cash, broker.cash))
    return Reconciliation(tuple(found))
