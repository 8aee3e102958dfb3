"""What each strategy of a backtest did with its part of the account (checklist X-39)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from qts_core.backtest.round_trips import Closed, closed_trips
from qts_core.backtest.trades import RoundTrip
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.orders.book import Book
from qts_core.trading.core import TradingCore

__all__ = ["LedgerBook", "SubLedger"]


@dataclass(frozen=True, slots=True, eq=False)
class SubLedger:
    """One strategy's part of the account.

    Attributes
    ----------
    strategy, model_id : str
    initial_cash : Decimal
        USD that it was given.
    equity : float64 [T]
        USD at each bar's close.
    cash : Decimal
        USD at the end, exact.
    positions : tuple of (str, Decimal)
        Signed shares at the end, flat ones left out.
    commissions : Decimal
        USD paid.
    trades : tuple of RoundTrip
        Closed ones; shares crossed with other strategies count as traded, at the price of the crossing.
    open_trades : int
        How many are not closed.
    """

    strategy: str
    model_id: str
    initial_cash: Decimal
    equity: Floats
    cash: Decimal
    positions: tuple[tuple[str, Decimal], ...]
    commissions: Decimal
    trades: tuple[RoundTrip, ...]
    open_trades: int


class LedgerBook:
    """Notes the equity of several strategies, row by row.

    Parameters
    ----------
    cores : sequence of TradingCore
    bars : int
        T.
    """

    def __init__(self, cores: Sequence[TradingCore], bars: int) -> None:
        self._cores = tuple(cores)
        self._equity = np.zeros((len(self._cores), bars))

    def close(self, row: int) -> None:
        """Note a bar's close."""
        for place, core in enumerate(self._cores):
            self._equity[place, row] = core.equity

    def result(self, timeline: Timeline, account: Book, closed: Closed) -> dict[str, SubLedger]:
        """Return the ledgers by strategy; `closed` are the trips of the `account`, which may be one strategy's own."""
        trips = [closed if core.book is account else closed_trips(core.book, timeline) for core in self._cores]
        return {core.strategy: _ledger(core, self._equity[i], trips[i]) for i, core in enumerate(self._cores)}


def _ledger(core: TradingCore, equity: Floats, closed: Closed) -> SubLedger:
    paid = sum((position.commissions for position in core.book.positions().values()), Decimal(0))
    return SubLedger(
        core.strategy, core.predictor.model_id, core.book.start_cash, equity, core.book.cash, core.holdings.positions,
        paid, closed.plain, closed.still_open,
    )  # fmt: skip
