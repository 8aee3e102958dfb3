"""Rolling least-squares parabola on time, in constant time per value.

Blocks and suffixes as in :mod:`qts_core.features.kernels.windows`. An aggregate is (reference, sum d, sum u d,
sum u^2 d) with d the distance from the reference, a value of the part itself, and u the time counted from the border
of the two blocks; constant values give exactly zero. The sums over a window are then projected on the discrete
orthogonal polynomials of degree 1 and 2 (Gram 1883; Savitzky and Golay 1964).
"""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["CURVATURE", "FITTED", "VELOCITY", "rolling_parabola"]

CURVATURE = 0
VELOCITY = 1
FITTED = 2


@kernel
def parabola_of(kind: int, window: int, place: int, sums: Floats, reference: float) -> float:
    """Return one property of the parabola through a window whose last value stands at time ``place - 1``.

    `sums` are those of 1, u and u^2 times the distance from `reference`.
    """
    half = 0.5 * (window - 1)
    center = place - 1 - half
    s0: float = sums[0]
    s1: float = sums[1] - center * s0
    s2: float = sums[2] - 2.0 * center * sums[1] + center * center * s0
    spread = (window * window - 1.0) / 12.0
    bend = (s2 - spread * s0) / (window * spread * (window * window - 4.0) / 15.0)
    if kind == CURVATURE:
        return 2.0 * bend
    slope = s1 / (window * spread)
    if kind == VELOCITY:
        return slope + 2.0 * bend * half
    return reference + s0 / window + slope * half + bend * (half * half - spread)


@kernel
def rolling_parabola(x: Floats, out: Floats, state: Floats, window: int, kind: int) -> None:
    """Write the curvature, the slope at the end or the end of the parabola through the last `window` values.

    State: place, whether a block came before, running (reference, sums), reference of the old block, then three slots
    per value.
    """
    sums = np.zeros(3)
    for n in range(x.shape[1]):
        s = state[n]
        running, slots = s[3:6], s[7:].reshape(window, 3)
        place, is_full, reference, old = int(s[0]), s[1], s[2], s[6]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if place == 0:
                reference = value
                running[:] = 0.0
            distance = value - reference
            running[0] += distance
            running[1] += place * distance
            running[2] += place * place * distance
            slot = place
            place += 1
            if place < window:
                if is_full > 0.0:
                    count = float(window - place)
                    shift = old - reference
                    older = slots[place]
                    sums[0] = running[0] + (older[0] + shift * count)
                    sums[1] = running[1] + (older[1] - shift * (count * (count + 1.0) / 2.0))
                    sums[2] = running[2] + (older[2] + shift * (count * (count + 1.0) * (2.0 * count + 1.0) / 6.0))
                    out[t, n] = parabola_of(kind, window, place, sums, reference)
                else:
                    out[t, n] = np.nan
                slots[slot, 0] = value
            else:
                out[t, n] = parabola_of(kind, window, place, running, reference)
                slots[slot, 0] = value
                old = value
                sums[:] = 0.0
                for i in range(window - 1, 0, -1):
                    time = float(i - window)
                    distance = slots[i, 0] - old
                    sums[0] += distance
                    sums[1] += time * distance
                    sums[2] += time * time * distance
                    slots[i] = sums
                place = 0
                is_full = 1.0
        s[0], s[1], s[2], s[6] = place, is_full, reference, old
