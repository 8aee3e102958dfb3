"""Moving averages; recursive ones start, as in TA-Lib, from the plain mean of their first window."""

from __future__ import annotations

from math import isqrt

from qts_core.features.graph import Node, apply
from qts_core.features.ops.windows import difference, lag, rolling_sum

__all__ = ["dema", "ema", "hma", "kama", "sma", "tema", "vwma", "wilder", "wilder_sum", "wma"]


def sma(x: Node, window: int) -> Node:
    """Return the mean of the last `window` values."""
    return apply("rolling_sum", x, window=window, divisor=float(window))


def ema(x: Node, window: int) -> Node:
    """Return the exponential mean with weight ``2 / (window + 1)``."""
    return apply("exponential_mean", x, window=window, weight=2.0 / (window + 1.0))


def wilder(x: Node, window: int) -> Node:
    """Return Wilder's smoothing: the exponential mean with weight ``1 / window`` (Wilder 1978)."""
    return apply("exponential_mean", x, window=window, weight=1.0 / window)


def wilder_sum(x: Node, window: int) -> Node:
    """Return Wilder's running sum ``s - s / window + x``, seeded with ``window - 1`` values."""
    return apply("wilder_total", x, window=window)


def wma(x: Node, window: int) -> Node:
    """Return the mean with weights 1 to `window`, the latest weighing most."""
    return apply("weighted_mean", x, window=window)


def dema(x: Node, window: int) -> Node:
    """Return the double exponential mean ``2 e1 - e2`` (Mulloy 1994)."""
    first = ema(x, window)
    return 2.0 * first - ema(first, window)


def tema(x: Node, window: int) -> Node:
    """Return the triple exponential mean ``3 e1 - 3 e2 + e3`` (Mulloy 1994)."""
    first = ema(x, window)
    second = ema(first, window)
    return 3.0 * (first - second) + ema(second, window)


def hma(x: Node, window: int) -> Node:
    """Return Hull's mean ``wma(2 wma(n/2) - wma(n), sqrt n)``."""
    return wma(2.0 * wma(x, window // 2) - wma(x, window), isqrt(window))


def kama(x: Node, window: int, fast: int = 2, slow: int = 30) -> Node:
    """Return Kaufman's adaptive mean (Kaufman 1995), started like TA-Lib's."""
    path = rolling_sum(abs(difference(x)), window)
    return apply("adaptive_mean", x, abs(x - lag(x, window)) / path, fast=fast, slow=slow)


def vwma(x: Node, volume: Node, window: int) -> Node:
    """Return the mean of `x` weighted by `volume`."""
    return rolling_sum(x * volume, window) / rolling_sum(volume, window)
