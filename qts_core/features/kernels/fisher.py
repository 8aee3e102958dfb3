"""Ehlers' Fisher transform: a place in a range, smoothed and stretched to nearly normal (specification 6.1b)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["fisher_transform"]


@kernel
def fisher_transform(place: Floats, out: Floats, state: Floats) -> None:
    """Write the transform of a place in [0, 1]; it forgets the start at a geometric rate. State: smooth, transform.

    A smoothed value beyond 0.99 counts as 0.999, in what follows too, as in the paper.

    References
    ----------
    Ehlers (2002), Technical Analysis of Stocks and Commodities 20(11), 40.
    """
    for n in range(place.shape[1]):
        smooth, last = state[n, 0], state[n, 1]
        for t in range(place.shape[0]):
            value = place[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            smooth = 0.33 * (2.0 * value - 1.0) + 0.67 * smooth
            if abs(smooth) > 0.99:
                smooth = 0.999 if smooth > 0.0 else -0.999
            last = 0.5 * math.log((1.0 + smooth) / (1.0 - smooth)) + 0.5 * last
            out[t, n] = last
        state[n, 0], state[n, 1] = smooth, last
