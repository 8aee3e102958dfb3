"""How a backtest drives orders that are worked over time: timers, parts of bars, and what each order came to (12.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from qts_core.analytics.tca import ParentTrade
from qts_core.market.bars import BarSlice
from qts_core.market.events import SetTimer, TimerFired
from qts_core.market.money import exact
from qts_core.orders.algorithms.inside_bar import divide, part_of
from qts_core.orders.algorithms.maker import Working
from qts_core.orders.algorithms.measured import worked_trade
from qts_core.trading.core import TradingCore
from qts_core.trading.parent_desk import ParentDesk
from qts_core.trading.timers import Timers

__all__ = ["WorkedOrders"]


class WorkedOrders:
    """The clock of parents at work, and their measure once a session is over.

    Parameters
    ----------
    cores : sequence of TradingCore
        Those that work orders.
    has_minutes : bool
        Whether orders fill on bars that are as fine as slices; else bars are divided where slices need it (X-36).
    """

    def __init__(self, cores: Sequence[TradingCore], *, has_minutes: bool) -> None:
        self._desks: tuple[ParentDesk, ...] = tuple(core.desk for core in cores if core.desk is not None)
        self._timers = Timers()
        self._has_minutes = has_minutes
        self._bars: list[BarSlice] = []
        self._is_divided = False
        self.trades: list[ParentTrade] = []

    @classmethod
    def of(cls, cores: Sequence[TradingCore], *, has_minutes: bool) -> WorkedOrders | None:
        """Return the clock that `cores` need; None where every order goes out whole."""
        return cls(cores, has_minutes=has_minutes) if any(core.desk is not None for core in cores) else None

    def set(self, timer: SetTimer) -> None:
        """Take a core's command."""
        self._timers.set(timer)

    def fire(self, now: datetime) -> list[TimerFired]:
        """Return the timers that are due."""
        return self._timers.fire(now)

    def parts(self, bars: BarSlice) -> Sequence[BarSlice]:
        """Return a bar as the exchange is to see it: whole, or in parts when something is due within it."""
        due = self._timers.next_due
        if self._has_minutes or due is None or due >= bars.ts_known:
            return (bars,)
        settings = self._desks[0].settings
        part = part_of(settings.schedule.interval, bars.ts_known - bars.ts_event)
        if part is None:
            return (bars,)
        self._is_divided = True
        return divide(bars, part, settings.inside_bar)

    def close(self, bars: BarSlice) -> None:
        """Take a bar that is over, with everything that was heard of it."""
        self._bars.append(bars)
        if bars.is_last_of_session:
            self.end_session()

    def end_session(self) -> None:
        """Measure the orders that the session has ended."""
        for desk in self._desks:
            found = [self._measured(working) for working in desk.ended]
            self.trades += [trade for trade in found if trade is not None]
            desk.ended.clear()
        self._bars = []
        self._is_divided = False

    def _measured(self, working: Working) -> ParentTrade | None:
        if not self._bars:
            return None
        last = self._bars[-1]
        close = float(last.close[last.symbols.index(working.schedule.parent.symbol)])
        struck = None if math.isnan(close) else exact(close)
        return worked_trade(working, self._bars, close_price=struck, is_divided=self._is_divided)
