"""Tails of a rolling window: quantiles near its end, expected shortfall, Hill's index, the deepest fall (6.2).

A tail is a short sorted list of the lowest values of the window. Most values neither enter nor leave it, so a step
costs a comparison; when so many have left that the list may be too short, it is taken anew from the window. The
statistic is computed only when the list has changed. Values are only moved, so the results are exact.

State per symbol: ``[count, place in the ring, length of the list, statistic, is it fresh, ring of `window`, list]``.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.order import lower_bound
from qts_core.market.panel import Floats

__all__ = ["lowest_hill", "lowest_mean", "lowest_quantile", "rolling_fall", "state_size"]

FULL = 1e250
"""A product of ratios is turned into its logarithm before it can overflow."""

QUANTILE, MEAN, HILL = 0, 1, 2
HEAD = 5


def state_size(window: int, depth: int) -> int:
    """Return the floats per symbol for a tail of which about `depth` values are read.

    A few more than that, so that some can be lost before it is taken anew.
    """
    return HEAD + window + depth + 18


@kernel
def renew(ring: Floats, lowest: Floats) -> int:
    """Take the lowest values of the whole window; return how many the list holds."""
    ordered = np.sort(ring)
    length = min(len(lowest), len(ordered))
    lowest[:length] = ordered[:length]
    return length


@kernel
def drop(lowest: Floats, length: int, value: float) -> int:
    """Take `value`, which is in the list, out of it; return the new length."""
    for i in range(lower_bound(lowest, length, value), length - 1):
        lowest[i] = lowest[i + 1]
    return length - 1


@kernel
def insert(lowest: Floats, length: int, value: float) -> int:
    """Put `value` into the list, whose last one falls out when it is full; return the new length."""
    length = min(length + 1, len(lowest))
    at = length - 1
    while at > 0 and lowest[at - 1] > value:
        lowest[at] = lowest[at - 1]
        at -= 1
    lowest[at] = value
    return length


@kernel
def exchange(s: Floats, ring: Floats, lowest: Floats, needed: int, new: float, old: float) -> None:
    """Bring the list up to date when `old` has left the window and `new`, already in it, has come."""
    length = int(s[2])
    # With ties it does not matter which of the equal values the list holds.
    if old <= lowest[length - 1]:
        length = drop(lowest, length, old)
    if length < needed:
        length = renew(ring, lowest)
    elif new < lowest[length - 1]:
        length = insert(lowest, length, new)
    s[2], s[4] = length, 0.0


@kernel
def tail_statistic(kind: int, lowest: Floats, mass: float, count: int) -> float:
    """Return one statistic of the lowest values: `mass` is a position or a number of values."""
    whole = math.floor(mass)
    part = mass - whole
    if kind == QUANTILE:
        return float(lowest[whole] + part * (lowest[whole + 1] - lowest[whole]))
    if kind == MEAN:
        total = part * lowest[whole] if part > 0.0 else 0.0
        for i in range(whole):
            total += lowest[i]
        return total / mass
    threshold = lowest[count]
    if threshold >= 0.0:
        return np.nan
    # One logarithm of a product instead of one for each value.
    total, product = 0.0, 1.0
    for i in range(count):
        ratio = lowest[i] / threshold
        if product * ratio > FULL:
            total += math.log(product)
            product = 1.0
        product *= ratio
    return (total + math.log(product)) / count


@kernel
def rolling_tail(
    x: Floats, out: Floats, state: Floats, window: int, kind: int, mass: float, needed: int, excess: int
) -> None:
    """Write a statistic of the lowest values among the last `window`; it reads `needed` of them."""
    for n in range(x.shape[1]):
        s = state[n]
        ring, lowest = s[HEAD : HEAD + window], s[HEAD + window :]
        count, place = int(s[0]), int(s[1])
        edge = lowest[int(s[2]) - 1]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            old = ring[place]
            ring[place] = value
            place = place + 1 if place + 1 < window else 0
            if count < window:
                count += 1
                if count < window:
                    out[t, n] = np.nan
                    continue
                s[2], s[4] = renew(ring, lowest), 0.0
                edge = lowest[int(s[2]) - 1]
            elif old <= edge or value < edge:
                # Calls with arrays cost more than the comparison, which decides for most values.
                exchange(s, ring, lowest, needed, value, old)
                edge = lowest[int(s[2]) - 1]
            if s[4] == 0.0:
                s[3], s[4] = tail_statistic(kind, lowest, mass, excess), 1.0
            out[t, n] = s[3]
        s[0], s[1] = count, place


def lowest_quantile(x: Floats, out: Floats, state: Floats, window: int, share: float) -> None:
    """Write the quantile `share` of the last `window` values, interpolated linearly; cheap where `share` is small."""
    position = (window - 1) * share
    rolling_tail(x, out, state, window, QUANTILE, position, math.floor(position) + 2, 0)


def lowest_mean(x: Floats, out: Floats, state: Floats, window: int, share: float) -> None:
    """Write the mean of the lowest `share` of the last `window` values, the last one counted in part.

    References
    ----------
    Acerbi and Tasche (2002), Journal of Banking and Finance 26, 1487, definition 2.6 on the empirical distribution.
    """
    mass = share * window
    rolling_tail(x, out, state, window, MEAN, mass, math.floor(mass) + 1, 0)


def lowest_hill(x: Floats, out: Floats, state: Floats, window: int, count: int) -> None:
    """Write Hill's index of the lower tail: the mean log ratio of the `count` lowest values to the next one.

    NaN unless that next one is below zero.

    References
    ----------
    Hill (1975), Annals of Statistics 3, 1163.
    """
    rolling_tail(x, out, state, window, HILL, 0.0, count + 1, count)


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
