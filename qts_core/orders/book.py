"""The book: exact cash, positions and realised profit as a fold over executions and corporate actions (12.3, 12.4)."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from qts_core.market.events import CashMoved, Dividend, Split
from qts_core.market.light import light
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution
from qts_core.market.time import from_micros, to_micros
from qts_core.orders.corporate import dividend_cash, split_quantity

__all__ = ["FLAT", "Book", "Entry", "Position"]

Entry = Execution | Split | Dividend
"""One line of the book."""

Key = tuple[int, int, str]
ACTION_RANK, EXECUTION_RANK = 0, 1


@light
@dataclass(frozen=True, slots=True)
class Position:
    """A holding of one symbol.

    Attributes
    ----------
    quantity : Decimal
        Signed shares; negative = short.
    cost : Decimal
        Signed dollars paid for the open shares (negative for a short), commissions apart.
    realised : Decimal
        Profit of the closed shares, dollars, before commissions and dividends.
    dividends, commissions : Decimal
        Dollars received (paid if negative) and paid.
    """

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    dividends: Decimal = ZERO
    commissions: Decimal = ZERO

    @property
    def average_price(self) -> Decimal:
        """Dollars per open share; zero when flat."""
        return self.cost / self.quantity if self.quantity else ZERO

    def after(self, entry: Entry) -> Position:
        """Return the holding once `entry` is booked."""
        if isinstance(entry, Split):
            return Position(
                split_quantity(self.quantity, entry), self.cost, self.realised, self.dividends, self.commissions
            )
        if isinstance(entry, Dividend):
            received = self.dividends + dividend_cash(self.quantity, entry)
            return Position(self.quantity, self.cost, self.realised, received, self.commissions)
        return self._filled(entry)

    def _filled(self, fill: Execution) -> Position:
        signed = fill.quantity * fill.side.sign
        commissions = self.commissions + fill.commission
        if self.quantity * signed >= 0:
            cost = self.cost + signed * fill.price
            return Position(self.quantity + signed, cost, self.realised, self.dividends, commissions)
        closed = min(fill.quantity, abs(self.quantity)) * fill.side.sign
        left = self.quantity + closed
        released = self.cost if left == 0 else self.cost * -closed / self.quantity
        realised = self.realised - closed * fill.price - released
        opened = signed - closed
        cost = opened * fill.price if left == 0 else self.cost - released
        return Position(self.quantity + signed, cost, realised, self.dividends, commissions)


FLAT = Position()


class Book:
    """Cash and positions of one account; money is exact.

    Entries are kept per symbol in the order in which they happened (time, then id), not in which they became known:
    a late one is put in its place and the symbol is folded again. An execution id counts once.

    Parameters
    ----------
    cash : Decimal
        Dollars at the start.
    """

    def __init__(self, cash: Decimal) -> None:
        self._start = cash
        self._cash = cash
        self._entries: dict[str, list[tuple[Key, Entry]]] = {}
        self._positions: dict[str, Position] = {}
        self._movements: list[CashMoved] = []
        self._known: set[str] = set()

    @property
    def cash(self) -> Decimal:
        """Dollars at hand, exact."""
        return self._cash

    @property
    def start_cash(self) -> Decimal:
        """Dollars with which the book began."""
        return self._start

    def position(self, symbol: str) -> Position:
        """Return the holding of `symbol`, flat if there never was one."""
        return self._positions.get(symbol, FLAT)

    def positions(self) -> Mapping[str, Position]:
        """Return every symbol ever held, by name."""
        return MappingProxyType(self._positions)

    def holdings(self) -> dict[str, Decimal]:
        """Return the signed shares of each symbol that is not flat, sorted by symbol."""
        return {s: p.quantity for s, p in sorted(self._positions.items()) if p.quantity}

    def knows(self, execution_id: str) -> bool:
        """Whether this execution is booked."""
        return execution_id in self._known

    def execute(self, execution: Execution) -> bool:
        """Book a fill; False when it is booked already."""
        if execution.execution_id in self._known:
            return False
        self._known.add(execution.execution_id)
        key = (to_micros(execution.ts_event), EXECUTION_RANK, execution.execution_id)
        self._book(execution.symbol, key, execution)
        return True

    def split(self, split: Split, moment: datetime) -> bool:
        """Book a split as of `moment`; False when it is booked already."""
        return self._act(split, moment, f"split:{split.symbol}:{split.ex_date}")

    def dividend(self, dividend: Dividend, moment: datetime) -> bool:
        """Book a dividend as of `moment`; False when it is booked already."""
        return self._act(dividend, moment, f"dividend:{dividend.symbol}:{dividend.ex_date}:{dividend.cash_per_share}")

    def move_cash(self, movement: CashMoved) -> bool:
        """Book cash that no fill explains; False when it is booked already."""
        identity = f"cash:{movement.activity_id}"
        if identity in self._known:
            return False
        self._known.add(identity)
        self._movements.append(movement)
        self._cash += movement.amount
        return True

    def movements(self) -> tuple[CashMoved, ...]:
        """Return the cash movements booked so far."""
        return tuple(self._movements)

    def entries(self) -> Iterator[tuple[datetime, Entry]]:
        """Yield every entry with its time, by symbol, then time."""
        for symbol in sorted(self._entries):
            for (micros, _, _), entry in self._entries[symbol]:
                yield from_micros(micros), entry

    def by_symbol(self) -> Iterator[tuple[str, list[Entry]]]:
        """Yield the entries of each symbol, by time."""
        for symbol in sorted(self._entries):
            yield symbol, [entry for _, entry in self._entries[symbol]]

    def _act(self, entry: Split | Dividend, moment: datetime, identity: str) -> bool:
        if identity in self._known:
            return False
        self._known.add(identity)
        self._book(entry.symbol, (to_micros(moment), ACTION_RANK, identity), entry)
        return True

    def _book(self, symbol: str, key: Key, entry: Entry) -> None:
        entries = self._entries.setdefault(symbol, [])
        before = self._positions.get(symbol, FLAT)
        if entries and key < entries[-1][0]:
            insort(entries, (key, entry), key=lambda item: item[0])
            after = FLAT
            for _, known in entries:
                after = after.after(known)
        else:
            entries.append((key, entry))
            after = before.after(entry)
        self._positions[symbol] = after
        if isinstance(entry, Execution):
            self._cash -= entry.quantity * entry.side.sign * entry.price + entry.commission
        self._cash += after.dividends - before.dividends
