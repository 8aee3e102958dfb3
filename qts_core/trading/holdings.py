"""What the account holds and has on order: exact book, order states, and their mirror in arrays (12.3, 12.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import pairwise_sum
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.events import CashMoved, CorporateActionsApplied, Dividend, Split
from qts_core.market.money import ZERO, dollars, plain
from qts_core.market.orders import Execution, OrderRequest, OrderUpdate
from qts_core.market.panel import Floats
from qts_core.orders.book import Book
from qts_core.orders.state import OrderState
from qts_core.trading.exact_json import decode, encode

__all__ = ["Exposure", "Holdings"]

ENTRY_KINDS: Mapping[str, type[Execution] | type[Split] | type[Dividend]] = {
    "dividend": Dividend,
    "execution": Execution,
    "split": Split,
}


class Exposure(NamedTuple):
    """Signed and absolute value of the positions, USD, and how many are not flat."""

    net: float
    gross: float
    positions: int


class Holdings:
    """Book and orders of one account, with arrays over the N symbols of the universe for the hot path.

    Attributes
    ----------
    quantity : float64 [N]
        Signed shares held.
    average_price : float64 [N]
        What the open shares cost each, USD; 0 when flat.
    on_order : float64 [N]
        Signed shares that open orders may still fill, and those that a parent order at work has not sent yet.
    busy : bool [N]
        Whether an order of the symbol is open, or a parent order at work.
    mark : float64 [N]
        Last close, USD, as-of splits; NaN before the first bar.
    """

    def __init__(self, symbols: tuple[str, ...], cash: Decimal) -> None:
        self.symbols = symbols
        self.book = Book(cash)
        self.orders: dict[str, OrderState] = {}
        self.quantity: Floats = np.zeros(len(symbols))
        self.average_price: Floats = np.zeros(len(symbols))
        self.on_order: Floats = np.zeros(len(symbols))
        self.busy: NDArray[np.bool_] = np.zeros(len(symbols), dtype=np.bool_)
        self.mark: Floats = np.full(len(symbols), np.nan)
        self._column = {symbol: i for i, symbol in enumerate(symbols)}
        self._open: dict[str, set[str]] = {}
        self._unsent: dict[str, Decimal] = {}
        self._positions: tuple[tuple[str, Decimal], ...] | None = ()
        self._shown: dict[str, tuple[str, Decimal]] = {}
        self._outside = 0.0
        self._exposed: Exposure | None = None
        self._cash = (cash, Decimal(plain(cash)))

    @property
    def cash(self) -> Decimal:
        """Exact cash, USD, written the shortest way; the same object until it changes."""
        if self.book.cash is not self._cash[0]:
            self._cash = (self.book.cash, Decimal(plain(self.book.cash)))
        return self._cash[1]

    @property
    def positions(self) -> tuple[tuple[str, Decimal], ...]:
        """Signed shares by symbol, flat ones left out; the same object until something changes."""
        if self._positions is None:
            self._positions = tuple([self._shown[symbol] for symbol in sorted(self._shown)])
        return self._positions

    def equity(self) -> float:
        """Return cash and positions at the marks, USD; what is outside the universe counts at its cost."""
        return dollars(self.book.cash) + self.exposure().net + self._outside

    def exposure(self) -> Exposure:
        """Return what the positions in the universe are worth at the marks, USD."""
        if self._exposed is None:
            self._exposed = Exposure(*_exposure(self.quantity, self.mark))
        return self._exposed

    def open_orders(self) -> tuple[OrderState, ...]:
        """Return the orders that may still fill, by symbol, then id."""
        return tuple(self.orders[name] for symbol in sorted(self._open) for name in sorted(self._open[symbol]))

    def mark_to(self, bars: BarSlice) -> None:
        """Take the closes of a bar; a symbol without one keeps its last."""
        self.mark = _last_known(bars.close, self.mark)
        self._exposed = None

    def submitted(self, request: OrderRequest, moment: datetime) -> None:
        """Note an order that was decided."""
        self._put(OrderState.created(request, moment))

    def work(self, symbol: str, unsent: Decimal | None) -> None:
        """Note the signed shares that a parent order at work in `symbol` has not sent yet; None = there is none."""
        if unsent is None:
            self._unsent.pop(symbol, None)
        else:
            self._unsent[symbol] = unsent
        self._count(symbol)

    def update(self, update: OrderUpdate) -> str:
        """Fold what the broker said; return what a person must look at, or nothing."""
        known = self.orders.get(update.client_order_id)
        state = OrderState.foreign(update) if known is None else known.apply(update)
        if state is known:
            return ""
        execution = update.execution
        if execution is not None and self.book.execute(execution):
            self._mirror(execution.symbol)
        self._put(state)
        is_new_conflict = state.is_conflicted and (known is None or not known.is_conflicted)
        if is_new_conflict:
            return f"{state.symbol} {state.client_order_id}: one execution id with two contents"
        return f"{state.symbol} {state.client_order_id}: not an order of this core" if known is None else ""

    def act(self, actions: CorporateActionsApplied) -> None:
        """Book dividends, then splits; a mark of before the split is brought to the new shares."""
        for dividend in actions.dividends:
            self.book.dividend(dividend, actions.ts_event)
        for split in actions.splits:
            if self.book.split(split, actions.ts_event):
                column = self._column.get(split.symbol)
                if column is not None:
                    # A decision that was made holds the marks of its bar: those stay as they were.
                    self.mark = self.mark.copy()
                    self.mark[column] *= float(split.old_shares) / float(split.new_shares)
                    self._exposed = None
                self._mirror(split.symbol)

    def move_cash(self, movement: CashMoved) -> None:
        """Book cash that no fill explains."""
        self.book.move_cash(movement)

    def snapshot(self) -> dict[str, object]:
        """Return book, orders and marks, exact, as JSON values."""
        entries = [[type(e).__name__.lower(), encode(t), encode(e)] for t, e in self.book.entries()]
        return {
            "cash": str(self.book.start_cash),
            "entries": entries,
            "mark": to_list(self.mark),
            "movements": [encode(m) for m in self.book.movements()],
            "orders": [encode(o) for o in self.orders.values()],
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self.book = Book(Decimal(str(state["cash"])))
        for kind, moment, content in cast(list[tuple[str, object, object]], state["entries"]):
            entry = decode(ENTRY_KINDS[kind], content)
            if isinstance(entry, Execution):
                self.book.execute(entry)
            elif isinstance(entry, Split):
                self.book.split(entry, decode(datetime, moment))
            else:
                self.book.dividend(entry, decode(datetime, moment))
        for movement in cast(list[object], state["movements"]):
            self.book.move_cash(decode(CashMoved, movement))
        self.mark = from_list(state["mark"])
        self.orders, self._open, self._unsent = {}, {}, {}
        self.on_order[:] = 0.0
        self.busy[:] = False
        for order in cast(list[object], state["orders"]):
            self._put(decode(OrderState, order))
        self.quantity[:] = 0.0
        self.average_price[:] = 0.0
        self._exposed = None
        self._shown = {}
        for symbol in (*self.book.positions(), ""):
            self._mirror(symbol)

    def _put(self, state: OrderState) -> None:
        name, symbol = state.client_order_id, state.symbol
        self.orders[name] = state
        if state.is_open:
            self._open.setdefault(symbol, set()).add(name)
        elif (names := self._open.get(symbol)) is not None:
            names.discard(name)
            if not names:
                del self._open[symbol]
        self._count(symbol)

    def _count(self, symbol: str) -> None:
        """Mirror what is on order in `symbol`."""
        column = self._column.get(symbol)
        if column is None:
            return
        names = self._open.get(symbol, ())
        left, is_busy = ZERO, bool(names)
        for name in names:
            left += self.orders[name].signed_remaining
        if symbol in self._unsent:
            left, is_busy = left + self._unsent[symbol], True
        self.busy[column] = is_busy
        self.on_order[column] = float(left)

    def _mirror(self, symbol: str) -> None:
        column = self._column.get(symbol)
        self._exposed = None
        if column is not None:
            position = self.book.position(symbol)
            self.quantity[column] = float(position.quantity)
            self.average_price[column] = float(position.average_price)
        else:
            outside = (p.cost for s, p in self.book.positions().items() if s not in self._column)
            self._outside = dollars(sum(outside, Decimal(0)))
        self._show(symbol)

    def _show(self, symbol: str) -> None:
        quantity = self.book.position(symbol).quantity
        if quantity:
            # Written the shortest way: equal amounts are equal bytes in a decision, however they were added up.
            self._shown[symbol] = (symbol, Decimal(plain(quantity)))
        else:
            self._shown.pop(symbol, None)
        self._positions = None


@kernel
def _exposure(quantity: Floats, mark: Floats) -> tuple[float, float, int]:
    value = np.zeros(len(quantity))
    for i in range(len(quantity)):
        if not np.isnan(mark[i]):
            value[i] = quantity[i] * mark[i]
    return pairwise_sum(value), pairwise_sum(np.abs(value)), int(np.count_nonzero(value))


@kernel
def _last_known(now: Floats, before: Floats) -> Floats:
    last = now.copy()
    for i in range(len(now)):
        if np.isnan(now[i]):
            last[i] = before[i]
    return last
