"""Runs: how long values have moved one way, what has gathered since the way turned (specification 6.1b, 6.1d)."""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["run_total", "streak"]


@kernel
def streak(x: Floats, out: Floats, state: Floats) -> None:
    """Write how many values in a row were above zero, or minus how many below; 0 at a zero. State: streak."""
    for n in range(x.shape[1]):
        length = state[n, 0]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if value > 0.0:
                length = max(length, 0.0) + 1.0
            elif value < 0.0:
                length = min(length, 0.0) - 1.0
            else:
                length = 0.0
            out[t, n] = length
        state[n, 0] = length


@kernel
def run_total(x: Floats, direction: Floats, out: Floats, state: Floats) -> None:
    """Write the sum of `x` since `direction` last changed, the value before the change included (Klinger).

    NaN on the first value, before which no run is known; begun anew at each change, so nothing gathers for good.
    State: total, last value, last direction, started.
    """
    for n in range(x.shape[1]):
        s = state[n]
        for t in range(x.shape[0]):
            value, way = x[t, n], direction[t, n]
            if value != value or way != way:
                out[t, n] = np.nan
                continue
            if s[3] > 0.0:
                s[0] = value + (s[0] if way == s[2] else s[1])
            out[t, n] = s[0] if s[3] > 0.0 else np.nan
            s[1], s[2], s[3] = value, way, 1.0
