"""Which trial of a study to believe: performance, consistency, stability, neighbourhood, cost (specification 7.3).

The highest value of many noisy ones is mostly luck. Each criterion is an amount in the objective's own unit that is
taken from what a trial showed, so that the sum can be read, and disputed, part by part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qts_core.training.search.space import Point, Space

__all__ = ["Candidate", "Weights", "choose", "ranked"]

NEAR = 0.15
"""Root mean square distance in the unit cube within which trials are neighbours."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each criterion costs, in units of the objective.

    Attributes
    ----------
    gap : float
        For each unit by which the figure is better where the model learned than where it did not.
    spread : float
        For each standard error of the figure over folds.
    spike : float
        For each unit by which the neighbours are worse.
    cost : float
        For each factor of ten in time over the quickest trial, in standard deviations of the trials' values.
    """

    gap: float = 0.1
    spread: float = 0.5
    spike: float = 0.5
    cost: float = 0.1


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finished trial as it is judged for choice.

    Attributes
    ----------
    number : int
    point : mapping
    value : float
        Out of fold, complexity taken off.
    inside : float
        The figure where the models learned.
    by_fold : tuple of float
    sortino, seconds : float
    is_feasible : bool
        Whether the drawdown keeps its limit.
    """

    number: int
    point: Point
    value: float
    figure: float
    inside: float
    by_fold: tuple[float, ...]
    sortino: float
    seconds: float
    is_feasible: bool


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with the parts of its score; ``score = value - gap - spread - spike - cost``.

    Attributes
    ----------
    neighbours : int
        Trials near by that say whether it stands on a plateau; with none the spike is unknown and taken as 0.
    """

    candidate: Candidate
    gap: float
    spread: float
    spike: float
    cost: float
    neighbours: int

    @property
    def score(self) -> float:
        """What the choice goes by."""
        return self.candidate.value - self.gap - self.spread - self.spike - self.cost


def ranked(candidates: Sequence[Candidate], space: Space, weights: Weights = WEIGHTS) -> tuple[Ranked, ...]:
    """Return the feasible candidates, the most believable first; Sortino and then the earlier trial decide ties."""
    finite = [c for c in candidates if math.isfinite(c.value)]
    if not finite:
        return ()
    places = np.stack([space.encode(c.point) for c in finite])
    quickest = min(c.seconds for c in finite)
    usual = float(np.std([c.value for c in finite])) if len(finite) > 1 else 0.0
    found = []
    for place, candidate in enumerate(finite):
        if not candidate.is_feasible:
            continue
        near = [other for other in _near(places, place) if finite[other].point != candidate.point]
        drop = candidate.value - float(np.median([finite[i].value for i in near])) if near else 0.0
        slower = math.log10(max(candidate.seconds, 1e-9) / max(quickest, 1e-9))
        gap = candidate.inside - candidate.figure
        found.append(
            Ranked(
                candidate,
                gap=weights.gap * max(gap, 0.0) if math.isfinite(gap) else 0.0,
                spread=weights.spread * standard_error(candidate.by_fold),
                spike=weights.spike * max(drop, 0.0),
                cost=weights.cost * usual * slower,
                neighbours=len(near),
            )
        )
    return tuple(sorted(found, key=_order))


def choose(candidates: Sequence[Candidate], space: Space, weights: Weights = WEIGHTS) -> Ranked | None:
    """Return the candidate to believe, None when none keeps the drawdown limit."""
    return next(iter(ranked(candidates, space, weights)), None)


def standard_error(by_fold: Sequence[float]) -> float:
    """Return the standard error of the mean of a figure over folds; 0 where it cannot be told."""
    known = [value for value in by_fold if math.isfinite(value)]
    return float(np.std(known, ddof=1)) / math.sqrt(len(known)) if len(known) > 1 else 0.0


def _near(places: np.ndarray[tuple[int, ...], np.dtype[np.float64]], place: int) -> list[int]:
    apart = np.sqrt(((places - places[place]) ** 2).mean(axis=1))
    return [int(i) for i in np.flatnonzero(apart <= NEAR) if i != place]


def _order(one: Ranked) -> tuple[float, float, int]:
    sortino = one.candidate.sortino if math.isfinite(one.candidate.sortino) else -math.inf
    return (-round(one.score, 3), -sortino, one.candidate.number)
