"""A rapid decline: how much was lost within a few bars, however the day began (specification 10.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from qts_core.risk.verdict import PORTFOLIO, Verdict

__all__ = ["RapidDecline"]


class RapidDecline:
    """A fold over equity, bar by bar.

    Parameters
    ----------
    limit : float
        Loss from the highest equity of the last `bars` bars, positive ratio; infinite = never.
    bars : int
        How many bars back.
    """

    def __init__(self, limit: float, bars: int, equity: float) -> None:
        self.limit = limit
        self._recent: deque[float] = deque([equity], maxlen=bars + 1)

    def update(self, equity: float) -> Verdict | None:
        """Take the equity at a bar's close; return the verdict when it fell too fast."""
        self._recent.append(equity)
        high = max(self._recent)
        loss = (high - equity) / high if high > 0.0 else 1.0
        if loss < self.limit:
            return None
        bars = len(self._recent) - 1
        return Verdict("kill.rapid_decline", PORTFOLIO, False, f"lost within {bars} bars", self.limit, loss)

    def snapshot(self) -> list[float]:
        """Return the state, exact, as JSON values."""
        return list(self._recent)

    def restore(self, state: Sequence[float]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._recent = deque(state, maxlen=self._recent.maxlen)
