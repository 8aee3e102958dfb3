"""Returns of round trips as they close, from what fills do to positions: what Kelly and optimal f learn from (10.1)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from qts_core.market.money import ZERO
from qts_core.orders.book import Position

__all__ = ["ClosedTrades"]


class ClosedTrades:
    """A fold over positions before and after each fill; a trip is from flat to flat."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Decimal, Decimal]] = {}

    def update(self, symbol: str, before: Position, after: Position) -> float | None:
        """Return the profit of the trip that a fill closed, after costs, ratio of the most that was in it.

        None when it closed none, or one whose beginning was not seen.
        """
        if not before.quantity and after.quantity:
            self._open[symbol] = (_earned(before), ZERO)
        trip = self._open.get(symbol)
        if trip is None:
            return None
        start, most = trip
        most = max(most, abs(before.cost), abs(after.cost))
        if after.quantity:
            self._open[symbol] = (start, most)
            return None
        del self._open[symbol]
        return float((_earned(after) - start) / most) if most else None

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {symbol: [str(start), str(most)] for symbol, (start, most) in sorted(self._open.items())}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._open = {}
        for symbol, kept in state.items():
            start, most = cast(list[str], kept)
            self._open[symbol] = (Decimal(start), Decimal(most))


def _earned(position: Position) -> Decimal:
    return position.realised + position.dividends - position.commissions
