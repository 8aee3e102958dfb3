"""Where a Gaussian process would try next in a search space (specification 11.4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qts_core.market.panel import Floats
from qts_core.models.base import Parameter
from qts_core.training.search.gaussian_process import Acquisition, acquisition_of, fit_surrogate
from qts_core.training.search.space import Point, Space

__all__ = ["propose", "random_point"]

CANDIDATES = 1024
ROUNDS = 6
CLOSEST = 32
"""Around the best candidates of each round so many are drawn anew, ever closer."""


def random_point(space: Space, rng: np.random.Generator) -> dict[str, Parameter]:
    """Draw a point, each dimension evenly on its scale."""
    return space.point(rng.random(len(space)))


def propose(
    space: Space,
    points: Sequence[Point],
    values: Floats,
    rng: np.random.Generator,
    *,
    acquisition: Acquisition,
    pending: Sequence[Point] = (),
) -> dict[str, Parameter]:
    """Return the point that is worth trying next.

    Parameters
    ----------
    points, values : sequence of Point, float64 [n]
        What was tried; more is better. At least two.
    pending : sequence of Point
        What other processes try just now; taken as if it gave what the process expects, so that they do not meet.

    Notes
    -----
    The acquisition is searched at random and then around its best points, so that integers and choices are values that
    can be tried, never rounded afterwards.
    """
    known = np.stack([space.encode(point) for point in points])
    surrogate = fit_surrogate(known, values, rng)
    if pending:
        waiting = np.stack([space.encode(point) for point in pending])
        expected = surrogate.predict(waiting)[0]
        known, values = np.vstack([known, waiting]), np.concatenate([values, expected])
        surrogate = fit_surrogate(known, values, rng)
    worth = acquisition_of(acquisition, surrogate, values, known.shape[1])
    places = rng.random((CANDIDATES, len(space)))
    spread = 0.1
    for _ in range(ROUNDS):
        found = worth(space.encode_places(places))
        order = np.argsort(-found, kind="stable")
        best = places[order[:8]]
        around = np.repeat(best, CLOSEST, axis=0)
        moved = np.clip(around + spread * rng.standard_normal(around.shape), 0.0, 1.0)
        places = np.vstack([best, moved])
        spread *= 0.5
    found = worth(space.encode_places(places))
    return space.point(places[int(np.argmax(found))])
