"""Averages whose weight follows the market, and one with a bell of weights (specification 6.1a).

A recursion forgets its seed at a geometric rate, so its error does not grow with time.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["dynamic_mean", "gaussian_mean", "varying_mean"]


@kernel
def varying_mean(x: Floats, weight: Floats, out: Floats, state: Floats) -> None:
    """Write ``mean += weight * (x - mean)``, started at the value of the first weight. State: mean, started.

    Where the weight is missing the mean is kept.
    """
    for n in range(x.shape[1]):
        s = state[n]
        mean, started = s[0], s[1]
        for t in range(x.shape[0]):
            value, share = x[t, n], weight[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if share == share:
                mean = mean + share * (value - mean) if started > 0.0 else value
                started = 1.0
            out[t, n] = mean if started > 0.0 else np.nan
        s[0], s[1] = mean, started


@kernel
def dynamic_mean(x: Floats, out: Floats, state: Floats, window: int, factor: float) -> None:
    """Write McGinley's ``mean += (x - mean) / (factor * window * (x / mean)^4)``. State: count, mean.

    Seeded with the mean of `window` values; no step is longer than the way to the value.
    """
    for n in range(x.shape[1]):
        s = state[n]
        count, mean = s[0], s[1]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if count < window:
                count += 1.0
                mean += value
                if count < window:
                    out[t, n] = np.nan
                    continue
                mean /= window
            else:
                square = (value / mean) * (value / mean)
                mean += (value - mean) / max(factor * window * (square * square), 1.0)
            out[t, n] = mean
        s[0], s[1] = count, mean


@kernel
def gaussian_mean(x: Floats, out: Floats, state: Floats, window: int, offset: float, sigma: float) -> None:
    """Write the mean of the last `window` values under a bell at `offset` of the window (0 oldest, 1 latest).

    `sigma` divides the window into the bell's deviation. State: count, place, ring.
    """
    weights = np.empty(window)
    total = 0.0
    for i in range(window):
        distance = (i - offset * (window - 1)) * sigma / window
        weights[i] = math.exp(-0.5 * distance * distance)
        total += weights[i]
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
            # Two straight runs, oldest first: no test of the end inside the sum.
            mean = 0.0
            older = window - place
            for i in range(older):
                mean += weights[i] * ring[place + i]
            for i in range(place):
                mean += weights[older + i] * ring[i]
            out[t, n] = mean / total
        s[0], s[1] = count, place
