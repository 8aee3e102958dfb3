"""The exchange's virtual clock: scaled real time, or lockstep where it moves only when told (specification 9.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

__all__ = ["LOCKSTEP", "VirtualClock"]

LOCKSTEP = "lockstep"


class VirtualClock:
    """Virtual time, aware UTC.

    Parameters
    ----------
    start : datetime
        Virtual time now.
    speed : float or None
        Virtual seconds per real second; None stands still until :meth:`move_to`.
    monotonic : callable
        Real seconds from any origin.
    """

    def __init__(self, start: datetime, speed: float | None, monotonic: Callable[[], float]) -> None:
        self.speed = speed
        self._monotonic = monotonic
        self._base = start
        self._since = monotonic()

    @property
    def is_lockstep(self) -> bool:
        """Whether the clock stands still until it is moved."""
        return self.speed is None

    def now(self) -> datetime:
        """Return the virtual time."""
        if self.speed is None:
            return self._base
        return self._base + timedelta(seconds=(self._monotonic() - self._since) * self.speed)

    def move_to(self, moment: datetime) -> None:
        """Set the clock; it goes on from there."""
        self._base = moment
        self._since = self._monotonic()

    def describe(self) -> str | float:
        """Return the speed as it is given on the command line."""
        return LOCKSTEP if self.speed is None else self.speed
