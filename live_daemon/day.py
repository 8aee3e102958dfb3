"""One trading day: minutes in, 15-minute bars out, each to the desk exactly once (specification 12.5; F44 to F46)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from live_daemon.desk import Desk
from live_daemon.modes import Mode, ModeMachine
from qts_core.adapters.prometheus import Metrics
from qts_core.data.actions.chain import chain_factors, to_events
from qts_core.data.actions.identity import carry_actions
from qts_core.data.building.stream import BarBuilder
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import Session, TradingCalendar
from qts_core.market.events import BarsClosed, ConnectionChanged, OrderUpdated
from qts_core.market.orders import OrderUpdate
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline
from qts_core.ports.broker import Broker, MinuteBar
from qts_core.ports.clock import Clock
from qts_core.risk.modes import RiskMode
from qts_core.trading.event_codec import encode_event
from qts_core.trading.predictors import Predictor

__all__ = ["TradingDay"]

DECISION_FRESH: Final = timedelta(minutes=2)
"""A bar that ended longer ago moves the state on, but nothing is decided on it any more."""
MINUTE: Final = timedelta(minutes=1)


@dataclass(slots=True)
class _Counted:
    bars: int = 0
    decided: int = 0


class TradingDay:
    """The feed of one session at a time.

    Parameters
    ----------
    actions : DataFrame
        Corporate actions, for factors and for the events of the morning.
    """

    def __init__(
        self, desk: Desk, broker: Broker, clock: Clock, modes: ModeMachine, metrics: Metrics,
        calendar: TradingCalendar, actions: pl.DataFrame, on_event: Callable[[str, dict[str, object]], None],
    ) -> None:  # fmt: skip
        self.session: Session | None = None
        self.start_equity = desk.core.equity
        self.counted = _Counted()
        self._desk = desk
        self._broker = broker
        self._clock = clock
        self._modes = modes
        self._metrics = metrics
        self._calendar = calendar
        self._actions = actions
        self._tell = on_event
        self._builder: BarBuilder | None = None
        self._inbox: list[OrderUpdate] = []
        self._seen: list[BarSlice] = []
        self.after_bar: Callable[[BarSlice], None] | None = None
        """Hears of each new bar when what follows from it is in the journal; must neither block nor fail."""
        self._last_minutes: set[str] = set()

    # --- the day --------------------------------------------------------------------------------------------------

    def begin(self, session: Session) -> None:
        """Prepare for `session`: its bars, its factors, and its corporate actions once."""
        symbols = self._desk.core.predictor.symbols
        line = Timeline.between(self._calendar, session.date, session.date)
        self.session = session
        named = carry_actions(self._actions, session.date)
        self._builder = BarBuilder(line, symbols, chain_factors(named, line, symbols))
        self.counted = _Counted()
        self._seen = []
        event = to_events(self._actions, session.date)
        known = [row["body"] for row in self._desk.journal.rows("events", kind=type(event).__name__)]
        if (event.splits or event.dividends) and encode_event(event) not in known:
            self._desk.handle(event)
        self.start_equity = self._desk.core.equity

    async def catch_up(self) -> int:
        """Fetch the minutes of the session so far and close what has ended; return how many bars were new."""
        now = self._clock.now()
        if self.session is None or now <= self.session.open:
            return 0
        await self.backfill(self.session.open, now)
        return self.close_due()

    async def backfill(self, start: datetime, end: datetime) -> int:
        """Fetch minutes over REST; return how many came."""
        bars = await self._broker.minute_bars(self._desk.core.predictor.symbols, start, end)
        self.add_minutes(bars)
        self._tell("stream.backfilled", {"minutes": len(bars)})
        return len(bars)

    # --- what comes in --------------------------------------------------------------------------------------------

    def add_minutes(self, bars: Iterable[MinuteBar]) -> None:
        """Take minutes of the stream or of REST; the same minute again replaces itself."""
        builder = self._builder
        if builder is None:
            return
        closing, now = builder.next_close, self._clock.now()
        for bar in bars:
            start = from_micros(bar.ts_event)
            taken = builder.add(bar.symbol, start, bar.open, bar.high, bar.low, bar.close, bar.volume, ts_known=now)
            if taken and closing is not None and start == closing - MINUTE:
                self._last_minutes.add(bar.symbol)
            if not taken:
                self._metrics.count("qts_late_minutes_total")
        self._tell_revisions(builder)

    def _tell_revisions(self, builder: BarBuilder) -> None:
        """Record what late minutes have made of bars that were decided on; the decisions stand."""
        for row in builder.take_revisions().iter_rows(named=True):
            known = {name: row[name].isoformat() for name in ("ts_event", "ts_known")}
            values = {name: row[name] for name in ("symbol", "open", "high", "low", "close", "volume")}
            self._tell("bar.revised", {**known, **values})

    def add_update(self, update: OrderUpdate) -> None:
        """Queue an order update of the stream."""
        self._inbox.append(update)

    def drain(self) -> int:
        """Book the queued order updates in one transaction; return how many there were."""
        updates, self._inbox = self._inbox, []
        if updates:
            self._desk.handle(*(OrderUpdated(update) for update in updates))
        return len(updates)

    # --- closing bars ---------------------------------------------------------------------------------------------

    @property
    def next_close(self) -> datetime | None:
        """When the next bar of the session ends; None after the last."""
        return self._builder.next_close if self._builder is not None else None

    @property
    def is_complete(self) -> bool:
        """Whether the last minute of the bar under way has come for every symbol."""
        return len(self._last_minutes) == len(self._desk.core.predictor.symbols)

    def close_due(self) -> int:
        """Close every bar that has ended and hand it to the desk; return how many were new."""
        if self._builder is None:
            return 0
        done = 0
        for bar in self._builder.close_until(self._clock.now()):
            self._seen.append(bar)
            last = self._desk.core.last_ts_event
            if last is None or bar.ts_event > last:
                self._close(bar)
                done += 1
        self._last_minutes.clear()
        return done

    @property
    def seen(self) -> tuple[BarSlice, ...]:
        """The closed bars of the session."""
        return tuple(self._seen)

    def warm_today(self, predictor: Predictor) -> None:
        """Show a new predictor the bars of today that the core has seen already."""
        for bar in self._seen:
            predictor.advance(bar)

    def _close(self, bar: BarSlice) -> None:
        is_late = self._clock.now() > bar.ts_known + DECISION_FRESH
        self.drain()
        self._tell_core_of_mode()
        started = self._clock.monotonic()
        self._desk.handle(BarsClosed(bar, is_catch_up=is_late))
        self.counted.bars += 1
        self.counted.decided += not is_late
        self._tell(
            "bar.closed",
            {"ts_event": bar.ts_event.isoformat(), "symbols": int(bar.present().sum()), "is_catch_up": is_late,
             "seconds": round(self._clock.monotonic() - started, 6)},
        )  # fmt: skip
        if self.after_bar is not None:
            self.after_bar(bar)

    def _tell_core_of_mode(self) -> None:
        """Let decisions know whether risk may be added: the gate alone would refuse order after order."""
        may_add = self._modes.mode is Mode.TRADING
        thinks = self._desk.core.mode is not RiskMode.REDUCE_ONLY
        if may_add != thinks:
            detail = f"{self._modes.mode.value} {self._modes.reason}".strip()
            self._desk.handle(ConnectionChanged(self._clock.now(), is_connected=may_add, detail=detail))
