"""Tails of the last values: value at risk, expected shortfall, tail index, the deepest fall (specification 6.2).

A loss is positive: 0.02 says that 2 % are lost. A negative value at risk says that even so rare a bar gains.
"""

from __future__ import annotations

from qts_core.features.graph import Node, apply, refusal

__all__ = ["deepest_fall", "high_quantile", "low_quantile", "shortfall", "tail_index", "value_at_risk"]


def value_at_risk(returns: Node, window: int, level: float) -> Node:
    """Return the loss that a share of `level` of the last `window` returns does not exceed, in units of the returns.

    Historical: the quantile ``1 - level``, interpolated linearly, with its sign turned.
    """
    return -apply("lowest_quantile", returns, window=window, share=rare(level))


def shortfall(returns: Node, window: int, level: float) -> Node:
    """Return the mean loss of the worst share ``1 - level`` of the last `window` returns (CVaR, expected shortfall).

    References
    ----------
    Acerbi and Tasche (2002), Journal of Banking and Finance 26, 1487.
    """
    return -apply("lowest_mean", returns, window=window, share=rare(level))


def low_quantile(x: Node, window: int, probability: float) -> Node:
    """Return a quantile of at most 1/4, interpolated linearly; cheaper than ``quantile`` where it is rare."""
    return apply("lowest_quantile", x, window=window, share=rare(1.0 - probability))


def high_quantile(x: Node, window: int, probability: float) -> Node:
    """Return a quantile of at least 3/4, interpolated linearly; cheaper than ``quantile`` where it is rare."""
    return -low_quantile(-x, window, 1.0 - probability)


def tail_index(returns: Node, window: int, count: int) -> Node:
    """Return Hill's index of losses from the `count` worst returns; larger means heavier.

    Give ``-returns`` for gains. About 0 for exponential tails, 1/3 where third moments cease to exist. No value where
    fewer than ``count + 1`` returns are losses.

    References
    ----------
    Hill (1975), Annals of Statistics 3, 1163.
    """
    if not 1 <= count <= window // 4:
        raise refusal("A tail does not fit its window.", found=count, expected=f"1 to {window // 4}")
    return apply("lowest_hill", returns, window=window, count=count)


def rare(level: float) -> float:
    """Return the share beyond `level`, or refuse what is no tail."""
    if not 0.75 <= level < 1.0:
        raise refusal("A level is no tail.", found=level, expected="at least 0.75, below 1")
    # A level such as 0.95 has no exact complement; the share is the decimal number that was meant.
    return round(1.0 - level, 12)


def deepest_fall(x: Node, window: int) -> Node:
    """Return the deepest fall from a value to a later one within the last `window`, 0 or more, in units of `x`."""
    return apply("deepest_fall", x, window=window)
