"""Operators over the last bars of a symbol; a missing bar is skipped, so windows count existing bars."""

from __future__ import annotations

from qts_core.features.graph import Node, apply

__all__ = ["count_bars", "difference", "lag", "rolling_max", "rolling_min", "rolling_sum", "total"]


def lag(x: Node, bars: int = 1) -> Node:
    """Return the value `bars` existing bars ago."""
    return apply("lag", x, bars=bars)


def difference(x: Node, bars: int = 1) -> Node:
    """Return ``x - lag(x, bars)``."""
    return x - lag(x, bars)


def rolling_sum(x: Node, window: int) -> Node:
    """Return the sum of the last `window` values."""
    return apply("rolling_sum", x, window=window, divisor=1.0)


def rolling_max(x: Node, window: int) -> Node:
    """Return the largest of the last `window` values."""
    return apply("rolling_extreme", x, window=window, side=1.0)


def rolling_min(x: Node, window: int) -> Node:
    """Return the smallest of the last `window` values."""
    return apply("rolling_extreme", x, window=window, side=-1.0)


def total(x: Node) -> Node:
    """Return the sum of everything so far; its level depends on where the history starts."""
    return apply("running_total", x)


def count_bars(x: Node) -> Node:
    """Return how many values came before this one: a clock that ticks with the symbol's own bars."""
    return apply("count_bars", x)
