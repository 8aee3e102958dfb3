"""Two guards: a thread that sees a blocked event loop, a task that watches latches, requests and feed (F35, F65)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Final

from live_daemon.desk import Desk, Outgoing
from live_daemon.latch import Latches
from live_daemon.modes import ModeMachine
from live_daemon.sender import Sender
from live_daemon.triggers import FLATTEN, RELEASE, LastingTrouble
from qts_core.adapters.alpaca.streams import BarStream
from qts_core.adapters.prometheus import Metrics
from qts_core.market.calendar import TradingCalendar
from qts_core.market.events import Flatten, KillRequested, KillReset
from qts_core.ports.clock import Clock
from qts_core.risk.kill import Trigger
from qts_core.risk.modes import RiskMode

__all__ = ["Guard", "Watchdog"]

BEAT_SECONDS: Final = 0.1
BLOCKED_SECONDS: Final = 2.0
FLATTEN_SECONDS: Final = 5.0
"""Between two attempts to flatten."""
PARTS: Final = {
    Trigger.DATA_FEED_FAILURE: ("feed", "data stream"),
    Trigger.BROKER_DISCONNECTION: ("broker", "trade stream"),
}
"""Who tells of the trouble behind a trigger, in the words of the mode machine."""


class Watchdog:
    """A thread that notices when the event loop stops beating; the wire gate asks :attr:`is_healthy`."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._beat = monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self.is_healthy = True
        self.lag_seconds = 0.0

    def start(self) -> None:
        """Begin to watch."""
        self._beat = self._monotonic()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()

    def stand_down(self) -> None:
        """Stop judging: on a clock that waits for this process, a slow loop misses nothing."""
        self.stop()
        self.is_healthy = True

    def beat(self) -> None:
        """Say that the loop is alive."""
        now = self._monotonic()
        self.lag_seconds = max(now - self._beat - BEAT_SECONDS, 0.0)
        self._beat = now
        self.is_healthy = True

    def _watch(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            if self._monotonic() - self._beat > BLOCKED_SECONDS:
                self.is_healthy = False


class Guard:
    """A task that turns latches, requests and silence into modes and events, ten times a second."""

    def __init__(
        self, desk: Desk, sender: Sender, modes: ModeMachine, latches: Latches, watchdog: Watchdog, bars: BarStream,
        clock: Clock, calendar: TradingCalendar, metrics: Metrics, trouble: LastingTrouble, *, stale_seconds: float,
        on_event: Callable[[str, dict[str, object]], None],
    ) -> None:  # fmt: skip
        self._desk = desk
        self._sender = sender
        self._modes = modes
        self._latches = latches
        self._watchdog = watchdog
        self._bars = bars
        self._clock = clock
        self._calendar = calendar
        self._metrics = metrics
        self._trouble = trouble
        self._flatten_after = 0.0
        self._stale_seconds = stale_seconds
        self._tell = on_event
        if clock.speed <= 0.0:
            watchdog.stand_down()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set."""
        while not stop.is_set():
            self._watchdog.beat()
            self._metrics.set("qts_loop_lag_seconds", self._watchdog.lag_seconds)
            self.look()
            await asyncio.sleep(BEAT_SECONDS)

    def look(self) -> None:
        """Look once."""
        halted, killed = self._latches.halted(), self._latches.killed()
        self._modes.halt("operator", f"{halted.reason} (by {halted.by})" if halted else None)
        self._kill(f"{killed.reason} (by {killed.by})" if killed else None)
        self._requests()
        self._modes.stale("feed", self._silence())
        self._troubles()

    def _requests(self) -> None:
        """Do what was asked for; a flattening that failed is asked for again, and waits for the broker."""
        now, seconds = self._clock.now(), self._clock.monotonic()
        if self._sender.unflattened:
            self._latches.request(FLATTEN, self._sender.unflattened, now)
            self._sender.unflattened, self._flatten_after = "", seconds + FLATTEN_SECONDS
        is_early = self._modes.why("broker") is not None or seconds < self._flatten_after
        for verb, latch in self._latches.take_requests((FLATTEN,) if is_early else ()):
            self._tell("request.taken", {"verb": verb, "reason": latch.reason, "by": latch.by})
            if verb == FLATTEN:
                self._sender.put(Outgoing(Flatten(latch.reason), now, seconds))
            elif verb == RELEASE and self._desk.core.mode in (RiskMode.HALTED, RiskMode.FLATTEN):
                self._desk.handle(KillReset(now, f"{latch.reason} (by {latch.by})"))

    def _troubles(self) -> None:
        """Let what is wrong during the session count towards the kill switch."""
        if self._clock.speed <= 0.0:
            return
        found: dict[Trigger, str] = {}
        if self._calendar.at(self._clock.now()) is not None:
            for trigger, parts in PARTS.items():
                reasons = [reason for part in parts if (reason := self._modes.why(part)) is not None]
                if reasons:
                    found[trigger] = "; ".join(reasons)
        self._trouble.look(found, self._clock.monotonic())

    def _kill(self, reason: str | None) -> None:
        is_latched = self._desk.core.mode in (RiskMode.HALTED, RiskMode.FLATTEN)
        self._modes.kill("latch", reason)
        if reason is not None and not is_latched:
            self._desk.handle(KillRequested(self._clock.now(), reason))
        elif reason is None and self._desk.core.mode is RiskMode.HALTED and not self._desk.core.latched_by:
            self._desk.handle(KillReset(self._clock.now(), "the latch was taken off"))

    def _silence(self) -> str | None:
        """Return since when the feed is silent during the session, judged by data alone."""
        speed, session = self._clock.speed, self._calendar.at(self._clock.now())
        last = self._bars.state.last_data_monotonic
        if speed <= 0.0 or session is None or last == 0.0:
            return None
        opened = (self._clock.now() - session.open).total_seconds()
        silent = (self._clock.monotonic() - last) * speed
        if min(silent, opened) <= max(self._stale_seconds, 3.0 * speed):
            return None
        return f"no minute bar for {silent:.0f} s"
