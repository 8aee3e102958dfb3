"""Rolling statistics of two series: covariance, correlation and least squares, in constant time per value.

Blocks and suffixes as in :mod:`qts_core.features.kernels.windows`; an aggregate is (mean of x, mean of y, Mxx, Myy,
Mxy), and two are joined as in Chan, Golub and LeVeque (1979). A bar on which either value is missing is skipped.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["CORRELATION", "COVARIANCE", "FITTED", "RESIDUAL_STD", "SLOPE", "rolling_pair"]

COVARIANCE = 0
CORRELATION = 1
SLOPE = 2
FITTED = 3
RESIDUAL_STD = 4


@kernel
def grow(m: Floats, count: int, x: float, y: float) -> None:
    """Add one pair to ``m = (mean x, mean y, Mxx, Myy, Mxy)``; `count` includes it."""
    dx = x - m[0]
    dy = y - m[1]
    m[0] += dx / count
    m[1] += dy / count
    m[2] += dx * (x - m[0])
    m[3] += dy * (y - m[1])
    m[4] += dx * (y - m[1])


@kernel
def statistic(kind: int, count: float, m: Floats, y_now: float) -> float:
    """Return one statistic of an aggregate; x is explained, y explains."""
    mx: float = m[0]
    my: float = m[1]
    mxx: float = m[2]
    myy: float = m[3]
    mxy: float = m[4]
    if kind == COVARIANCE:
        return mxy / (count - 1.0)
    if kind == CORRELATION:
        scale = math.sqrt(mxx) * math.sqrt(myy)
        return min(1.0, max(-1.0, mxy / scale)) if scale > 0.0 else np.nan
    if myy <= 0.0:
        return np.nan
    slope = mxy / myy
    if kind == SLOPE:
        return slope
    if kind == FITTED:
        return mx + slope * (y_now - my)
    return math.sqrt(max(0.0, mxx - slope * mxy) / (count - 2.0))


@kernel
def rolling_pair(x: Floats, y: Floats, out: Floats, state: Floats, window: int, kind: int) -> None:
    """Write a statistic of the last `window` pairs, x regressed on y where that applies.

    State: place, whether a block came before, running aggregate (5), then ``window`` slots of five.
    """
    both = np.zeros(5)
    for n in range(x.shape[1]):
        s = state[n]
        running, slots = s[2:7], s[7:].reshape(window, 5)
        place, is_full = int(s[0]), s[1]
        for t in range(x.shape[0]):
            a, b = x[t, n], y[t, n]
            if a != a or b != b:
                out[t, n] = np.nan
                continue
            if place == 0:
                running[:] = 0.0
            slot = place
            place += 1
            grow(running, place, a, b)
            if place < window:
                if is_full > 0.0:
                    old = slots[place]
                    weight = place * (window - place) / window
                    dx, dy = running[0] - old[0], running[1] - old[1]
                    both[0] = old[0] + dx * (place / window)
                    both[1] = old[1] + dy * (place / window)
                    both[2] = old[2] + running[2] + dx * dx * weight
                    both[3] = old[3] + running[3] + dy * dy * weight
                    both[4] = old[4] + running[4] + dx * dy * weight
                    out[t, n] = statistic(kind, window, both, b)
                else:
                    out[t, n] = np.nan
                slots[slot, 0], slots[slot, 1] = a, b
            else:
                out[t, n] = statistic(kind, window, running, b)
                slots[slot, 0], slots[slot, 1] = a, b
                both[:] = 0.0
                for i in range(window - 1, 0, -1):
                    grow(both, window - i, slots[i, 0], slots[i, 1])
                    slots[i] = both
                place = 0
                is_full = 1.0
        s[0], s[1] = place, is_full
