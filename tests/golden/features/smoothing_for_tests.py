"""Recursions by their definition, one value after another, and places in windows, for referees that no library has."""

from __future__ import annotations

import numpy as np

from tests.golden.features.market_for_tests import Floats


def exponential(x: Floats, window: int, weight: float) -> Floats:
    """Start with the mean of the first `window` values that exist; then each weighs `weight`."""
    out = np.full(len(x), np.nan)
    there = np.flatnonzero(~np.isnan(x))
    if len(there) < window:
        return out
    mean = float(x[there[:window]].mean())
    out[there[window - 1]] = mean
    for i in there[window:]:
        mean = (1.0 - weight) * mean + weight * x[i]
        out[i] = mean
    return out


def wilder(x: Floats, window: int) -> Floats:
    """Weigh each value one in `window`."""
    return exponential(x, window, 1.0 / window)


def place(w: Floats) -> Floats:
    """Return where the last value of each window [K, window] lies between its extremes, 0 to 1."""
    low, high = w.min(axis=1), w.max(axis=1)
    found: Floats = (w[:, -1] - low) / (high - low)
    return found
