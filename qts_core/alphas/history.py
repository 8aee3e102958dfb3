"""The last bars as rows in the order of time: what rolling alphas and scores remember.

Memory is the window itself and every figure is computed from it anew, so two histories that agree on the window give
the same bits, however long they are and wherever they were restored.
"""

from __future__ import annotations

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats

__all__ = ["ReturnHistory", "Rows"]


class Rows:
    """The last `length` rows of `width` numbers, oldest first; NaN before there were so many.

    Parameters
    ----------
    length, width : int
    """

    def __init__(self, length: int, width: int) -> None:
        self.length = length
        self.width = width
        # Twice the window: a row is written once per bar and the tail moved to the front once per window.
        self._memory: Floats = np.full((2 * length, width), np.nan)
        self._end = length

    @property
    def values(self) -> Floats:
        """The window as a view, float64 [length, width]; the newest row is the last."""
        return self._memory[self._end - self.length : self._end]

    def push(self, row: Floats) -> None:
        """Add the newest row and forget the oldest."""
        if self._end == len(self._memory):
            self._memory[: self.length] = self._memory[self.length :]
            self._end = self.length
        self._memory[self._end] = row
        self._end += 1

    def snapshot(self) -> list[float | None]:
        """Return the window, row after row, as JSON numbers."""
        return to_list(self.values.ravel())

    def restore(self, state: object) -> None:
        """Take up the state of :meth:`snapshot`; of another length, the newest rows that both share."""
        rows = from_list(state).reshape(-1, self.width)[-self.length :]
        self._end = self.length
        self._memory[:] = np.nan
        self._memory[self.length - len(rows) : self.length] = rows


class ReturnHistory:
    """Logarithmic chain-linked close-to-close returns over a window of bars.

    A symbol without a bar has no return there; its next one spans the gap.

    Parameters
    ----------
    length : int
        Bars.
    breadth : int
        N.
    """

    def __init__(self, length: int, breadth: int) -> None:
        self._rows = Rows(length, breadth)
        self._last: Floats = np.full(breadth, np.nan)

    @property
    def returns(self) -> Floats:
        """The window, float64 [length, N], oldest first; NaN = no return."""
        return self._rows.values

    def update(self, linked_close: Floats) -> None:
        """Take chain-linked closes [N]; NaN = no bar."""
        now = np.log(linked_close)
        self._rows.push(now - self._last)
        self._last = np.where(np.isnan(now), self._last, now)

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {"last": to_list(self._last), "returns": self._rows.snapshot()}

    def restore(self, state: dict[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._last = from_list(state["last"])
        self._rows.restore(state["returns"])
