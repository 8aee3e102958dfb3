"""Volume laid on price levels, and the spread of prices around the session's volume-weighted one (specification 6.1d).

The profile is heavy by nature: computed anew at every k-th bar of the symbol and held between, on the schedule of
:mod:`qts_core.features.kernels.scheduled`.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.scheduled import is_due
from qts_core.market.panel import Floats

__all__ = ["CONTROL", "LOWER", "UPPER", "price_level", "session_deviation"]

CONTROL, UPPER, LOWER = 0, 1, 2
"""The price with most volume, the upper and the lower edge of the value area."""

VALUE_SHARE = 0.7
"""Share of the volume inside the value area (Steidlmayer and Koy 1986: about one deviation)."""


@kernel
def value_area(volumes: Floats, peak: int) -> tuple[int, int]:
    """Grow from the fullest level to the fuller neighbour until the share is inside; return the ends."""
    first, last = peak, peak
    inside, goal = volumes[peak], VALUE_SHARE * volumes.sum()
    while inside < goal:
        above = volumes[last + 1] if last + 1 < len(volumes) else -1.0
        below = volumes[first - 1] if first > 0 else -1.0
        if above >= below:
            last += 1
            inside += above
        else:
            first -= 1
            inside += below
    return first, last


@kernel
def level_of(prices: Floats, traded: Floats, volumes: Floats, kind: int) -> float:
    """Return one level of the profile of `prices` with their volumes; NaN where nothing was traded."""
    lowest, highest = float(prices.min()), float(prices.max())
    levels = len(volumes)
    step = (highest - lowest) / levels
    if traded.sum() <= 0.0:
        return np.nan
    if step <= 0.0:
        return lowest
    volumes[:] = 0.0
    per_step = levels / (highest - lowest)
    for i in range(len(prices)):
        volumes[min(int((prices[i] - lowest) * per_step), levels - 1)] += traded[i]
    peak = int(volumes.argmax())
    if kind == CONTROL:
        return lowest + (peak + 0.5) * step
    first, last = value_area(volumes, peak)
    return lowest + ((last + 1) * step if kind == UPPER else first * step)


@kernel
def price_level(
    price: Floats, volume: Floats, out: Floats, state: Floats, window: int, every: int, levels: int, kind: int
) -> None:
    """Write a level of the volume profile of `window` bars on `levels` equal steps; anew at every `every`-th bar.

    State: that of the schedule with its ring of prices, then a ring of volumes.
    """
    volumes = np.empty(levels)
    for n in range(price.shape[1]):
        s = state[n]
        for t in range(price.shape[0]):
            value, traded = price[t, n], volume[t, n]
            if value != value or traded != traded:
                out[t, n] = np.nan
                continue
            s[4 + window + int(s[1])] = traded
            if is_due(s, window, every, value):
                s[2] = level_of(s[4 : 4 + window], s[4 + window :], volumes, kind)
                s[3] = 1.0
            out[t, n] = s[2] if s[3] > 0.0 else np.nan


@kernel
def session_deviation(x: Floats, weight: Floats, session: Floats, out: Floats, state: Floats) -> None:
    """Write the weighted deviation of this session's values so far; NaN on its first bar, where nothing deviates.

    State: session, weight, mean, sum of squares, started.

    References
    ----------
    West (1979), Communications of the ACM 22(9), 532.
    """
    for n in range(x.shape[1]):
        s = state[n]
        for t in range(x.shape[0]):
            value, share = x[t, n], weight[t, n]
            if value != value or share != share:
                out[t, n] = np.nan
                continue
            is_first = s[4] == 0.0 or session[t, n] != s[0]
            if is_first:
                s[0], s[1], s[2], s[3], s[4] = session[t, n], 0.0, value, 0.0, 1.0
            if share > 0.0:
                total = s[1] + share
                step = value - s[2]
                move = step * (share / total)
                s[3] += s[1] * step * move
                s[2] += move
                s[1] = total
            out[t, n] = math.sqrt(s[3] / s[1]) if s[1] > 0.0 and not is_first else np.nan
