"""Whether the present still resembles the past: CUSUM, structural breaks, change points (specification 6.2).

The heavy ones take `every`: they are computed anew at every `every`-th value and held between.
"""

from __future__ import annotations

from qts_core.features.graph import Node, apply, refusal
from qts_core.features.ops.arithmetic import clip

__all__ = ["change_probability", "cusum", "half_distance", "run_length", "trend_break", "variance_break"]

EXTREME = 10.0


def cusum(x: Node, *, allowance: float = 0.5, limit: float = 5.0) -> tuple[Node, Node]:
    """Return Page's cumulative sums of rises and of falls of a standardised series; each restarts beyond `limit`.

    References
    ----------
    Page (1954), Biometrika 41, 100.
    """
    up, down = (apply("cusum", x, side=side, allowance=allowance, limit=limit) for side in (1.0, -1.0))
    return up, down


def trend_break(x: Node, window: int, *, every: int) -> tuple[Node, Node]:
    """Return the largest Chow F of a break in the line on time and how many values stand after it.

    15 % of the window at each end are left out. The F is beyond 5.9 in one window of twenty without a break and with
    independent errors (Andrews 1993, table 1: sup-Wald 11.79 for two parameters, that is twice F).
    """
    if window < 20:
        raise refusal("A window is too short to be broken.", found=window, expected="at least 20")
    edge = (window * 15 + 99) // 100
    return (
        apply("trend_break", x, window=window, every=every, edge=edge),
        apply("trend_break_age", x, window=window, every=every, edge=edge),
    )


def variance_break(x: Node, window: int, *, every: int) -> Node:
    """Return Inclan and Tiao's statistic of a break in variance; 1.358 is exceeded in one window of twenty without."""
    return apply("variance_break", x, window=window, every=every)


def half_distance(x: Node, window: int, *, every: int) -> Node:
    """Return the Kolmogorov-Smirnov distance between the older and the younger half of the window, in [0, 1]."""
    if window < 2:
        raise refusal("A window has no halves.", found=window, expected="at least 2")
    return apply("half_distance", x, window=window, every=every)


def change_probability(x: Node, *, every: int, recent: int, runs: int = 60, hazard: float = 1 / 60) -> Node:
    """Return the probability that mean or variance changed within the last `recent` observations.

    Parameters
    ----------
    x : Node
        Standardised; beyond 10 it counts as 10. Every `every`-th value is an observation.
    every : int
    recent : int
        At least 1.
    runs : int, default 60
        Longer runs count as one case, described by its last `runs` observations.
    hazard : float, default 1/60
        Probability of a change before any observation.

    References
    ----------
    Adams and MacKay (2007), arXiv:0710.3742.
    """
    if not 1 <= recent <= runs:
        raise refusal("What is recent does not fit the runs.", found=recent, expected=f"1 to {runs}")
    return posterior(x, every=every, recent=recent, runs=runs, hazard=hazard)


def run_length(x: Node, *, every: int, runs: int = 60, hazard: float = 1 / 60) -> Node:
    """Return the expected number of observations since mean or variance last changed, at most `runs`.

    Parameters are those of :func:`change_probability`.
    """
    return posterior(x, every=every, recent=0, runs=runs, hazard=hazard)


def posterior(x: Node, *, every: int, recent: int, runs: int, hazard: float) -> Node:
    """Return a statistic of the posterior of the run length."""
    if not 0.0 < hazard < 1.0:
        raise refusal("A hazard is no probability.", found=hazard, expected="between 0 and 1")
    return apply("run_length", clip(x, -EXTREME, EXTREME), runs=runs, every=every, recent=recent, hazard=hazard)
