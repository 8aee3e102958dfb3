"""Recent returns of N symbols as folds: bars for estimates of now, sessions for those of the year (10.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats
from qts_core.market.timeline import BARS_PER_YEAR

__all__ = ["MarketPulse", "RecentRows", "ReturnFold"]


class RecentRows:
    """The last `length` rows of N values, oldest first, without moving them at every step."""

    def __init__(self, length: int, breadth: int) -> None:
        self.length = length
        # Twice the length: a row is written once, and the tail moved to the front once per window.
        self._rows: Floats = np.full((2 * length, breadth), np.nan)
        self._end = 0

    def push(self) -> Floats:
        """Return the next row to be written, NaN."""
        if self._end == len(self._rows):
            self._rows[: self.length] = self._rows[self.length :]
            self._end = self.length
        row: Floats = self._rows[self._end]
        row[:] = np.nan
        self._end += 1
        return row

    def rows(self, last: int | None = None) -> Floats:
        """Return a view of the rows known, at most `length`, or the `last` of them."""
        count = min(self._end, self.length if last is None else min(last, self.length))
        return self._rows[self._end - count : self._end]

    def snapshot(self) -> list[float | None]:
        """Return the rows, exact, as JSON values."""
        return to_list(self.rows().ravel())

    def restore(self, state: object) -> None:
        """Take up the state of :meth:`snapshot`; of another length, the last rows of both."""
        rows = from_list(state).reshape(-1, self._rows.shape[1])[-self.length :]
        self._rows[: len(rows)] = rows
        self._end = len(rows)


class ReturnFold:
    """Returns from one row of closes to the next; a symbol without a close is unknown, its gap falls in the next."""

    def __init__(self, length: int, breadth: int) -> None:
        self.recent = RecentRows(length, breadth)
        self._last: Floats = np.full(breadth, np.nan)

    def update(self, linked_close: Floats) -> Floats:
        """Take chain-linked closes [N] and return their returns [N]."""
        row = self.recent.push()
        _returns(linked_close, self._last, row)
        return row

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {"last": to_list(self._last), "rows": self.recent.snapshot()}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._last = from_list(state["last"])
        self.recent.restore(state["rows"])


class MarketPulse:
    """The market's return at each bar, and its volatility in points a year.

    The market is the symbol in column `market`, or the mean of all that have a return. The variance is an exponential
    mean of squares, half of it from the last `half_life` bars.
    """

    def __init__(self, market: int | None = None, *, half_life: float = 130.0) -> None:
        self._market = market
        self._keep = 0.5 ** (1.0 / half_life)
        self._mean_square = math.nan

    @property
    def points(self) -> float:
        """Volatility in points a year: 20 = 20 %; NaN before the first return."""
        return 100.0 * math.sqrt(self._mean_square * BARS_PER_YEAR)

    def update(self, returns: Floats) -> float:
        """Take one bar's returns [N] and return the market's, NaN without any."""
        market = float(returns[self._market]) if self._market is not None else _mean(returns)
        if not math.isnan(market):
            square = market * market
            before = square if math.isnan(self._mean_square) else self._mean_square
            self._mean_square = self._keep * before + (1.0 - self._keep) * square
        return market

    def snapshot(self) -> float | None:
        """Return the state as a JSON value."""
        return None if math.isnan(self._mean_square) else self._mean_square

    def restore(self, state: object) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._mean_square = math.nan if state is None else float(cast(float, state))


@kernel
def _returns(linked_close: Floats, last: Floats, row: Floats) -> None:
    for i in range(len(last)):
        row[i] = linked_close[i] / last[i] - 1.0
        if not np.isnan(linked_close[i]):
            last[i] = linked_close[i]


@kernel
def _mean(values: Floats) -> float:
    total, count = 0.0, 0
    for value in values:
        if not np.isnan(value):
            total += value
            count += 1
    return total / count if count else np.nan
