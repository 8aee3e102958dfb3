"""Whether a window is of one piece: breaks of line, of variance, of distribution (specification 6.2).

Functions of one window, oldest value first; :mod:`qts_core.features.kernels.scheduled` says when they are called.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["half_distance_of", "trend_breaks_of", "variance_break_of"]


@kernel
def squares_about_lines(values: Floats, out: Floats) -> None:
    """Write for each k the squared distance of the first k + 1 values from their own line on time."""
    mean_x, mean_y, sxx, syy, sxy = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(len(values)):
        dx, dy = i - mean_x, (values[i] - values[0]) - mean_y
        mean_x += dx / (i + 1)
        mean_y += dy / (i + 1)
        sxx += dx * (i - mean_x)
        syy += dy * ((values[i] - values[0]) - mean_y)
        sxy += dx * ((values[i] - values[0]) - mean_y)
        out[i] = max(0.0, syy - sxy * sxy / sxx) if i > 1 else 0.0


@kernel
def trend_breaks_of(values: Floats, edge: int) -> tuple[float, float]:
    """Return the largest Chow F of a break in the line on time and how many values stand after that break.

    Breaks leave at least `edge` values on either side. No value where two lines fit without error.

    References
    ----------
    Chow (1960), Econometrica 28, 591; Andrews (1993), Econometrica 61, 821.
    """
    count = len(values)
    before, after = np.empty(count), np.empty(count)
    squares_about_lines(values, before)
    squares_about_lines(values[::-1].copy(), after)
    whole = before[count - 1]
    least, at = np.inf, 0
    for first in range(edge, count - edge + 1):
        apart = before[first - 1] + after[count - first - 1]
        if apart < least:
            least, at = apart, first
    if least <= 1e-14 * whole or whole <= 0.0:
        return np.nan, np.nan
    return (whole - least) / 2.0 / (least / (count - 4)), float(count - at)


@kernel
def variance_break_of(values: Floats) -> float:
    """Return ``sqrt(n / 2) max |C_k / C_n - k / n|`` with C the running sum of squared deviations from the mean.

    References
    ----------
    Inclan and Tiao (1994), Journal of the American Statistical Association 89, 913.
    """
    count = len(values)
    mean = 0.0
    for value in values:
        mean += value - values[0]
    mean /= count
    total = 0.0
    for value in values:
        step = (value - values[0]) - mean
        total += step * step
    if total <= 0.0:
        return np.nan
    largest, so_far = 0.0, 0.0
    for i in range(count):
        step = (values[i] - values[0]) - mean
        so_far += step * step
        largest = max(largest, abs(so_far / total - (i + 1.0) / count))
    return math.sqrt(0.5 * count) * largest


@kernel
def half_distance_of(values: Floats) -> float:
    """Return the two-sample Kolmogorov-Smirnov distance of the older and the younger half."""
    half = len(values) // 2
    old, new = np.sort(values[:half]), np.sort(values[half:])
    i, j, largest = 0, 0, 0.0
    while i < len(old) and j < len(new):
        at = min(old[i], new[j])
        while i < len(old) and old[i] == at:
            i += 1
        while j < len(new) and new[j] == at:
            j += 1
        largest = max(largest, abs(i / len(old) - j / len(new)))
    return largest
