"""The trading loop: wait for a bar to end, close it, let the orders leave, reconcile (specification 12.1, 12.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from live_daemon.day import TradingDay
from live_daemon.lockstep import ExchangeClock, Tick
from live_daemon.modes import ModeMachine
from live_daemon.reconciler import Reconciler
from live_daemon.sender import Sender
from qts_core.adapters.alpaca.streams import BarStream, TradeStream
from qts_core.adapters.clock import LockstepClock
from qts_core.market.calendar import Session, TradingCalendar
from qts_core.market.errors import BrokerConnectionError
from qts_core.market.events import Alert, Severity
from qts_core.ports.clock import Clock

__all__ = ["TradingLoop"]

STREAM_SECONDS: Final = 3.0
"""How long lockstep waits for the messages of a minute before it asks REST instead."""
CONNECT_SECONDS: Final = 15.0
SHORTEST_GRACE_SECONDS: Final = 0.25
TICK_SECONDS: Final = 0.02
BAR: Final = timedelta(minutes=15)


@dataclass(slots=True)
class TradingLoop:
    """Everything one session needs.

    Attributes
    ----------
    stop : Event
        Set to end the loop after what is under way.
    grace_seconds : float
        Clock seconds that a bar waits for late minutes.
    reconcile_seconds : tuple of float
        Real seconds between reconciliations with and without open orders.
    between_bars : callable
        Called after each bar, when nothing is under way.
    on_ready : callable
        Called once, after the first reconciliation.
    """

    day: TradingDay
    sender: Sender
    reconciler: Reconciler
    bars: BarStream
    trades: TradeStream
    modes: ModeMachine
    clock: Clock
    calendar: TradingCalendar
    stop: asyncio.Event
    reconcile_now: asyncio.Event
    exchange: ExchangeClock | None
    grace_seconds: float
    reconcile_seconds: tuple[float, float]
    until_close: bool
    between_bars: Callable[[], None]
    on_ready: Callable[[], None]
    last_reconciled: float = 0.0
    connects_seen: int = 0

    async def run(self) -> None:
        """Recover what is open, then trade until told to stop, or until the close."""
        await self._connected()
        await self.reconcile()
        self.on_ready()
        while not self.stop.is_set():
            session = await self._session()
            if session is None:
                return
            if self.day.session != session:
                self.day.begin(session)
            await self.day.catch_up()
            await self.sender.idle()
            lockstep = self.clock if isinstance(self.clock, LockstepClock) else None
            is_over = await (self._lockstep(lockstep, session) if lockstep else self._clocked(session))
            if is_over and not self.stop.is_set():
                await self.reconcile()
            if self.until_close or not is_over:
                return

    async def _session(self) -> Session | None:
        """Return the session to trade: the one under way, one that just ended and was not finished, or the next."""
        now = self.clock.now()
        under_way = self.calendar.at(now)
        if under_way is not None or self.exchange is None:
            return under_way or self.calendar.next_after(now)
        tick = await self.exchange.read()
        if self.until_close and tick.is_session_over:
            return self.calendar.last_closed(now)
        return None if tick.is_over else self.calendar.next_after(now)

    # --- lockstep -------------------------------------------------------------------------------------------------

    async def _lockstep(self, clock: LockstepClock, session: Session) -> bool:
        """Move the exchange minute by minute; handle everything of a minute before the next begins."""
        assert self.exchange is not None
        await self._align()
        while not self.stop.is_set() and self.clock.now() < session.close:
            is_early = self.clock.now() < session.open
            tick = await (self.exchange.advance_to_open() if is_early else self.exchange.advance())
            clock.set(tick.now)
            await self._hear(tick)
            self.day.drain()
            self.day.close_due()
            self.sender.desk.fire_timers()
            await self.sender.idle()
            self.between_bars()
            await self._maybe_reconcile()
        return self.clock.now() >= session.close

    async def _connected(self) -> bool:
        """Wait until both streams deliver; False when that takes too long."""
        deadline = self.clock.monotonic() + CONNECT_SECONDS
        while not (self.bars.state.is_subscribed and self.trades.state.is_subscribed):
            if self.stop.is_set() or self.clock.monotonic() > deadline:
                return False
            await asyncio.sleep(0.005)
        return True

    async def _align(self) -> None:
        """Wait for both streams and take over the exchange's message counts."""
        assert self.exchange is not None
        if not await self._connected() and not self.stop.is_set():
            details = f"{self.bars.state.detail}; {self.trades.state.detail}"
            raise BrokerConnectionError(
                "QTS-EXEC-001", "the streams do not open", found=details, expected="both subscribed",
                fix="is the exchange still running?",
            )  # fmt: skip
        tick = await self.exchange.read()
        self.bars.count_from(tick.data_sequence)
        self.trades.count_from(tick.trade_sequence)
        self.connects_seen = self.bars.state.connects + self.trades.state.connects

    async def _hear(self, tick: Tick) -> None:
        """Wait for the minute's messages; when they do not come, REST tells what they would have said."""
        is_same = self.connects_seen == self.bars.state.connects + self.trades.state.connects
        if (
            is_same
            and await self.bars.wait_for(tick.data_sequence, STREAM_SECONDS)
            and await self.trades.wait_for(tick.trade_sequence, STREAM_SECONDS)
        ):
            return
        if self.day.session is not None:
            await self.day.backfill(max(self.day.session.open, tick.now - BAR), tick.now)
        await self._align()
        await self.reconcile()

    # --- the clock runs by itself ---------------------------------------------------------------------------------

    async def _clocked(self, session: Session) -> bool:
        """Close bars as the clock passes their ends."""
        while not self.stop.is_set():
            closing = self.day.next_close
            if closing is None:
                return True
            if self.clock.now() < closing or not (self.day.is_complete or self._grace_is_over(closing)):
                self.day.drain()
                if self.clock.now() < closing:
                    # A timer that ran out as a bar ended waits for the bar.
                    self.sender.desk.fire_timers()
                await self._maybe_reconcile()
                await self._pause(closing)
                continue
            await self._fill_gaps(closing)
            self.day.close_due()
            self.sender.desk.fire_timers()
            await self.sender.idle()
            self.between_bars()
        return False

    def _grace_is_over(self, closing: datetime) -> bool:
        grace = max(self.grace_seconds, SHORTEST_GRACE_SECONDS * self.clock.speed)
        return self.clock.now() >= closing + timedelta(seconds=grace)

    async def _pause(self, closing: datetime) -> None:
        remaining = (closing - self.clock.now()).total_seconds() / max(self.clock.speed, 1e-9)
        await asyncio.sleep(min(max(remaining, 0.001), TICK_SECONDS))

    async def _fill_gaps(self, closing: datetime) -> None:
        """Ask REST for the bar's minutes when the stream was down or came back during it."""
        connects = self.bars.state.connects
        if self.bars.state.is_connected and connects == self.connects_seen:
            return
        self.connects_seen = connects
        try:
            await self.day.backfill(closing - BAR, closing)
        except BrokerConnectionError as error:
            self.modes.degrade("feed", error.line())
            return
        self.modes.degrade("feed", None)

    # --- reconciliation -------------------------------------------------------------------------------------------

    async def _maybe_reconcile(self) -> None:
        is_open = bool(self.sender.desk.core.open_orders())
        wait = self.reconcile_seconds[0] if is_open else self.reconcile_seconds[1]
        if self.reconcile_now.is_set() or self.clock.monotonic() - self.last_reconciled >= wait:
            await self.reconcile()

    async def reconcile(self) -> None:
        """Let the book follow the broker; a difference that stays halts."""
        self.reconcile_now.clear()
        self.last_reconciled = self.clock.monotonic()
        desk = self.sender.desk
        try:
            self.day.drain()
            outcome = await self.reconciler.settled()
        except BrokerConnectionError as error:
            self.modes.degrade("broker", error.line())
            desk.alert(Alert(Severity.WARNING, "reconciliation failed", error.line()))
            return
        self.modes.degrade("broker", None)
        self.modes.degrade("trade stream", None if self.trades.state.is_connected else self.trades.state.detail)
        self.modes.halt("reconciliation", None if outcome.is_clean else "; ".join(outcome.differences))
        self.modes.reconciled(is_clean=True)
        if not outcome.is_clean:
            desk.alert(Alert(Severity.CRITICAL, "book and broker differ", "; ".join(outcome.differences)))
