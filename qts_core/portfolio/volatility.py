"""Volatility of each symbol from its last bars, known at the close (specification 9.3; X-14)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats
from qts_core.market.timeline import BARS_PER_YEAR

__all__ = ["RollingVolatility"]


class RollingVolatility:
    """Root mean square of chain-linked close-to-close returns over a window, annualised.

    Its memory is the window, summed in the order of time: two histories that agree on the last `window_bars` bars
    (and on the closes before them) give the same bits, however long they are.

    Parameters
    ----------
    window_bars : int
        Bars in the window, overnight returns included; 260 = ten sessions.
    breadth : int
        N symbols.
    minimum_bars : int
        Returns needed before a value is given.
    bars_per_year : int
        For annualising.
    """

    def __init__(
        self, window_bars: int, breadth: int, *, minimum_bars: int = 52, bars_per_year: int = BARS_PER_YEAR
    ) -> None:
        self.window_bars = window_bars
        self.minimum_bars = min(minimum_bars, window_bars)
        self._annual = float(bars_per_year)
        # Twice the window: a row is written once per bar and the tail moved to the front once per window.
        self._squares: Floats = np.zeros((2 * window_bars, breadth))
        self._known: Floats = np.zeros((2 * window_bars, breadth))
        self._end = window_bars
        self._close: Floats = np.full(breadth, np.nan)

    def update(self, linked_close: Floats) -> None:
        """Take chain-linked closes [N], NaN = no bar."""
        if self._end == len(self._squares):
            self._squares[: self.window_bars] = self._squares[self.window_bars :]
            self._known[: self.window_bars] = self._known[self.window_bars :]
            self._end = self.window_bars
        _take(linked_close, self._close, self._squares[self._end], self._known[self._end])
        self._end += 1

    def estimate(self) -> Floats:
        """Return the annualised volatility [N], a ratio: 0.25 = 25 % a year; NaN until `minimum_bars` are known."""
        rows = slice(self._end - self.window_bars, self._end)
        count = self._known[rows].sum(axis=0)
        total = self._squares[rows].sum(axis=0)
        usable = (count >= self.minimum_bars) & (total > 0.0)
        value: Floats = np.sqrt(np.where(usable, total, np.nan) / np.maximum(count, 1.0) * self._annual)
        return value

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        rows = slice(self._end - self.window_bars, self._end)
        return {
            "close": to_list(self._close),
            "known": to_list(self._known[rows].ravel()),
            "squares": to_list(self._squares[rows].ravel()),
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`; of another window, what both share."""
        self._close = from_list(state["close"])
        self._end = self.window_bars
        for memory, name in ((self._squares, "squares"), (self._known, "known")):
            rows = from_list(state[name]).reshape(-1, len(self._close))[-self.window_bars :]
            memory[: self.window_bars] = 0.0
            memory[self.window_bars - len(rows) : self.window_bars] = rows


@kernel
def _take(linked_close: Floats, last: Floats, squares: Floats, known: Floats) -> None:
    """Write one bar's squared moves and which are known, and keep its closes in `last`."""
    for i in range(len(last)):
        move = linked_close[i] / last[i] - 1.0
        is_known = not np.isnan(move)
        squares[i] = move * move if is_known else 0.0
        known[i] = is_known
        if not np.isnan(linked_close[i]):
            last[i] = linked_close[i]
