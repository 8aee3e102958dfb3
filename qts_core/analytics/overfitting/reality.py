"""Is the best of several strategies better than cash? Reality check and Hansen's test (specification 11.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from qts_core.analytics.bootstrap import stationary_indices
from qts_core.analytics.overfitting.blocks import block_length
from qts_core.market.panel import Floats

__all__ = ["RealityCheck", "reality_check"]

DRAWS: Final = 2000
SEED: Final = 20000901


@dataclass(frozen=True, slots=True)
class RealityCheck:
    """p-values of "no strategy of the set has a mean return above zero".

    Attributes
    ----------
    white : float
        White's reality check: plain means, the largest of which need not be the candidate's.
    lower, consistent, upper : float
        Hansen's test of superior predictive ability: means over their standard errors, with the strategies that are
        clearly worse than cash recentred at their mean, at their mean when clear enough, and not at all.
    candidate : int
        The strategy that is judged.
    mean_block : float
        Of the stationary bootstrap.
    draws : int
    """

    white: float
    lower: float
    consistent: float
    upper: float
    candidate: int
    mean_block: float
    draws: int


def reality_check(
    returns: Floats,
    *,
    candidate: int | None = None,
    mean_block: float | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> RealityCheck:
    """Test by the stationary bootstrap whether a strategy beats cash, given all those it was chosen from.

    Parameters
    ----------
    returns : float64 [T, N]
        Return of each strategy in each session over that of the benchmark (cash: zero); finite.
    candidate : int, optional
        The strategy to judge; the best by default, for which this is the test of the papers. Any other one is held
        against the same distribution of the best, so its p-value is never smaller.
    mean_block : float, optional
        Mean block length; by default the mean of what :func:`block_length` gives for each strategy.
    draws, seed : int
        Resampled histories, and their seed.

    Returns
    -------
    RealityCheck
        p-values count the observed history among the draws, so none is zero. NaN when the candidate never moves.

    Raises
    ------
    ValueError
        If there are fewer than two sessions or no strategy, or a return is not finite.

    References
    ----------
    White (2000), "A Reality Check for Data Snooping", Econometrica 68(5), 1097-1126.
    Hansen (2005), "A Test for Superior Predictive Ability", Journal of Business and Economic Statistics 23(4),
    365-380.
    Politis and Romano (1994), Journal of the American Statistical Association 89(428), 1303-1313.
    """
    n, count = returns.shape
    if n < 2 or count < 1 or not np.isfinite(returns).all():
        raise ValueError(f"needs finite returns of two sessions and a strategy, found {n} sessions of {count}")
    block = float(np.mean([block_length(c) for c in returns.T])) if mean_block is None else mean_block
    mean = returns.mean(axis=0)
    drawn = _resampled_means(returns, block, draws, seed)
    drawn -= mean
    root = math.sqrt(n)
    error = root * drawn.std(axis=0)
    moves = error > 1e-9 * np.abs(returns).max(initial=0.0)
    scale = np.where(moves, error, np.inf)
    score = root * mean / scale
    chosen = int(np.argmax(np.where(moves, score, -np.inf))) if candidate is None else candidate
    if not moves[chosen]:
        return RealityCheck(math.nan, math.nan, math.nan, math.nan, chosen, block, draws)
    # A strategy this far below cash cannot be the best, and must not make the test weak.
    clear = score <= -math.sqrt(2.0 * math.log(math.log(max(n, 16))))
    plain = float(mean.max() if candidate is None else mean[chosen])
    white = _p_value(root * drawn.max(axis=1), root * plain)
    drawn *= root / scale
    shifts = {"lower": np.minimum(score, 0.0), "consistent": np.where(clear, score, 0.0), "upper": np.zeros(count)}
    values = {name: _p_value(_best(drawn, shift), float(score[chosen])) for name, shift in shifts.items()}
    return RealityCheck(white=white, **values, candidate=chosen, mean_block=block, draws=draws)


def _resampled_means(returns: Floats, block: float, draws: int, seed: int) -> Floats:
    n = len(returns)
    picks = stationary_indices(np.random.default_rng(seed), n, mean_block=block, draws=draws)
    # How often each session was drawn turns every resampled mean into one matrix product.
    flat = (np.arange(draws)[:, None] * n + picks).ravel()
    times = np.bincount(flat, minlength=draws * n).reshape(draws, n)
    means: Floats = (times / n) @ returns
    return means


def _best(drawn: Floats, shift: Floats) -> Floats:
    """Return the largest of each resample, float64 [K], of means [K, N] over their errors, shifted."""
    best: Floats = (drawn + shift if shift.any() else drawn).max(axis=1)
    return best


def _p_value(best: Floats, found: float) -> float:
    # The best of a resample is never below zero: cash is always there to be chosen.
    return float((1 + np.count_nonzero(np.maximum(best, 0.0) >= found)) / (1 + len(best)))
