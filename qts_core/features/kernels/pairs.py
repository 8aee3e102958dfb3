"""Rolling statistics of two series: covariance, correlation and least squares, in constant time per value.

Blocks, suffixes and the reference as in :mod:`qts_core.features.kernels.moments`; an aggregate is the sums of both
distances, of their squares and of their product. A bar on which either value is missing is skipped: it gets no value,
and the window stays as it was.
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
def statistic(kind: int, count: float, sx: float, sy: float, sxx: float, syy: float, sxy: float, y_now: float) -> float:
    """Return one statistic from sums of distances; x is explained, y explains. A fitted value is itself a distance."""
    share = 1.0 / count
    mean_x, mean_y = sx * share, sy * share
    mxy = sxy - sx * mean_y
    if kind == COVARIANCE:
        return mxy / (count - 1.0)
    mxx, myy = max(0.0, sxx - sx * mean_x), max(0.0, syy - sy * mean_y)
    if kind == CORRELATION:
        scale = math.sqrt(mxx) * math.sqrt(myy)
        return min(1.0, max(-1.0, mxy / scale)) if scale > 0.0 else np.nan
    if myy <= 0.0:
        return np.nan
    slope = mxy / myy
    if kind == SLOPE:
        return slope
    if kind == FITTED:
        return mean_x + slope * (y_now - mean_y)
    return math.sqrt(max(0.0, mxx - slope * mxy) / (count - 2.0))


@kernel
def rolling_pair(x: Floats, y: Floats, out: Floats, state: Floats, window: int, kind: int) -> None:
    """Write a statistic of the last `window` pairs, x regressed on y where that applies.

    State: place, whether a block came before, two references, running sums (5), then ``window`` slots of five.
    """
    for n in range(x.shape[1]):
        s = state[n]
        slots = s[9:].reshape(window, 5)
        place, is_full, base_x, base_y = int(s[0]), s[1], s[2], s[3]
        sx, sy, sxx, syy, sxy = s[4], s[5], s[6], s[7], s[8]
        for t in range(x.shape[0]):
            a, b = x[t, n], y[t, n]
            if a != a or b != b:
                out[t, n] = np.nan
                continue
            if place == 0:
                sx, sy, sxx, syy, sxy = 0.0, 0.0, 0.0, 0.0, 0.0
                if is_full == 0.0:
                    base_x, base_y = a, b
            dx, dy = a - base_x, b - base_y
            sx += dx
            sy += dy
            sxx += dx * dx
            syy += dy * dy
            sxy += dx * dy
            slot = place
            place += 1
            value = np.nan
            if place < window:
                if is_full > 0.0:
                    tx, ty, txx = slots[place, 0] + sx, slots[place, 1] + sy, slots[place, 2] + sxx
                    tyy, txy = slots[place, 3] + syy, slots[place, 4] + sxy
                    value = statistic(kind, window, tx, ty, txx, tyy, txy, dy)
                slots[slot, 0], slots[slot, 1] = a, b
            else:
                slots[slot, 0], slots[slot, 1] = a, b
                base_x, base_y = a, b
                sx, sy, sxx, syy, sxy = 0.0, 0.0, 0.0, 0.0, 0.0
                for i in range(window - 1, -1, -1):
                    dx, dy = slots[i, 0] - base_x, slots[i, 1] - base_y
                    sx += dx
                    sy += dy
                    sxx += dx * dx
                    syy += dy * dy
                    sxy += dx * dy
                    slots[i, 0], slots[i, 1], slots[i, 2], slots[i, 3], slots[i, 4] = sx, sy, sxx, syy, sxy
                value = statistic(kind, window, sx, sy, sxx, syy, sxy, 0.0)
                place = 0
                is_full = 1.0
            out[t, n] = base_x + value if kind == FITTED else value
        s[0], s[1], s[2], s[3] = place, is_full, base_x, base_y
        s[4], s[5], s[6], s[7], s[8] = sx, sy, sxx, syy, sxy
