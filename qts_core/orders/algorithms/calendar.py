"""When the slices of a parent are due: even boundaries, each delayed by a jitter of its own (12.3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from qts_core.orders.algorithms.parent import ParentOrder
from qts_core.orders.algorithms.wishes import ScheduleSettings

__all__ = ["SliceCalendar"]


class SliceCalendar:
    """Boundaries and due moments of one parent's slices.

    The window is divided evenly into slices no longer than the interval. A slice is due `jitter` after its boundary and
    before the next one; the delay follows from the parent's id and the slice's number, so that it looks like chance and
    is the same after a restart.
    """

    def __init__(self, parent: ParentOrder, settings: ScheduleSettings) -> None:
        window = parent.end - parent.start
        self.slices = -(-window // settings.interval)
        self.length = window / self.slices
        self.last = parent.end + settings.grace * self.length
        """From here on nothing is sent any more."""
        self._parent = parent
        jitter = settings.jitter_ratio
        self._due = [self.boundary(k) + self._delay(k, jitter) for k in range(self.slices)]

    def boundary(self, number: int) -> datetime:
        """Return where slice `number` begins; the number of slices gives the window's end."""
        return self._parent.end if number >= self.slices else self._parent.start + number * self.length

    def due(self, number: int) -> datetime:
        """Return when slice `number` is sent."""
        return self._due[number]

    def number(self, now: datetime) -> int:
        """Return the newest slice that is due at `now`, -1 before the first."""
        return sum(1 for due in self._due if due <= now) - 1

    def next_after(self, now: datetime | None) -> datetime | None:
        """Return the first due moment, window's end or last moment after `now`; None after all."""
        moments = (*self._due, self._parent.end, self.last)
        return next((m for m in moments if now is None or m > now), None)

    def _delay(self, number: int, jitter: float) -> timedelta:
        return self.length * (jitter * self._parent.chance(number)) if jitter else timedelta(0)
