"""To how many independent trials a set of correlated ones comes (specification 7.3, 11.4)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import log_ndtr

from qts_core.market.panel import Floats

__all__ = ["effective_trials", "expected_maximum_normal", "participation_ratio"]

DRAWS: Final = 1024
SEED: Final = 20140901
REACH: Final = 12.0
STEPS: Final = 4801


def effective_trials(returns: Floats, *, draws: int = DRAWS, seed: int = SEED) -> float:
    """Return the number of independent worthless trials whose best looks as good as the best of these would.

    Parameters
    ----------
    returns : float64 [T, N]
        Return of each trial in each session; NaN where it has none. Trials without a common session are independent.
    draws, seed : int
        Resampled markets, and the seed that makes the answer the same every time.

    Returns
    -------
    float
        Between 1 and N. Copies count once, k groups of copies as k, independent trials as N.

    Notes
    -----
    Under the null a trial's Sharpe ratio over its standard error is standard normal, and two trials' ratios have the
    correlation of their returns. The expected maximum of N such numbers is estimated with the Gaussian multiplier
    bootstrap of the returns themselves, which needs no correlation matrix and stays right with more trials than
    sessions; the answer is the number of independent normals with that expected maximum, plus two standard errors of
    the simulation. Counting eigenvalues (:func:`participation_ratio`) or clusters answers another question and may be
    far too low: any number of trials with a common correlation of one half has a ratio below 4, yet the best of them
    grows without end.

    References
    ----------
    Bailey and López de Prado (2014), "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5), 94-107,
    appendix on the number of independent trials.
    Chernozhukov, Chetverikov and Kato (2013), Annals of Statistics 41(6), 2786-2819 (the multiplier bootstrap).
    """
    count = returns.shape[1]
    if count < 2:
        return float(count)
    shapes = _unit_columns(returns)
    multipliers = np.random.default_rng(seed).standard_normal((draws, len(shapes)), dtype=np.float32)
    drawn = multipliers @ shapes
    # The opposite draw is as likely: its best is minus this one's worst.
    best = 0.5 * (drawn.max(axis=1) - drawn.min(axis=1)).astype(np.float64)
    safe = float(best.mean() + 2.0 * best.std(ddof=1) / np.sqrt(draws))
    return _count_with_maximum(safe, count)


def expected_maximum_normal(count: float) -> float:
    """Return the expected largest of `count` independent standard normals; `count` may lie between whole numbers.

    Raises
    ------
    ValueError
        If `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"needs at least one number, found {count}")
    below, above = _log_distribution()
    lost = np.trapezoid(np.exp(count * below[1]), below[0])
    return float(np.trapezoid(-np.expm1(count * above[1]), above[0]) - lost)


def participation_ratio(correlation: Floats) -> float:
    """Return the participation ratio of the eigenvalues of a correlation matrix [N, N]: 1 for copies, N for strangers.

    Notes
    -----
    The sum of the eigenvalues squared over the sum of their squares, computed without them.

    References
    ----------
    Bretherton et al. (1999), "The Effective Number of Spatial Degrees of Freedom of a Time-Varying Field", Journal of
    Climate 12(7), 1990-2009.
    """
    return float(np.trace(correlation) ** 2 / np.sum(correlation * correlation))


def _unit_columns(returns: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return each column centred and of length 1, zero where it has no value."""
    known = np.isfinite(returns)
    filled = np.where(known, returns, 0.0)
    mean = filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, returns - mean, 0.0)
    length = np.sqrt((centred * centred).sum(axis=0))
    return np.asarray(centred / np.where(length > 0, length, 1.0), dtype=np.float32)


def _count_with_maximum(wanted: float, most: int) -> float:
    if wanted >= expected_maximum_normal(float(most)):
        return float(most)
    low, high = 0.0, float(np.log(most))
    for _ in range(40):
        middle = 0.5 * (low + high)
        if expected_maximum_normal(float(np.exp(middle))) < wanted:
            low = middle
        else:
            high = middle
    return float(np.exp(high))


@lru_cache(maxsize=1)
def _log_distribution() -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    grid = np.linspace(0.0, REACH, STEPS)
    return (-grid[::-1], log_ndtr(-grid[::-1])), (grid, log_ndtr(grid))
