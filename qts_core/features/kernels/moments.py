"""Rolling standard deviation, skewness and kurtosis in constant time per value, without drift or cancellation.

Blocks and suffixes as in :mod:`qts_core.features.kernels.windows`; an aggregate is the sums of powers of the distance
from a reference, the last value of the block before. Every window that spans two blocks holds that value, so the sums
are at most `window` times what is left when the mean is taken out, and a window of n values loses no more than n units
of the last place (Chan, Golub and LeVeque 1983, on shifted data). A window that is one block uses its own last value.
Constant values give a deviation of exactly zero. A missing value is skipped: it gets none, and the window stays.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["KURTOSIS", "SKEWNESS", "mean_absolute_deviation", "rolling_shape", "rolling_std"]

SKEWNESS = 3
KURTOSIS = 4


@kernel
def rolling_std(x: Floats, out: Floats, state: Floats, window: int, ddof: int) -> None:
    """Write the standard deviation of the last `window` values with divisor ``window - ddof``.

    State: place, whether a block came before, reference, running sum and squares, then ``window`` slots of two.
    """
    share = 1.0 / window
    freedom = float(window - ddof)
    for n in range(x.shape[1]):
        s = state[n]
        sums, squares = s[5 : 5 + window], s[5 + window :]
        place, is_full, reference, total, square = int(s[0]), s[1], s[2], s[3], s[4]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if place == 0:
                total, square = 0.0, 0.0
                if is_full == 0.0:
                    reference = value
            distance = value - reference
            total += distance
            square += distance * distance
            slot = place
            place += 1
            if place < window:
                both = sums[place] + total
                rest = (squares[place] + square) - both * both * share
                out[t, n] = math.sqrt(max(0.0, rest) / freedom) if is_full > 0.0 else np.nan
                sums[slot] = value
            else:
                sums[slot] = value
                reference, total, square = value, 0.0, 0.0
                for i in range(window - 1, -1, -1):
                    distance = sums[i] - reference
                    total += distance
                    square += distance * distance
                    sums[i], squares[i] = total, square
                out[t, n] = math.sqrt(max(0.0, square - total * total * share) / freedom)
                place = 0
                is_full = 1.0
        s[0], s[1], s[2], s[3], s[4] = place, is_full, reference, total, square


@kernel
def shape_of(kind: int, count: float, s1: float, s2: float, s3: float, s4: float) -> float:
    """Return the bias-corrected skewness or excess kurtosis from sums of powers; NaN for constant values."""
    mean = s1 / count
    variance = s2 / count - mean * mean
    if variance <= 0.0:
        return np.nan
    if kind == SKEWNESS:
        third = (s3 - 3.0 * mean * s2) / count + 2.0 * mean * mean * mean
        skewness = third / (variance * math.sqrt(variance))
        return skewness * math.sqrt(count * (count - 1.0)) / (count - 2.0)
    square = mean * mean
    fourth = (s4 - 4.0 * mean * s3 + 6.0 * square * s2) / count - 3.0 * square * square
    excess = fourth / (variance * variance) - 3.0
    return ((count + 1.0) * excess + 6.0) * (count - 1.0) / ((count - 2.0) * (count - 3.0))


@kernel
def rolling_shape(x: Floats, out: Floats, state: Floats, window: int, kind: int) -> None:
    """Write the bias-corrected skewness (`kind` 3) or excess kurtosis (`kind` 4) of the last `window` values.

    State: place, whether a block came before, reference, running sums of four powers, then ``window`` slots of four.
    """
    for n in range(x.shape[1]):
        s = state[n]
        slots = s[7:].reshape(window, 4)
        place, is_full, reference, s1, s2, s3, s4 = int(s[0]), s[1], s[2], s[3], s[4], s[5], s[6]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if place == 0:
                s1, s2, s3, s4 = 0.0, 0.0, 0.0, 0.0
                if is_full == 0.0:
                    reference = value
            distance = value - reference
            square = distance * distance
            s1 += distance
            s2 += square
            s3 += square * distance
            s4 += square * square
            slot = place
            place += 1
            if place < window:
                out[t, n] = np.nan
                if is_full > 0.0:
                    a, b, c, d = slots[place, 0], slots[place, 1], slots[place, 2], slots[place, 3]
                    out[t, n] = shape_of(kind, window, a + s1, b + s2, c + s3, d + s4)
                slots[slot, 0] = value
            else:
                slots[slot, 0] = value
                reference, s1, s2, s3, s4 = value, 0.0, 0.0, 0.0, 0.0
                for i in range(window - 1, -1, -1):
                    distance = slots[i, 0] - reference
                    square = distance * distance
                    s1 += distance
                    s2 += square
                    s3 += square * distance
                    s4 += square * square
                    slots[i, 0], slots[i, 1], slots[i, 2], slots[i, 3] = s1, s2, s3, s4
                out[t, n] = shape_of(kind, window, s1, s2, s3, s4)
                place = 0
                is_full = 1.0
        s[0], s[1], s[2], s[3], s[4], s[5], s[6] = place, is_full, reference, s1, s2, s3, s4


@kernel
def mean_absolute_deviation(x: Floats, out: Floats, state: Floats, window: int) -> None:
    """Write the mean distance of the last `window` values from their mean. State: count, place, ring."""
    for n in range(x.shape[1]):
        s = state[n]
        ring = s[2:]
        count, place = int(s[0]), int(s[1])
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            ring[place] = value
            place = place + 1 if place + 1 < window else 0
            count = min(count + 1, window)
            if count < window:
                out[t, n] = np.nan
                continue
            mean = 0.0
            for i in range(window):
                mean += ring[i]
            mean /= window
            spread = 0.0
            for i in range(window):
                spread += abs(ring[i] - mean)
            out[t, n] = spread / window
        s[0], s[1] = count, place
