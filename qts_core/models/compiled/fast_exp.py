"""CatBoost's own exponential, to the bit: 2048 powers of two from a table, and a polynomial of third degree.

References
----------
Mitsunari, fmath (https://github.com/herumi/fmath), function expd: the method and its constants;
CatBoost 1.2, `library/cpp/fast_exp`.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel

__all__ = ["fast_exp"]

TABLE_BITS = 11
STEPS = 1 << TABLE_BITS
PER_STEP = STEPS / math.log(2.0)
STEP = 1.0 / PER_STEP
ROUNDER = float(3 << 51)
"""Added to a number it leaves its nearest whole number in the low bits."""
MANTISSA = (1 << 52) - 1
# one by one: a vectorised power may differ in its last bit
POWERS = np.array([2.0 ** (step / STEPS) for step in range(STEPS)]).view(np.uint64) & np.uint64(MANTISSA)
LOW_BITS, SHIFT, EXPONENT = np.uint64(STEPS - 1), np.uint64(TABLE_BITS), np.uint64(52)
BIAS = np.uint64((1 << (TABLE_BITS + 10)) - STEPS)
LOWEST = -708.39641853226408
C1, C2, C3 = 1.0, 0.16666666685227835, 3.0000000027955394


@kernel
def fast_exp(value: float) -> float:
    """Return exp of a value that is not above 0."""
    if value <= LOWEST:
        return 0.0
    scratch = np.empty(1)
    bits = scratch.view(np.uint64)
    scratch[0] = value * PER_STEP + ROUNDER
    power = POWERS[bits[0] & LOW_BITS]
    rest = (scratch[0] - ROUNDER) * STEP - value
    exponent = ((bits[0] + BIAS) >> SHIFT) << EXPONENT
    grown = (C3 - rest) * (rest * rest) * C2 - rest + C1
    bits[0] = exponent | power
    return float(grown * scratch[0])
