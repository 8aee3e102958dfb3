"""Averages beyond TA-Lib's common ones: bells, mixes, and weights that follow the market (specification 6.1a)."""

from __future__ import annotations

from math import log

from qts_core.features.graph import Node, apply
from qts_core.features.ops.arithmetic import clip, exp
from qts_core.features.ops.arithmetic import log as log_of
from qts_core.features.ops.averages import ema, sma, wilder
from qts_core.features.ops.sources import high, low
from qts_core.features.ops.windows import difference, lag, rolling_max, rolling_min, rolling_sum

__all__ = [
    "alligator_line",
    "alma",
    "chande_momentum",
    "fractal_mean",
    "mcginley",
    "symmetric_mean",
    "t3",
    "trima",
    "vidya",
]


def alma(x: Node, window: int, offset: float = 0.85, sigma: float = 6.0) -> Node:
    """Return the Arnaud Legoux mean: a bell of weights near the latest value (Legoux and Kouzis-Loukas 2009)."""
    return apply("gaussian_mean", x, window=window, offset=offset, sigma=sigma)


def trima(x: Node, window: int) -> Node:
    """Return the triangular mean, weights rising to the middle of the window and falling again (TA-Lib TRIMA)."""
    return sma(sma(x, (window + 1) // 2), window // 2 + 1)


def symmetric_mean(x: Node) -> Node:
    """Return the mean of the last four values with weights 1, 2, 2, 1."""
    return (x + 2.0 * lag(x, 1) + 2.0 * lag(x, 2) + lag(x, 3)) / 6.0


def t3(x: Node, window: int, factor: float = 0.7) -> Node:
    """Return Tillson's T3, a third-order mix of six exponential means (Tillson 1998; TA-Lib T3)."""
    means = [ema(x, window)]
    for _ in range(5):
        means.append(ema(means[-1], window))
    a, b = factor**2, factor**3
    first = (1.0 + 3.0 * factor + 3.0 * a + b) * means[2] - (3.0 * factor + 6.0 * a + 3.0 * b) * means[3]
    return first + (3.0 * a + 3.0 * b) * means[4] - b * means[5]


def chande_momentum(x: Node, window: int) -> Node:
    """Return gains less losses over both, -1 to 1, from plain sums (Chande and Kroll 1994); NaN without a move."""
    change = difference(x)
    return rolling_sum(change, window) / rolling_sum(abs(change), window)


def vidya(x: Node, window: int, momentum: int = 9) -> Node:
    """Return Chande's variable mean: an exponential mean weighted by the size of momentum (Chande 1992).

    It starts at the value of the first momentum and stands still where there is none.
    """
    return apply("varying_mean", x, (2.0 / (window + 1.0)) * abs(chande_momentum(x, momentum)))


def fractal_mean(window: int) -> Node:
    """Return Ehlers' fractal adaptive mean of the bar's middle; `window` is even (Ehlers 2005).

    The weight is ``exp(-4.6 (D - 1))`` inside [0.01, 1], D the dimension from the ranges of both halves and the whole.
    """
    half = window // 2
    span = (rolling_max(high, half) - rolling_min(low, half)) / half
    whole = (rolling_max(high, window) - rolling_min(low, window)) / window
    dimension = log_of((span + lag(span, half)) / whole) / log(2.0)
    return apply("varying_mean", (high + low) / 2.0, clip(exp(-4.6 * (dimension - 1.0)), 0.01, 1.0))


def mcginley(x: Node, window: int, factor: float = 0.6) -> Node:
    """Return McGinley's dynamic mean, faster in falls than in rises (McGinley 1997)."""
    return apply("dynamic_mean", x, window=window, factor=factor)


def alligator_line(window: int, bars: int) -> Node:
    """Return Wilder's mean of the bar's middle as it stood `bars` ago: a line of the alligator (Williams 1995)."""
    return lag(wilder((high + low) / 2.0, window), bars)
