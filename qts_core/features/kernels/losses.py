"""Tails of a rolling window: expected shortfall, Hill's tail index, the deepest fall (specification 6.2).

The window is kept sorted as in :mod:`qts_core.features.kernels.order`; the tail is then its first or last few values.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.order import slide
from qts_core.market.panel import Floats

__all__ = ["rolling_fall", "rolling_hill", "rolling_shortfall"]

FULL = 1e250
"""A product of ratios is turned into its logarithm before it can overflow."""


@kernel
def rolling_shortfall(x: Floats, out: Floats, state: Floats, window: int, share: float) -> None:
    """Write the mean of the lowest `share` of the last `window` values, the last one counted in part.

    References
    ----------
    Acerbi and Tasche (2002), Journal of Banking and Finance 26, 1487, definition 2.6 on the empirical distribution.
    """
    mass = share * window
    whole = math.floor(mass)
    part = mass - whole
    for n in range(x.shape[1]):
        s = state[n]
        ordered = s[2 + window :]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value or slide(s, window, value) < window:
                out[t, n] = np.nan
                continue
            total = part * ordered[whole] if part > 0.0 else 0.0
            for i in range(whole):
                total += ordered[i]
            out[t, n] = total / mass


@kernel
def rolling_hill(x: Floats, out: Floats, state: Floats, window: int, count: int) -> None:
    """Write Hill's index of the upper tail: the mean log excess of the `count` largest values over the next one.

    NaN unless that next one is above zero.

    References
    ----------
    Hill (1975), Annals of Statistics 3, 1163.
    """
    for n in range(x.shape[1]):
        s = state[n]
        ordered = s[2 + window :]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value or slide(s, window, value) < window:
                out[t, n] = np.nan
                continue
            threshold = ordered[window - 1 - count]
            if threshold <= 0.0:
                out[t, n] = np.nan
                continue
            # One logarithm of a product instead of one for each value.
            total, product = 0.0, 1.0
            for i in range(window - count, window):
                ratio = ordered[i] / threshold
                if product * ratio > FULL:
                    total += math.log(product)
                    product = 1.0
                product *= ratio
            out[t, n] = (total + math.log(product)) / count


@kernel
def rolling_fall(x: Floats, out: Floats, state: Floats, window: int) -> None:
    """Write the deepest fall from a value to a later one within the last `window`, 0 or more.

    Blocks and suffixes as in :mod:`qts_core.features.kernels.windows`; an aggregate is (highest, lowest, fall), and
    the fall of two parts is that of one of them or from the older's highest to the younger's lowest. State: place,
    whether a block came before, running aggregate, then slots of highest and fall.
    """
    for n in range(x.shape[1]):
        s = state[n]
        highs, falls = s[5 : 5 + window], s[5 + window :]
        place, is_full, high, low, fall = int(s[0]), s[1], s[2], s[3], s[4]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if place == 0:
                high, low, fall = value, value, 0.0
            high, low = max(high, value), min(low, value)
            fall = max(fall, high - value)
            slot = place
            place += 1
            if place < window:
                if is_full > 0.0:
                    out[t, n] = max(falls[place], fall, highs[place] - low)
                else:
                    out[t, n] = np.nan
                highs[slot] = value
            else:
                out[t, n] = fall
                highs[slot], falls[slot] = value, 0.0
                lowest = value
                for i in range(window - 2, 0, -1):
                    falls[i] = max(falls[i + 1], highs[i] - lowest)
                    lowest = min(lowest, highs[i])
                    highs[i] = max(highs[i], highs[i + 1])
                place = 0
                is_full = 1.0
        s[0], s[1], s[2], s[3], s[4] = place, is_full, high, low, fall
