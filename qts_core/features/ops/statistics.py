"""Rolling statistics of one series or two, and statistics across symbols."""

from __future__ import annotations

from qts_core.features.graph import Node, apply, refusal
from qts_core.features.kernels import moments, pairs
from qts_core.features.ops.arithmetic import clip, keep_where, sqrt
from qts_core.features.ops.averages import sma
from qts_core.features.roles import ROLES

__all__ = [
    "bars_since_max",
    "bars_since_min",
    "beta",
    "cluster_mean",
    "correlation",
    "covariance",
    "cross_demean",
    "cross_mean",
    "cross_median",
    "cross_rank",
    "cross_robust",
    "cross_std",
    "cross_zscore",
    "fitted",
    "kurtosis",
    "mean_deviation",
    "of_role",
    "partial_correlation",
    "quantile",
    "rank",
    "rank_and_quantiles",
    "residual_std",
    "skewness",
    "std",
    "zscore",
]


def std(x: Node, window: int, ddof: int = 1) -> Node:
    """Return the standard deviation of the last `window` values with divisor ``window - ddof``."""
    return apply("rolling_std", x, window=window, ddof=ddof)


def zscore(x: Node, window: int) -> Node:
    """Return the distance from the rolling mean in sample deviations, NaN where all values are equal."""
    return (x - sma(x, window)) / std(x, window)


def skewness(x: Node, window: int) -> Node:
    """Return the bias-corrected skewness (G1 of Joanes and Gill 1998)."""
    return apply("rolling_shape", x, window=window, kind=moments.SKEWNESS)


def kurtosis(x: Node, window: int) -> Node:
    """Return the bias-corrected excess kurtosis (G2 of Joanes and Gill 1998)."""
    return apply("rolling_shape", x, window=window, kind=moments.KURTOSIS)


def mean_deviation(x: Node, window: int) -> Node:
    """Return the mean absolute deviation from the mean."""
    return apply("mean_deviation", x, window=window)


def quantile(x: Node, window: int, probability: float) -> Node:
    """Return the quantile of the last `window` values, interpolated linearly."""
    return apply("rolling_quantile", x, window=window, probability=probability)


def rank(x: Node, window: int) -> Node:
    """Return the rank of the latest value in its window over `window`, inside (0, 1]."""
    return apply("rolling_rank", x, window=window)


def rank_and_quantiles(x: Node, window: int, low: float, high: float) -> tuple[Node, Node, Node]:
    """Return ``rank(x, window)`` and two quantiles: the same values at the cost of one of them."""
    found = apply("rolling_order", x, window=window, low=low, high=high)
    return apply("part", found, place=0), apply("part", found, place=1), apply("part", found, place=2)


def bars_since_max(x: Node, window: int, *, oldest: bool = False) -> Node:
    """Return how many bars ago the largest of the last `window` values stood; of equal ones the latest or oldest."""
    return apply("bars_since_oldest" if oldest else "bars_since", x, window=window, side=1.0)


def bars_since_min(x: Node, window: int, *, oldest: bool = False) -> Node:
    """Return how many bars ago the smallest of the last `window` values stood; of equal ones the latest or oldest."""
    return apply("bars_since_oldest" if oldest else "bars_since", x, window=window, side=-1.0)


def covariance(x: Node, y: Node, window: int) -> Node:
    """Return the sample covariance of the last `window` pairs."""
    return apply("rolling_pair", x, y, window=window, kind=pairs.COVARIANCE)


def correlation(x: Node, y: Node, window: int) -> Node:
    """Return Pearson's correlation of the last `window` pairs."""
    return apply("rolling_pair", x, y, window=window, kind=pairs.CORRELATION)


def partial_correlation(x: Node, y: Node, given: Node, window: int) -> Node:
    """Return the correlation of `x` and `y` that `given` does not explain, on the last bars that have all three.

    Yule (1907). NaN where one of them follows `given` wholly.
    """
    x = keep_where(x, 0.0 * (y * given) + 1.0)
    y = keep_where(y, 0.0 * (x * given) + 1.0)
    xy, xg, yg = correlation(x, y, window), correlation(x, given, window), correlation(y, given, window)
    return clip((xy - xg * yg) / sqrt((1.0 - xg * xg) * (1.0 - yg * yg)), -1.0, 1.0)


def beta(x: Node, y: Node, window: int) -> Node:
    """Return the slope of the least-squares line of `x` on `y`."""
    return apply("rolling_pair", x, y, window=window, kind=pairs.SLOPE)


def fitted(x: Node, y: Node, window: int) -> Node:
    """Return what the least-squares line of `x` on `y` gives at the latest `y`."""
    return apply("rolling_pair", x, y, window=window, kind=pairs.FITTED)


def residual_std(x: Node, y: Node, window: int) -> Node:
    """Return the standard error of the regression of `x` on `y`, with ``window - 2`` degrees of freedom."""
    return apply("rolling_pair", x, y, window=window, kind=pairs.RESIDUAL_STD)


def cross_mean(x: Node) -> Node:
    """Return the mean over symbols at the instant."""
    return apply("cross_mean", x)


def cross_demean(x: Node) -> Node:
    """Return `x` less its mean over symbols."""
    return x - cross_mean(x)


def cross_zscore(x: Node) -> Node:
    """Return the distance from the mean over symbols in population deviations."""
    return apply("cross_zscore", x)


def cross_rank(x: Node) -> Node:
    """Return the rank over symbols as ``(rank - 1/2) / count``, inside (0, 1)."""
    return apply("cross_rank", x)


def cross_median(x: Node) -> Node:
    """Return the median over symbols at the instant."""
    return apply("cross_median", x)


def cross_robust(x: Node) -> Node:
    """Return the distance from the median over symbols in scaled median absolute deviations."""
    return apply("cross_robust", x)


def cross_std(x: Node) -> Node:
    """Return the population deviation over symbols at the instant."""
    return apply("cross_std", x)


def cluster_mean(x: Node, cluster: Node) -> Node:
    """Return the mean of `x` over the other symbols with the same value of `cluster`."""
    return apply("cluster_mean", x, cluster)


def of_role(x: Node, role: str) -> Node:
    """Return `x` of the auxiliary symbol with a role: the market's return, the sector's volatility.

    Parameters
    ----------
    x : Node
    role : str
        A key of ``ROLES``; ``"sector"`` reads the one of each symbol's own sector.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-005 if there is no such role.
    """
    if role not in ROLES:
        raise refusal("An expression reads an unknown role.", found=role, expected=f"one of {', '.join(ROLES)}")
    return apply(f"of_{role}", x)
