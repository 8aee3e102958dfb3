"""How values depend on earlier ones: autocorrelation, partial autocorrelation, Ljung-Box, variance ratio, Hurst.

The heavy ones take `every`: they are computed anew at every `every`-th value and held between (specification 6.2).
"""

from __future__ import annotations

from qts_core.features.graph import Node, apply, refusal
from qts_core.features.ops.statistics import correlation, std
from qts_core.features.ops.windows import lag, rolling_sum

__all__ = [
    "autocorrelation",
    "chi_square_survival",
    "hurst",
    "ljung_box",
    "partial_autocorrelation",
    "variance_ratio",
]


def autocorrelation(x: Node, window: int, lags: int) -> Node:
    """Return Pearson's correlation of the last `window` values with those `lags` before them."""
    return correlation(x, lag(x, lags), window)


def partial_autocorrelation(x: Node, window: int, lags: int, *, every: int) -> Node:
    """Return the partial autocorrelation at `lags` by Durbin and Levinson's recursion; biased autocovariances."""
    return apply("partial_autocorrelation", x, window=window, every=every, lags=checked(lags, window))


def ljung_box(x: Node, window: int, lags: int, *, every: int) -> tuple[Node, Node]:
    """Return the Ljung-Box statistic of the first `lags` autocorrelations and its probability under independence."""
    statistic = apply("ljung_box", x, window=window, every=every, lags=checked(lags, window))
    return statistic, chi_square_survival(statistic, lags)


def chi_square_survival(x: Node, freedom: int) -> Node:
    """Return the probability that a chi-square variable of `freedom` degrees exceeds `x`."""
    if freedom < 1:
        raise refusal("A chi-square variable has no freedom.", found=freedom, expected="at least 1")
    return apply("chi_square_survival", x, freedom=freedom)


def variance_ratio(returns: Node, window: int, bars: int) -> Node:
    """Return the variance of overlapping sums of `bars` returns over `bars` times that of one; 1 for a random walk.

    References
    ----------
    Lo and MacKinlay (1988), Review of Financial Studies 1, 41.
    """
    ratio = std(rolling_sum(returns, bars), window) / std(returns, window)
    return ratio * ratio / float(bars)


def hurst(returns: Node, window: int, *, every: int, shortest: int = 16) -> Node:
    """Return the Hurst exponent by rescaled range over lengths `shortest`, doubled up to `window`; 1/2 without memory.

    Short pieces bias it upward (to about 0.55 for `window` 512); compare its values, do not take them at face value.

    References
    ----------
    Hurst (1951), Transactions of the ASCE 116, 770; Mandelbrot and Wallis (1969), Water Resources Research 5, 967.
    """
    if not 2 <= shortest <= window // 2:
        raise refusal(
            "Two lengths do not fit the window.", where="hurst", found=shortest, expected=f"2 to {window // 2}"
        )
    return apply("hurst", returns, window=window, every=every, shortest=shortest)


def checked(lags: int, window: int) -> int:
    """Return `lags`, or refuse what does not fit `window`."""
    if not 1 <= lags < window // 2:
        raise refusal("Lags do not fit the window.", found=lags, expected=f"1 to {window // 2 - 1}")
    return lags
