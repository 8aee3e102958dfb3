"""Stay within a budget of requests a minute (protocol reference, 1.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["RequestBudget"]

WINDOW_SECONDS: Final = 60.0


class RequestBudget:
    """At most `per_minute` requests in any sixty seconds, wherever the server's own minute begins.

    Parameters
    ----------
    per_minute : int
        200 on the free plan.
    monotonic : callable
        Seconds that never step back.
    wait : callable
        Waits some seconds.
    """

    def __init__(self, per_minute: int, *, monotonic: Callable[[], float], wait: Callable[[float], None]) -> None:
        if per_minute < 1:
            raise ValueError(f"a budget of {per_minute} requests a minute; expected at least 1")
        self._sent: deque[float] = deque(maxlen=per_minute)
        self._monotonic = monotonic
        self._wait = wait
        self._closed_until = float("-inf")

    def take(self) -> float:
        """Wait until another request may be sent, count it, and return the seconds waited."""
        now = self._monotonic()
        oldest = self._sent[0] if len(self._sent) == self._sent.maxlen else float("-inf")
        pause = max(oldest + WINDOW_SECONDS, self._closed_until) - now
        if pause > 0:
            self._wait(pause)
        self._sent.append(self._monotonic())
        return max(pause, 0.0)

    def close_for(self, seconds: float) -> None:
        """Send nothing for some seconds: the server says that its own budget is spent."""
        self._closed_until = max(self._closed_until, self._monotonic() + min(seconds, WINDOW_SECONDS))
