"""A genetic search over sets of features (checklist 6.5-24)."""

from __future__ import annotations

import numpy as np

from qts_core.config.models import FeatureSelection
from qts_core.training.selection.base import Flags, Selection, TrainingRows, chosen
from qts_core.training.selection.linear import LinearJudge, gain_of_chance

__all__ = ["by_genetic_search"]

POPULATION = 40
GENERATIONS = 40
TOURNAMENT = 3
ELITE = 2
FIRST_FEATURES = 5
"""Features of a first individual, on average."""


def by_genetic_search(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep the set of features that survives best (Holland 1975; Siedlecki and Sklansky 1989).

    An individual is a set. Its fitness is what a ridge regression on it explains on purged splits, less for each
    feature what the best of all gains by chance with probability `alpha`: a feature has to earn its place. Parents win
    tournaments of three, children take each feature from either at random, and lose or gain one on average; the two
    best live on. Forty individuals, forty generations.
    """
    judge = LinearJudge(rows)
    price = gain_of_chance(judge, rows, alpha=settings.alpha, rng=rng)
    count = len(rows.names)
    known: dict[bytes, float] = {}

    def fitness(individual: Flags) -> float:
        key = individual.tobytes()
        if key not in known:
            places = np.flatnonzero(individual)
            known[key] = judge.score(places) - price * len(places)
        return known[key]

    people = rng.random((POPULATION, count)) < min(FIRST_FEATURES / count, 0.5)
    for _ in range(GENERATIONS):
        fit = np.array([fitness(person) for person in people])
        order = np.argsort(-fit, kind="stable")
        rivals = rng.integers(0, POPULATION, (2, POPULATION - ELITE, TOURNAMENT))
        winners = np.take_along_axis(rivals, fit[rivals].argmax(axis=2)[..., None], axis=2)[..., 0]
        mothers, fathers = people[winners[0]], people[winners[1]]
        children = np.where(rng.random(mothers.shape) < 0.5, mothers, fathers)
        children ^= rng.random(children.shape) < 1.0 / count
        people = np.vstack([people[order[:ELITE]], children])
    fit = np.array([fitness(person) for person in people])
    best = people[int(fit.argmax())]
    why = f"in the fittest set, each worth more than {price:.3g}"
    return chosen("genetic", rows.names, judge.singles(), best, why, maximum=settings.maximum)
