"""Probability of backtest overfitting by combinatorially symmetric cross-validation (specification 11.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["BLOCKS", "Overfitting", "probability_of_overfitting"]

BLOCKS: Final = 16
CHUNK_CELLS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What happens out of sample to the trial that was best in sample, over every way to halve the sessions.

    Attributes
    ----------
    probability : float
        PBO: share of the splits in which the best in sample is not above the median out of sample.
    losing : float
        Share of the splits in which it is not above the median and loses out of sample as well.
    loss : float
        Share of the splits in which it loses out of sample.
    splits, trials, sessions : int
        Splits made, trials compared, sessions used (a remainder at the start is left out).
    """

    probability: float
    losing: float
    loss: float
    splits: int
    trials: int
    sessions: int


def probability_of_overfitting(returns: Floats, *, blocks: int = BLOCKS) -> Overfitting:
    """Return how often choosing the best of several trials is overfitting.

    Parameters
    ----------
    returns : float64 [T, N]
        Net return of each trial in each session, finite; at least two trials and two sessions a block.
    blocks : int, default 16
        Equal parts, even in number, into which the sessions are cut; half of them are in sample in each split, so 16
        give 12 870 splits.

    Returns
    -------
    Overfitting
        Trials are compared by their Sharpe ratio. One that never trades has none and counts as zero; trials that are
        equal out of sample share the average rank.

    Raises
    ------
    ValueError
        If there are fewer than two trials or too few sessions, `blocks` is odd, or a return is not finite.

    Notes
    -----
    Where all trials are equally good, the choice between them is a coin toss and the probability is near one half
    although nothing is lost by it. `losing` tells that apart from choosing noise: it is near zero there, and near the
    probability itself where the trials are worthless.

    References
    ----------
    Bailey, Borwein, López de Prado and Zhu (2017), "The Probability of Backtest Overfitting", Journal of
    Computational Finance 20(4), 39-69.
    """
    sessions, trials = returns.shape
    if blocks < 2 or blocks % 2 or trials < 2 or sessions < 2 * blocks:
        raise ValueError(f"needs an even number of blocks, two trials and two sessions a block, found {blocks} blocks, "
                         f"{trials} trials, {sessions} sessions")  # fmt: skip
    if not np.isfinite(returns).all():
        raise ValueError("returns must be finite")
    length = sessions // blocks
    used = returns[sessions - length * blocks :]
    # Scaled so that squares of tiny returns keep their digits; a Sharpe ratio does not change.
    parts = (used / (np.abs(used).max() or 1.0)).reshape(blocks, length, trials)
    moments = np.stack([parts.sum(axis=1), (parts * parts).sum(axis=1)])
    inside = _halves(blocks)
    step = max(1, CHUNK_CELLS // trials)
    found = np.concatenate([_outcomes(inside[i : i + step], moments, length) for i in range(0, len(inside), step)])
    low, lost = found[:, 0], found[:, 1]
    return Overfitting(float(low.mean()), float((low & lost).mean()), float(lost.mean()), len(found), trials, len(used))


def _halves(blocks: int) -> NDArray[np.float64]:
    """Return every choice of half the blocks, 1 where a block is in sample, float64 [C, S]."""
    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    inside = np.zeros((math.comb(blocks, blocks // 2), blocks))
    np.put_along_axis(inside, chosen, 1.0, axis=1)
    return inside


def _outcomes(inside: NDArray[np.float64], moments: Floats, length: int) -> NDArray[np.bool_]:
    """Return of each split whether its choice is not above the median out of sample, and whether it loses there."""
    half = moments.shape[1] // 2 * length
    best = np.argmax(_sharpe(inside @ moments[0], inside @ moments[1], half), axis=1)
    outside = 1.0 - inside
    result = _sharpe(outside @ moments[0], outside @ moments[1], half)
    place = np.arange(len(best))
    mine = result[place, best][:, None]
    # Average rank: all that are worse, and half way through those that are equal, itself among them.
    rank = (result < mine).sum(axis=1) + 0.5 * ((result == mine).sum(axis=1) + 1)
    # The paper's logit of rank / (N + 1) is at most zero exactly when the rank is at most (N + 1) / 2.
    return np.stack([rank <= (result.shape[1] + 1) / 2, mine[:, 0] <= 0.0], axis=1)


def _sharpe(total: Floats, squares: Floats, count: int) -> Floats:
    mean = total / count
    variance = squares / count - mean * mean
    # A constant series leaves only rounding behind.
    moved = variance > 1e-12 * squares / count
    ratio: Floats = np.where(moved, mean / np.sqrt(np.where(moved, variance, 1.0)), 0.0)
    # Rounded, so that copies of one trial are ties and not ordered by the last bit.
    return np.round(ratio, 10)
