"""Sums inside kernels in the very order of numpy's, so that compiled code gives the bits of ``array.sum()``."""

from __future__ import annotations

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["dot", "pairwise_sum"]

BLOCK = 128
"""Values that are summed by eight running sums before numpy divides in halves."""


@kernel
def pairwise_sum(values: Floats) -> float:
    """Return the sum of `values` as ``numpy.add.reduce`` gives it for a contiguous float64 array.

    References
    ----------
    numpy/_core/src/umath/loops_utils.h.src, ``pairwise_sum``.
    """
    count = len(values)
    if count < 8:
        total = 0.0
        for value in values:
            total += value
        return total
    if count > BLOCK:
        half = count // 2
        half -= half % 8
        return pairwise_sum(values[:half]) + pairwise_sum(values[half:])
    a, b, c, d, e, f, g, h = (
        values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7],
    )  # fmt: skip
    tail = count - count % 8
    for i in range(8, tail, 8):
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
        e += values[i + 4]
        f += values[i + 5]
        g += values[i + 6]
        h += values[i + 7]
    total = float(((a + b) + (c + d)) + ((e + f) + (g + h)))
    for i in range(tail, count):
        total += values[i]
    return total


@kernel
def dot(x: Floats, y: Floats) -> float:
    """Return the sum of the products of two contiguous series of one length, by four running sums."""
    count = len(x)
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    tail = count - count % 4
    for i in range(0, tail, 4):
        a += x[i] * y[i]
        b += x[i + 1] * y[i + 1]
        c += x[i + 2] * y[i + 2]
        d += x[i + 3] * y[i + 3]
    total = (a + b) + (c + d)
    for i in range(tail, count):
        total += x[i] * y[i]
    return float(total)
