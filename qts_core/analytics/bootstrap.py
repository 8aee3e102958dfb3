"""Intervals by resampling: any statistic of trades, or of returns that hang together in time (specification 11.3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.significance import Interval
from qts_core.market.panel import Floats

__all__ = ["bootstrap_interval", "stationary_indices"]

Statistic = Callable[[Floats], float]


def stationary_indices(generator: np.random.Generator, n: int, *, mean_block: float, draws: int) -> NDArray[np.int64]:
    """Draw indices of the stationary bootstrap, int64 [draws, n].

    Parameters
    ----------
    generator : numpy.random.Generator
    n : int
        Length of the series.
    mean_block : float
        Mean length of the blocks kept together; 1 is the plain bootstrap.
    draws : int
        Number of resampled series.

    References
    ----------
    Politis and Romano (1994), Journal of the American Statistical Association 89(428), 1303-1313.
    """
    starts_block = generator.random((draws, n)) < 1 / mean_block
    starts_block[:, 0] = True
    fresh = generator.integers(0, n, size=(draws, n))
    place = np.arange(n)
    block_start = np.maximum.accumulate(np.where(starts_block, place, 0), axis=1)
    first = np.take_along_axis(fresh, block_start, axis=1)
    indices: NDArray[np.int64] = (first + place - block_start) % n
    return indices


def bootstrap_interval(
    values: Floats,
    statistic: Statistic,
    generator: np.random.Generator,
    *,
    mean_block: float = 1.0,
    draws: int = 1000,
    confidence: float = 0.95,
) -> Interval:
    """Return the percentile interval of `statistic` over resampled `values` [n].

    Notes
    -----
    Resamples on which the statistic is undefined (NaN) are left out; the interval is NaN when none is left or
    there are fewer than two values.

    References
    ----------
    Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13.
    """
    nothing = Interval(float("nan"), float("nan"), confidence)
    if len(values) < 2:
        return nothing
    picks = stationary_indices(generator, len(values), mean_block=mean_block, draws=draws)
    drawn = np.array([statistic(values[row]) for row in picks])
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return nothing
    # Order statistics, not interpolation: a statistic may be infinite (a resample without a loss).
    low, high = np.quantile(drawn, [0.5 - confidence / 2, 0.5 + confidence / 2], method="inverted_cdf")
    return Interval(float(low), float(high), confidence)
