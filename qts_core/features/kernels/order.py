"""Rolling order statistics on a window that is kept sorted: one binary search and one shift per value.

State per symbol: ``[count, place, ring of `window`, sorted `window`]``. Values are only moved, never recomputed, so
results are exact.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["rolling_quantile", "rolling_rank", "rolling_robust"]


@kernel
def lower_bound(ordered: Floats, count: int, value: float) -> int:
    """Return how many of the first `count` ordered values are below `value`."""
    # Halving without a branch on the data: the processor cannot guess it, and a wrong guess costs more than the step.
    low, rest = 0, count
    while rest > 1:
        half = rest // 2
        low += half * (ordered[low + half - 1] < value)
        rest -= half
    return low + (rest > 0 and ordered[low] < value)


@kernel
def slide(s: Floats, ring: Floats, ordered: Floats, value: float) -> int:
    """Put `value` into the window, drop the oldest if it is full; return the new count."""
    count, place, window = int(s[0]), int(s[1]), len(ring)
    if count == window:
        hole = np.uintp(lower_bound(ordered, count, ring[place]))
    else:
        hole = np.uintp(count)
        count += 1
    # The hole moves to where the value belongs. Unsigned places spare the compiler the check for negative ones.
    step, last = np.uintp(1), np.uintp(count - 1)
    while hole < last and ordered[hole + step] < value:
        ordered[hole] = ordered[hole + step]
        hole += step
    while hole > np.uintp(0) and ordered[hole - step] >= value:
        ordered[hole] = ordered[hole - step]
        hole -= step
    ordered[hole] = value
    ring[place] = value
    s[0], s[1] = count, place + 1 if place + 1 < window else 0
    return count


@kernel
def rolling_quantile(x: Floats, out: Floats, state: Floats, window: int, probability: float) -> None:
    """Write the quantile of the last `window` values, interpolated linearly (Hyndman and Fan type 7)."""
    position = (window - 1) * probability
    below = math.floor(position)
    above = min(below + 1, window - 1)
    share = position - below
    for n in range(x.shape[1]):
        s = state[n]
        ring, ordered = s[2 : 2 + window], s[2 + window :]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value or slide(s, ring, ordered, value) < window:
                out[t, n] = np.nan
                continue
            out[t, n] = ordered[below] + share * (ordered[above] - ordered[below])


@kernel
def rolling_rank(x: Floats, out: Floats, state: Floats, window: int) -> None:
    """Write the rank of the latest value among the last `window`, over `window`; equal values share the mean rank."""
    for n in range(x.shape[1]):
        s = state[n]
        ring, ordered = s[2 : 2 + window], s[2 + window :]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value or slide(s, ring, ordered, value) < window:
                out[t, n] = np.nan
                continue
            below = lower_bound(ordered, window, value)
            not_above = below + 1
            while not_above < window and ordered[not_above] == value:
                not_above += 1
            out[t, n] = 0.5 * (below + not_above + 1) / window


@kernel
def quantile_of(ordered: Floats, window: int, probability: float) -> float:
    """Return the quantile of `window` ordered values, interpolated linearly (Hyndman and Fan type 7)."""
    position = (window - 1) * probability
    below = math.floor(position)
    above = min(below + 1, window - 1)
    low: float = ordered[below]
    high: float = ordered[above]
    return low + (position - below) * (high - low)


@kernel
def rolling_robust(x: Floats, out: Floats, state: Floats, window: int) -> None:
    """Write the distance from the median of the last `window` values in interquartile ranges; NaN if that is 0."""
    for n in range(x.shape[1]):
        s = state[n]
        ring, ordered = s[2 : 2 + window], s[2 + window :]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value or slide(s, ring, ordered, value) < window:
                out[t, n] = np.nan
                continue
            spread = quantile_of(ordered, window, 0.75) - quantile_of(ordered, window, 0.25)
            out[t, n] = (value - quantile_of(ordered, window, 0.5)) / spread if spread > 0.0 else np.nan
