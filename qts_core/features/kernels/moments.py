"""Rolling standard deviation, skewness and kurtosis in constant time per value, without cancellation.

Blocks and suffixes as in :mod:`qts_core.features.kernels.windows`; an aggregate is (mean, sums of powers of
deviations), and two of them are joined exactly (Chan, Golub and LeVeque 1979; Pébay 2008, SAND2008-6212). Constant
values give a deviation of exactly zero.
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
    """Write the standard deviation of the last `window` values with divisor ``window - ddof``."""
    for n in range(x.shape[1]):
        s = state[n]
        means, squares = s[4 : 4 + window], s[4 + window :]
        place, is_full, mean, square = int(s[0]), s[1], s[2], s[3]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if place == 0:
                mean, square = 0.0, 0.0
            slot = place
            place += 1
            step = value - mean
            mean += step / place
            square += step * (value - mean)
            if place < window:
                gap = mean - means[place]
                joined = squares[place] + square + gap * gap * (place * (window - place) / window)
                out[t, n] = math.sqrt(joined / (window - ddof)) if is_full > 0.0 else np.nan
                means[slot] = value
            else:
                out[t, n] = math.sqrt(square / (window - ddof))
                means[slot] = value
                tail_mean, tail_square = 0.0, 0.0
                for i in range(window - 1, 0, -1):
                    step = means[i] - tail_mean
                    tail_mean += step / (window - i)
                    tail_square += step * (means[i] - tail_mean)
                    means[i], squares[i] = tail_mean, tail_square
                place = 0
                is_full = 1.0
        s[0], s[1], s[2], s[3] = place, is_full, mean, square


@kernel
def grow(m: Floats, count: int, value: float) -> None:
    """Add one value to ``m = (mean, M2, M3, M4)``; `count` includes it."""
    delta = value - m[0]
    step = delta / count
    square = step * step
    term = delta * step * (count - 1)
    m[3] += term * square * (count * count - 3 * count + 3) + 6.0 * square * m[1] - 4.0 * step * m[2]
    m[2] += term * step * (count - 2) - 3.0 * step * m[1]
    m[1] += term
    m[0] += step


@kernel
def shape_of(kind: int, count: float, m2: float, m3: float, m4: float) -> float:
    """Return the bias-corrected skewness or excess kurtosis; NaN for constant values."""
    if m2 <= 0.0:
        return np.nan
    variance = m2 / count
    if kind == SKEWNESS:
        skewness = (m3 / count) / (variance * math.sqrt(variance))
        return skewness * math.sqrt(count * (count - 1.0)) / (count - 2.0)
    excess = (m4 / count) / (variance * variance) - 3.0
    return ((count + 1.0) * excess + 6.0) * (count - 1.0) / ((count - 2.0) * (count - 3.0))


@kernel
def joined_shape(kind: int, old: Floats, na: float, new: Floats, nb: float) -> float:
    """Return the statistic of two samples joined."""
    count = na + nb
    d = new[0] - old[0]
    d2 = d * d
    m2 = old[1] + new[1] + d2 * na * nb / count
    m3 = old[2] + new[2] + d2 * d * na * nb * (na - nb) / (count * count)
    m3 += 3.0 * d * (na * new[1] - nb * old[1]) / count
    m4 = old[3] + new[3] + d2 * d2 * na * nb * (na * na - na * nb + nb * nb) / (count * count * count)
    m4 += 6.0 * d2 * (na * na * new[1] + nb * nb * old[1]) / (count * count)
    m4 += 4.0 * d * (na * new[2] - nb * old[2]) / count
    return shape_of(kind, count, m2, m3, m4)


@kernel
def rolling_shape(x: Floats, out: Floats, state: Floats, window: int, kind: int) -> None:
    """Write the bias-corrected skewness (`kind` 3) or excess kurtosis (`kind` 4) of the last `window` values.

    State: place, whether a block came before, running (mean, M2, M3, M4), then ``window`` slots of four.
    """
    for n in range(x.shape[1]):
        s = state[n]
        running, slots = s[2:6], s[6:].reshape(window, 4)
        place, is_full = int(s[0]), s[1]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if place == 0:
                running[:] = 0.0
            slot = place
            place += 1
            grow(running, place, value)
            if place < window:
                if is_full > 0.0:
                    out[t, n] = joined_shape(kind, slots[place], window - place, running, place)
                else:
                    out[t, n] = np.nan
                slots[slot, 0] = value
            else:
                out[t, n] = shape_of(kind, window, running[1], running[2], running[3])
                slots[slot, 0] = value
                tail = np.zeros(4)
                for i in range(window - 1, 0, -1):
                    grow(tail, window - i, slots[i, 0])
                    slots[i] = tail
                place = 0
                is_full = 1.0
        s[0], s[1] = place, is_full


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
