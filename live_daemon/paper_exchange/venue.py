"""The replay: a market, its virtual clock, the simulated exchange and the streams that tell of it (section 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from live_daemon.paper_exchange.agenda import Agenda, Entry, Kind
from live_daemon.paper_exchange.clock import VirtualClock
from live_daemon.paper_exchange.history import History
from live_daemon.paper_exchange.hub import Hub
from live_daemon.paper_exchange.market import Market
from live_daemon.paper_exchange.messages import Batch
from live_daemon.paper_exchange.tape import CHANNELS, Tape
from qts_core.data.actions.chain import to_events
from qts_core.exchange import Accepted, ExchangeEvent, FillSettings, Refused, SimulatedExchange
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import Session, TradingCalendar
from qts_core.market.errors import DataNotFoundError
from qts_core.market.money import dollars
from qts_core.market.panel import Panel
from qts_core.market.time import to_micros

__all__ = ["Venue", "VenueSettings"]

NIGHT_AFTER = timedelta(minutes=15)
FINEST_TICK_SECONDS = 0.005
COARSEST_TICK_SECONDS = 0.25
BACKLOG_FRAMES = 64


@dataclass(frozen=True, slots=True)
class VenueSettings:
    """What a replay is made of; `speed` None is lockstep, `sessions` are replayed in order."""

    sessions: tuple[date, ...]
    fills: FillSettings
    cash: Decimal
    speed: float | None
    warm_start: timedelta
    account_number: str = "PA3QTS000001"


class Venue:
    """One running replay. All methods are called from the event loop's thread and none blocks."""

    def __init__(
        self, market: Market, calendar: TradingCalendar, settings: VenueSettings, monotonic: Callable[[], float]
    ) -> None:
        self.market = market
        self.calendar = calendar
        self.settings = settings
        self.sessions = tuple(_session(calendar, market, day) for day in settings.sessions)
        start = self.sessions[0].open - settings.warm_start
        self.clock = VirtualClock(start, settings.speed, monotonic)
        self.history = History(market)
        self.hub = Hub()
        self.exchange = SimulatedExchange(
            settings.fills,
            market.instruments,
            settings.cash,
            account_number=settings.account_number,
            start=start,
            calendar=calendar,
        )
        self.equity_curve: list[tuple[int, float]] = []
        self.tape = Tape(market.bars.symbols, settings.fills)
        closes = self.history.last_closes(to_micros(start))
        self.exchange.mark(closes, is_previous_close=True)
        self.tape.start(closes, start)
        self._agenda = Agenda(self.sessions, self._minutes)
        while (entry := self._agenda.take(start, is_lockstep=True)) is not None:
            self._happen(entry)

    # -- time --------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the virtual time, after everything that was due by then has happened."""
        if self.clock.is_lockstep:
            return self.clock.now()
        now = self.clock.now()
        self._run(now)
        return now

    def session(self, now: datetime) -> Session:
        """Return the replayed session that is running, or else the last one that ended, or else the first."""
        begun = [s for s in self.sessions if s.open <= now]
        return begun[-1] if begun else self.sessions[0]

    def next_open(self, now: datetime) -> datetime | None:
        """Return when the next replayed session opens, or None when there is none."""
        return next((s.open for s in self.sessions if s.open > now), None)

    @property
    def is_over(self) -> bool:
        """Whether the last session has ended."""
        return self._agenda.next is None

    async def advance(self, target: datetime) -> None:
        """Move a lockstep clock to `target`; the streams are given time to drain on the way."""
        while True:
            entry = self._agenda.take(target, is_lockstep=True)
            if entry is None:
                break
            self.clock.move_to(max(entry.at, self.clock.now()))
            self._happen(entry)
            if entry.kind is Kind.CLOSE:
                await self._drain()
        self.clock.move_to(max(target, self.clock.now()))
        await asyncio.sleep(0)

    async def run(self) -> None:
        """Keep a scaled replay going until cancelled; nights between sessions are skipped."""
        speed = self.clock.speed
        if speed is None:
            return
        while True:
            now = self.now()
            dawn = self._dawn_after(now)
            if dawn is not None:
                self.clock.move_to(dawn)
            upcoming = self._agenda.next
            wait = COARSEST_TICK_SECONDS
            if upcoming is not None:
                wait = (upcoming.at - now).total_seconds() / speed
            await asyncio.sleep(min(max(wait, FINEST_TICK_SECONDS), COARSEST_TICK_SECONDS))

    # -- orders ------------------------------------------------------------------------------------------------

    def publish(self, answer: Accepted | Refused) -> Accepted | Refused:
        """Tell the trade stream what an accepted request led to, and hand the answer on."""
        if isinstance(answer, Accepted):
            self.hub.publish_trades(answer.events)
        return answer

    # -- within ------------------------------------------------------------------------------------------------

    def _run(self, now: datetime) -> None:
        while (entry := self._agenda.take(now, is_lockstep=False)) is not None:
            self._happen(entry)

    def _happen(self, entry: Entry) -> None:
        if entry.kind is Kind.ACTIONS:
            actions = to_events(self.market.actions, entry.session.date)
            self._tell(self.exchange.apply(actions))
            self.tape.new_session()
            for split in actions.splits:
                self.tape.split(split)
        elif entry.kind is Kind.END:
            self._tell(self.exchange.end_session(entry.at))
        else:
            bars = BarSlice.of(self._minutes(entry.session), entry.row)
            if entry.kind is Kind.OPEN:
                self._tell(self.exchange.open_bar(bars))
            else:
                self._close(bars)

    def _close(self, bars: BarSlice) -> None:
        events = self.exchange.close_bar(bars)
        self.equity_curve.append((to_micros(bars.ts_event), dollars(self.exchange.equity())))
        self.hub.bars_published += int(bars.present().sum())
        self.hub.publish_data(Batch(self.tape.minute(bars, self.hub.wanted(CHANNELS))))
        self._tell(events)

    def _tell(self, events: Sequence[ExchangeEvent]) -> None:
        self.hub.publish_trades(events)

    def _minutes(self, session: Session) -> Panel:
        panel = self.market.minutes(session.date)
        if panel is None:
            raise DataNotFoundError("QTS-DATA-002", "A session to replay has no bars", where=session.date.isoformat())
        return panel

    def _dawn_after(self, now: datetime) -> datetime | None:
        """Return where to jump to in the night after a session, or None."""
        opening = self.next_open(now)
        last = self.session(now)
        if opening is None or now < last.close + NIGHT_AFTER:
            return None
        dawn = opening - self.settings.warm_start
        return dawn if dawn > now else None

    async def _drain(self) -> None:
        await asyncio.sleep(0)
        for _ in range(1000):
            if not self.hub.is_backed_up(BACKLOG_FRAMES):
                return
            await asyncio.sleep(0.001)


def _session(calendar: TradingCalendar, market: Market, day: date) -> Session:
    session = calendar.on(day)
    if session is None or market.rows_of(day) is None:
        known = market.sessions
        raise DataNotFoundError(
            "QTS-DATA-001",
            "There are no bars of the session to replay",
            where=market.origin,
            found=day.isoformat(),
            expected=f"a session from {known[0]} to {known[-1]}" if known else "a session with bars",
            fix="choose another --session",
        )
    return session
