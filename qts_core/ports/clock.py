"""The port of time: wall clocks live in adapters, everything else asks one of these (specification 12.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """What the daemon may know of time."""

    @property
    def speed(self) -> float:
        """Clock seconds per real second; 0 while the clock only moves when told to (lockstep)."""
        ...

    def now(self) -> datetime:
        """Return the moment, aware UTC; virtual when the exchange's clock is."""
        ...

    def monotonic(self) -> float:
        """Return real seconds that never step back, for time-outs and measurements."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of real time."""
        ...
