"""Figures of a window with gaps, shared by the families of alphas."""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["average_ranks", "standardised", "total_and_deviation"]

MINIMUM_KNOWN = 0.8
"""Share of a window's returns that must be known."""

MINIMUM_BREADTH = 5
"""Symbols needed for a mean across them, as for the scores of a model."""


@kernel
def total_and_deviation(returns: Floats) -> tuple[Floats, Floats, Floats]:
    """Return sum, sample standard deviation and count of the known returns [T, N] of each symbol.

    All are NaN where fewer than four fifths of the window, or two returns, are known.
    """
    length, breadth = returns.shape
    total, square, count = np.zeros(breadth), np.zeros(breadth), np.zeros(breadth)
    for t in range(length):
        for i in range(breadth):
            if not np.isnan(returns[t, i]):
                total[i] += returns[t, i]
                count[i] += 1.0
    for t in range(length):
        for i in range(breadth):
            if not np.isnan(returns[t, i]):
                square[i] += (returns[t, i] - total[i] / count[i]) ** 2
    for i in range(breadth):
        if count[i] < max(2.0, MINIMUM_KNOWN * length):
            total[i] = square[i] = count[i] = np.nan
        else:
            square[i] = np.sqrt(square[i] / (count[i] - 1.0))
    return total, square, count


def standardised(values: Floats) -> Floats:
    """Return `values` [N] minus their mean over their standard deviation (of the population) across symbols.

    NaN everywhere with fewer than five values, zero where all are equal.
    """
    known = values[~np.isnan(values)]
    if len(known) < MINIMUM_BREADTH:
        return np.full(len(values), np.nan)
    centred = values - known.mean()
    spread = float(known.std())
    return np.asarray(centred / spread if spread > 0.0 else centred * 0.0)


@kernel
def average_ranks(values: Floats) -> Floats:
    """Return the ranks of known `values` [N], from 1; equal ones get their mean."""
    count = len(values)
    order = np.argsort(values)
    found = np.empty(count)
    first = 0
    while first < count:
        last = first
        while last + 1 < count and values[order[last + 1]] == values[order[first]]:
            last += 1
        for place in range(first, last + 1):
            found[order[place]] = 0.5 * (first + last) + 1.0
        first = last + 1
    return found
