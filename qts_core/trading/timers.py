"""Timers that a core has asked for, kept by whoever drives it: the backtest or the daemon (design section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from qts_core.market.events import SetTimer, TimerFired

__all__ = ["Timers"]


class Timers:
    """Due moments by name; setting a name again moves it.

    Parameters
    ----------
    timers : iterable of SetTimer
        Those that stand after a restart.
    """

    def __init__(self, timers: Iterable[SetTimer] = ()) -> None:
        self._due: dict[str, datetime] = {}
        for timer in timers:
            self.set(timer)

    @property
    def next_due(self) -> datetime | None:
        """When the next timer runs out, or None."""
        return min(self._due.values(), default=None)

    def set(self, timer: SetTimer) -> None:
        """Take a core's command."""
        self._due[timer.name] = timer.due

    def fire(self, now: datetime) -> list[TimerFired]:
        """Return the events of the timers that are due at `now`, first due first, and forget these timers."""
        due = sorted((moment, name) for name, moment in self._due.items() if moment <= now)
        for _, name in due:
            del self._due[name]
        return [TimerFired(now, name) for _, name in due]
