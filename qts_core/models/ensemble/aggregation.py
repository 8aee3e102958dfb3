"""How members' scores become one: votes, means, medians (specification 9.1).

Scores are expected forward returns over one horizon, float64 [R, M] for R rows and M members; NaN = the member has no
opinion of the row. Whoever is silent is left out and the others' weights are scaled up; a row of which nobody has an
opinion is NaN. Everything is added up member by member, so a batch gives, bit for bit, what its rows give one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = [
    "agreement",
    "disagreement",
    "hard_vote",
    "median",
    "soft_vote",
    "trimmed_mean",
    "weighted_mean",
    "with_minimum_agreement",
]


def weighted_mean(scores: Floats, weights: Floats) -> Floats:
    """Return the mean of the members that have an opinion, float64 [R].

    Parameters
    ----------
    scores : float64 [R, M]
    weights : float64 [M] or [R, M]
        Not negative. A row whose speaking members all weigh 0 is NaN.
    """
    given = np.broadcast_to(weights, scores.shape)
    total, mass = np.zeros(len(scores)), np.zeros(len(scores))
    for member in range(scores.shape[1]):
        speaks = ~np.isnan(scores[:, member])
        weight = np.where(speaks, given[:, member], 0.0)
        total = total + weight * np.where(speaks, scores[:, member], 0.0)
        mass = mass + weight
    return np.where(mass > 0, total / np.where(mass > 0, mass, 1.0), np.nan)


def median(scores: Floats) -> Floats:
    """Return the median of the members that have an opinion, float64 [R]."""
    ordered, count = _ordered(scores)
    row = np.arange(len(scores))
    low, high = ordered[row, np.maximum(count - 1, 0) // 2], ordered[row, np.minimum(count // 2, scores.shape[1] - 1)]
    return np.where(count > 0, np.where(count % 2 == 1, low, 0.5 * (low + high)), np.nan)


def trimmed_mean(scores: Floats, share: float) -> Floats:
    """Return the mean without the lowest and the highest ``floor(share * members)`` opinions, float64 [R].

    Parameters
    ----------
    scores : float64 [R, M]
    share : float
        Cut off at each end, in [0, 0.5).
    """
    ordered, count = _ordered(scores)
    cut = np.floor(share * count + 1e-12).astype(np.int64)
    total, kept = np.zeros(len(scores)), np.maximum(count - 2 * cut, 0)
    for place in range(scores.shape[1]):
        inside = (place >= cut) & (place < count - cut)
        total = total + np.where(inside, ordered[:, place], 0.0)
    return np.where(kept > 0, total / np.maximum(kept, 1), np.nan)


def hard_vote(scores: Floats, up_weights: Floats, down_weights: Floats) -> Floats:
    """Return the surplus of votes for up over votes for down, float64 [R] in [-1, 1]; a score of 0 votes for neither.

    Parameters
    ----------
    scores : float64 [R, M]
    up_weights, down_weights : float64 [M]
        What a member's vote for up, or for down, weighs: equal ones are a majority, the same ones a weighted vote.
    """
    ballots, mass = np.zeros(len(scores)), np.zeros(len(scores))
    for member in range(scores.shape[1]):
        values = scores[:, member]
        weight = np.where(values > 0, up_weights[member], down_weights[member])
        cast = ~np.isnan(values) & (values != 0)
        ballots = ballots + np.where(cast, np.sign(np.where(cast, values, 0.0)) * weight, 0.0)
        mass = mass + np.where(cast, weight, 0.0)
    spoken = (~np.isnan(scores)).any(axis=1)
    surplus = np.where(mass > 0, ballots / np.where(mass > 0, mass, 1.0), 0.0)
    return np.where(spoken, surplus, np.nan)


def soft_vote(chances: Floats, up_weights: Floats, down_weights: Floats) -> Floats:
    """Return the mean chance of up less the mean chance of not up, float64 [R] in [-1, 1].

    Parameters
    ----------
    chances : float64 [R, M]
        Each member's probability of up; NaN = no opinion.
    up_weights, down_weights : float64 [M]
        What a member weighs when it speaks of up, or of down. The two means are scaled to add up to 1.
    """
    up, down = weighted_mean(chances, up_weights), weighted_mean(1.0 - chances, down_weights)
    both = up + down
    return np.where(both > 0, (up - down) / np.where(both > 0, both, 1.0), np.where(np.isnan(both), np.nan, 0.0))


def disagreement(scores: Floats) -> Floats:
    """Return the population standard deviation of the opinions, float64 [R], a ratio; NaN with fewer than two."""
    alive = (~np.isnan(scores)).sum(axis=1)
    mean = weighted_mean(scores, np.ones(scores.shape[1]))
    variance = weighted_mean((scores - mean[:, None]) ** 2, np.ones(scores.shape[1]))
    return np.where(alive > 1, np.sqrt(variance), np.nan)


def agreement(scores: Floats, combined: Floats) -> Floats:
    """Return the share of the opinions that have the sign of `combined`, float64 [R]; NaN where there are none."""
    alive, same = np.zeros(len(scores)), np.zeros(len(scores))
    for member in range(scores.shape[1]):
        alive = alive + ~np.isnan(scores[:, member])
        same = same + (np.sign(scores[:, member]) == np.sign(combined))
    spoken = (alive > 0) & ~np.isnan(combined)
    return np.where(spoken, same / np.where(spoken, alive, 1.0), np.nan)


def with_minimum_agreement(combined: Floats, scores: Floats, share: float) -> Floats:
    """Return `combined`, float64 [R], with NaN where a smaller share of the opinions has its sign."""
    return np.where(agreement(scores, combined) >= share - 1e-12, combined, np.nan)


def _ordered(scores: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return each row's opinions in increasing order, NaN last, and how many there are."""
    count: NDArray[np.int64] = (~np.isnan(scores)).sum(axis=1)
    return np.sort(scores, axis=1), count
