"""Value-by-value operators; ``+ - * / abs() >`` work on nodes directly. Dividing by zero gives NaN."""

from __future__ import annotations

from math import inf

from qts_core.features.graph import Node, apply

__all__ = [
    "above",
    "clip",
    "exp",
    "fill",
    "greater",
    "keep_where",
    "log",
    "maximum",
    "minimum",
    "normal_probability",
    "positive_part",
    "sign",
    "sin_cos",
    "sqrt",
]

LARGEST = 1.7976931348623157e308


def maximum(x: Node, y: Node) -> Node:
    """Return the larger of two values."""
    return apply("maximum", x, y)


def minimum(x: Node, y: Node) -> Node:
    """Return the smaller of two values."""
    return apply("minimum", x, y)


def clip(x: Node, low: float = -inf, high: float = inf) -> Node:
    """Return `x` held inside ``[low, high]``."""
    return apply("clip", x, low=max(low, -LARGEST), high=min(high, LARGEST))


def positive_part(x: Node) -> Node:
    """Return `x` where it is above zero, else 0."""
    return clip(x, low=0.0)


def sign(x: Node) -> Node:
    """Return -1, 0 or 1."""
    return apply("sign", x)


def sqrt(x: Node) -> Node:
    """Return the square root, NaN below zero."""
    return apply("sqrt", x)


def log(x: Node) -> Node:
    """Return the natural logarithm, NaN at and below zero."""
    return apply("log", x)


def exp(x: Node) -> Node:
    """Return e to the power of `x`."""
    return apply("exp", x)


def sin_cos(x: Node) -> tuple[Node, Node]:
    """Return sine and cosine of `x` radians."""
    return apply("sin", x), apply("cos", x)


def normal_probability(x: Node) -> Node:
    """Return the standard normal distribution function of `x`."""
    return apply("normal_probability", x)


def greater(x: Node, y: Node) -> Node:
    """Return 1 where ``x > y``, else 0."""
    return apply("greater", x, y)


def above(x: Node, limit: float) -> Node:
    """Return 1 where `x` exceeds a number, else 0."""
    return positive_part(sign(x - limit))


def keep_where(x: Node, condition: Node) -> Node:
    """Return `x` where `condition` is above zero, else no value (later windows skip it)."""
    return apply("keep_where", x, condition)


def fill(x: Node, gate: Node, value: float) -> Node:
    """Return `x`, or `value` where `x` is missing although `gate` is not."""
    return apply("fill", x, gate, value=value)
