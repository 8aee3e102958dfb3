"""What may be asked of a trading core between two events, without changing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from qts_core.market.events import AccountSnapshot
from qts_core.orders.book import Book
from qts_core.orders.reconcile import Reconciliation, reconcile
from qts_core.orders.state import OrderState
from qts_core.risk.modes import RiskMode
from qts_core.trading.core_state import CoreState
from qts_core.trading.decision import Hashes
from qts_core.trading.holdings import Holdings

__all__ = ["CoreView"]


class CoreView:
    """The readable side of a core; a base of :class:`TradingCore`, never used alone.

    Attributes
    ----------
    holdings : Holdings
    """

    holdings: Holdings
    _state: CoreState

    @property
    def book(self) -> Book:
        """Exact cash and positions."""
        return self.holdings.book

    @property
    def orders(self) -> Mapping[str, OrderState]:
        """Every order known, by client order id."""
        return self.holdings.orders

    @property
    def equity(self) -> float:
        """Cash and positions at the last closes, USD."""
        return self.holdings.equity()

    @property
    def mode(self) -> RiskMode:
        """What is allowed as of the last event."""
        return self._state.mode()

    @property
    def buying_power(self) -> Decimal | None:
        """What the broker lends as far as is known, USD."""
        return self._state.buying_power

    @property
    def latched_by(self) -> str:
        """The trigger whose policy has set the kill latch; empty where a person did, or where it is not set."""
        return self._state.latched_by

    @property
    def hashes(self) -> Hashes:
        """What enters the next decision."""
        return self._state.hashes

    @property
    def last_ts_event(self) -> datetime | None:
        """Start of the last bar handled."""
        return self._state.last_ts_event

    @property
    def marks(self) -> dict[str, float]:
        """Last close by symbol, USD."""
        pairs = zip(self.holdings.symbols, self.holdings.mark.tolist(), strict=True)
        return {symbol: mark for symbol, mark in pairs if mark == mark}

    def open_orders(self) -> tuple[OrderState, ...]:
        """Return the orders that may still fill."""
        return self.holdings.open_orders()

    def reconcile(self, broker: AccountSnapshot) -> Reconciliation:
        """Return where the book differs from the broker's view."""
        return reconcile(self.book.holdings(), self.book.cash, broker)
