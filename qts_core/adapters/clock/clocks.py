"""The three clocks of the daemon (specification 12.1): the world's, a faster one, and one that moves when told."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

__all__ = ["LockstepClock", "ScaledClock", "SystemClock"]


class SystemClock:
    """The wall clock."""

    @property
    def speed(self) -> float:
        """One second a second."""
        return 1.0

    def now(self) -> datetime:
        """Return the current UTC time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return real seconds that never step back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of real time."""
        await asyncio.sleep(max(seconds, 0.0))


class ScaledClock(SystemClock):
    """A clock that runs `speed` times as fast as the world, set to the exchange's virtual time.

    Parameters
    ----------
    start : datetime
        The virtual moment now.
    speed : float
        Virtual seconds per real second.
    """

    def __init__(self, start: datetime, speed: float) -> None:
        self._speed = speed
        self.synchronise(start)

    @property
    def speed(self) -> float:
        """Virtual seconds per real second."""
        return self._speed

    def synchronise(self, moment: datetime) -> None:
        """Set the clock to `moment`."""
        self._anchor = moment
        self._since = self.monotonic()

    def now(self) -> datetime:
        """Return the virtual moment."""
        return self._anchor + timedelta(seconds=(self.monotonic() - self._since) * self._speed)


class LockstepClock(SystemClock):
    """A clock that stands still until :meth:`set` moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    @property
    def speed(self) -> float:
        """Zero: nothing passes by itself."""
        return 0.0

    def set(self, moment: datetime) -> None:
        """Move to `moment`; never back.

        Raises
        ------
        ValueError
            If `moment` lies before the present one.
        """
        if moment < self._now:
            raise ValueError(f"a clock cannot go back from {self._now.isoformat()} to {moment.isoformat()}")
        self._now = moment

    def now(self) -> datetime:
        """Return the moment last set."""
        return self._now
