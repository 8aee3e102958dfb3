"""Tails of the last values: value at risk, expected shortfall, tail index, the deepest fall (specification 6.2).

A loss is positive: 0.02 says that 2 % are lost. A negative value at risk says that even so rare a bar gains.
"""

from __future__ import annotations

from qts_core.features.graph import Node, apply, refusal
from qts_core.features.ops.statistics import quantile

__all__ = ["deepest_fall", "shortfall", "tail_index", "value_at_risk"]


def value_at_risk(returns: Node, window: int, level: float) -> Node:
    """Return the loss that a share of `level` of the last `window` returns does not exceed, in units of the returns.

    Historical: the quantile ``1 - level``, interpolated linearly, with its sign turned.
    """
    return -quantile(returns, window, 1.0 - level)


def shortfall(returns: Node, window: int, level: float) -> Node:
    """Return the mean loss of the worst share ``1 - level`` of the last `window` returns (CVaR, expected shortfall).

    References
    ----------
    Acerbi and Tasche (2002), Journal of Banking and Finance 26, 1487.
    """
    share = 1.0 - level
    if not 0.0 < share < 1.0:
        raise refusal("A tail is empty or everything.", where="shortfall", found=level, expected="0 < level < 1")
    return -apply("shortfall", returns, window=window, share=share)


def tail_index(x: Node, window: int, count: int) -> Node:
    """Return Hill's index of the upper tail from its `count` largest values; larger means heavier.

    Give ``-returns`` for losses. About 0 for exponential tails, 1/3 where third moments cease to exist.

    References
    ----------
    Hill (1975), Annals of Statistics 3, 1163.
    """
    if not 1 <= count < window:
        raise refusal("A tail does not fit its window.", where="tail_index", found=count, expected=f"1 to {window - 1}")
    return apply("hill", x, window=window, count=count)


def deepest_fall(x: Node, window: int) -> Node:
    """Return the deepest fall from a value to a later one within the last `window`, 0 or more, in units of `x`."""
    return apply("deepest_fall", x, window=window)
