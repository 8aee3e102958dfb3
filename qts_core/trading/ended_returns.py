"""Forward returns as they end, bar by bar: what online intervals learn from, never before it is known."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import cast

from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats

__all__ = ["EndedReturns"]


class EndedReturns:
    """The opens of the last bars, chain-linked.

    At the close of bar t the label of bar ``t - h - 1`` has ended: ``open[t] / open[t - h] - 1``, the very label that
    training learns (:func:`qts_core.targets.labels.forward_return`).
    """

    def __init__(self) -> None:
        self._opens: deque[Floats] = deque()

    def update(self, bars: BarSlice, horizon_bars: int) -> Floats | None:
        """Take a bar and return the forward returns that end with it, float64 [N]; None during the first h bars."""
        self._opens.append(bars.open * bars.factor)
        while len(self._opens) > horizon_bars + 1:
            self._opens.popleft()
        return self._opens[-1] / self._opens[0] - 1.0 if len(self._opens) == horizon_bars + 1 else None

    def forget(self) -> None:
        """Begin again."""
        self._opens.clear()

    def snapshot(self) -> list[object]:
        """Return the state, exact, as JSON values."""
        return [to_list(opens) for opens in self._opens]

    def restore(self, state: object) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._opens = deque(from_list(opens) for opens in cast(Sequence[object], state))
