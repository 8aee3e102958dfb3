"""Sizes by volatility: target over realised, by regime and correlation, under a leverage cap (specification 10.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats
from qts_core.market.timeline import BARS_PER_YEAR

__all__ = ["RollingAtr", "correlation_scale", "under_leverage", "volatility_ratio"]

RANGE_PER_DEVIATION = math.sqrt(8.0 / math.pi)
"""Expected range of a Brownian motion in standard deviations of its move: 1.596."""


def volatility_ratio(volatility: Floats, target_volatility: float, base_ratio: float) -> Floats:
    """Return target / realised * base [N], ratios of equity; NaN where no positive volatility is known."""
    usable = np.nan_to_num(volatility) > 0.0
    return np.asarray(np.where(usable, base_ratio * target_volatility / np.where(usable, volatility, 1.0), np.nan))


def correlation_scale(mean_correlation: float, positions: int) -> float:
    """Return by how much sizes shrink so that `positions` alike are together as volatile as if uncorrelated.

    K equal risks with mean correlation r have the volatility of uncorrelated ones times sqrt(1 + (K - 1) r). Negative
    correlation does not enlarge sizes: it is the first to go in a crisis.
    """
    return 1.0 / math.sqrt(1.0 + max(positions - 1, 0) * min(max(mean_correlation, 0.0), 1.0))


def under_leverage(units: Floats, positions: int, max_leverage: float) -> Floats:
    """Return `units` [N] scaled down together where the `positions` largest sum to more than `max_leverage`."""
    known = np.sort(units[np.isfinite(units)])[::-1]
    gross = float(known[:positions].sum())
    return units * (max_leverage / gross) if gross > max_leverage else units


class RollingAtr:
    """Annual volatility from the average true range, in place of that from closes.

    The true range of a bar is a length, not a deviation: divided by the close and by 1.596, the expected range of a
    Brownian motion of deviation one, it estimates the deviation of a bar's move (X-14). The mean is a plain one over
    the window, summed in the order of time, so that its bits do not depend on what came before it.

    Parameters
    ----------
    window_bars : int
        20 is the specification's, of 15 minutes; 260 = ten sessions.
    breadth : int
        N symbols.
    minimum_bars : int
        Ranges needed before a value is given.
    bars_per_year : int
        For annualising.

    References
    ----------
    Feller (1951), "The Asymptotic Distribution of the Range of Sums of Independent Random Variables", Annals of
    Mathematical Statistics 22, 427-432: E[range] = sqrt(8 / pi) * sigma. Wilder (1978), "New Concepts in Technical
    Trading Systems", for the true range.
    """

    def __init__(
        self, window_bars: int, breadth: int, *, minimum_bars: int = 20, bars_per_year: int = BARS_PER_YEAR
    ) -> None:
        self.window_bars = window_bars
        self.minimum_bars = min(minimum_bars, window_bars)
        self._annual = math.sqrt(bars_per_year) / RANGE_PER_DEVIATION
        self._ranges: Floats = np.full((2 * window_bars, breadth), np.nan)
        self._end = window_bars
        self._close: Floats = np.full(breadth, np.nan)

    def update(self, linked_high: Floats, linked_low: Floats, linked_close: Floats) -> None:
        """Take chain-linked prices [N], NaN = no bar."""
        if self._end == len(self._ranges):
            self._ranges[: self.window_bars] = self._ranges[self.window_bars :]
            self._end = self.window_bars
        _take_range(linked_high, linked_low, linked_close, self._close, self._ranges[self._end])
        self._end += 1

    def estimate(self) -> Floats:
        """Return the annual volatility [N], ratio; NaN until `minimum_bars` are known."""
        rows = self._ranges[self._end - self.window_bars : self._end]
        known = np.isfinite(rows)
        count = known.sum(axis=0)
        total = np.where(known, rows, 0.0).sum(axis=0)
        usable = (count >= self.minimum_bars) & (total > 0.0)
        return np.asarray(np.where(usable, total, np.nan) / np.maximum(count, 1) * self._annual)

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        rows = self._ranges[self._end - self.window_bars : self._end]
        return {"close": to_list(self._close), "ranges": to_list(rows.ravel())}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`; of another window, what both share."""
        self._close = from_list(state["close"])
        rows = from_list(state["ranges"]).reshape(-1, len(self._close))[-self.window_bars :]
        self._end = self.window_bars
        self._ranges[:] = np.nan
        self._ranges[self.window_bars - len(rows) : self.window_bars] = rows


@kernel
def _take_range(high: Floats, low: Floats, close: Floats, last: Floats, ranges: Floats) -> None:
    """Write one bar's true ranges as ratios of the close, and keep its closes in `last`."""
    for i in range(len(last)):
        if np.isnan(close[i]):
            ranges[i] = np.nan
            continue
        top, bottom = high[i], low[i]
        if not np.isnan(last[i]):
            top, bottom = max(top, last[i]), min(bottom, last[i])
        ranges[i] = (top - bottom) / close[i]
        last[i] = close[i]
