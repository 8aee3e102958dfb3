"""Operators on volume by price: the levels of a volume profile, and the spread around the session's VWAP."""

from __future__ import annotations

from qts_core.features.graph import Node, apply
from qts_core.features.kernels import price_levels as kernels
from qts_core.features.ops.sources import session, volume

__all__ = ["control_price", "session_deviation", "value_area"]


def control_price(price: Node, window: int, levels: int, *, every: int) -> Node:
    """Return the level of `price` at which most volume of `window` bars was traded (Steidlmayer and Koy 1986).

    The range of the window is cut into `levels` equal steps and each bar's volume stands at its `price`; of equally
    full levels the lowest counts. Computed anew at every `every`-th bar and held between.
    """
    return level(price, window, levels, every, kernels.CONTROL)


def value_area(price: Node, window: int, levels: int, *, every: int) -> tuple[Node, Node]:
    """Return lower and upper edge of the value area: the levels around the fullest that hold 70 % of the volume.

    It grows by the fuller neighbour, of equal ones the upper; the schedule is that of :func:`control_price`.
    """
    lower = level(price, window, levels, every, kernels.LOWER)
    return lower, level(price, window, levels, every, kernels.UPPER)


def level(price: Node, window: int, levels: int, every: int, kind: int) -> Node:
    """Return one level of the volume profile."""
    return apply("price_level", price, volume, window=window, every=every, levels=levels, kind=kind)


def session_deviation(price: Node) -> Node:
    """Return the volume-weighted deviation of this session's `price` so far, USD; none on its first bar."""
    return apply("session_deviation", price, volume, session)
