"""Rolling scalers: each value on the scale of its own past window, never of what comes later (specification 5.2).

With ``zscore`` and ``log_return`` these are the preprocessors that are features themselves. They differ from
:mod:`qts_core.models.preprocessing`, whose numbers are fitted once on training rows and then frozen.
"""

from __future__ import annotations

from qts_core.features.graph import Node, apply
from qts_core.features.ops.statistics import rank
from qts_core.features.ops.windows import rolling_max, rolling_min

__all__ = ["min_max", "quantile_normal", "quantile_uniform", "robust_zscore"]


def min_max(x: Node, window: int) -> Node:
    """Return where `x` lies between the extremes of the last `window` values, in [0, 1]; NaN where they are equal."""
    low = rolling_min(x, window)
    return (x - low) / (rolling_max(x, window) - low)


def robust_zscore(x: Node, window: int) -> Node:
    """Return the distance from the rolling median in interquartile ranges; NaN where that range is zero."""
    return apply("rolling_robust", x, window=window)


def quantile_uniform(x: Node, window: int) -> Node:
    """Return the share of the last `window` values below `x`, halves for equals and itself, inside (0, 1)."""
    return rank(x, window) - 0.5 / window


def quantile_normal(x: Node, window: int) -> Node:
    """Return the normal score of `x` in its window: the quantile of ``quantile_uniform``, bounded by the window."""
    return apply("normal_quantile", quantile_uniform(x, window))
