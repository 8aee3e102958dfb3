"""How much a result hangs on each parameter, and whether the chosen point is a plateau or a spike (11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["RADIUS", "Plateau", "Sensitivity", "main_effects", "plateau"]

RADIUS: Final = 0.25
"""Of the neighbourhood, in parts of a parameter's range."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What one parameter alone explains.

    Attributes
    ----------
    share : float
        Part of the variance of the values that the parameter's own mean curve explains, 0 to 1: the first-order
        effect. NaN where all values are equal.
    levels, means : tuple of float
        The parameter's levels, and the mean value of all trials at each.
    n : int
        Trials.
    """

    name: str
    share: float
    levels: tuple[float, ...]
    means: tuple[float, ...]
    n: int


@dataclass(frozen=True, slots=True)
class Plateau:
    """The chosen trial beside its neighbours.

    Attributes
    ----------
    chosen, median, worst : float
        Its value; the median and the lowest of its neighbours'. NaN without neighbours.
    neighbours : int
    share_better_than_half : float
        Neighbours that keep at least half of the chosen value; NaN without, or where the chosen value is not positive.
    """

    chosen: float
    median: float
    worst: float
    neighbours: int
    share_better_than_half: float


def main_effects(names: tuple[str, ...], points: Floats, values: Floats, *, bins: int = 5) -> tuple[Sensitivity, ...]:
    """Return the first-order effect of each of d parameters over n trials.

    Parameters
    ----------
    names : tuple of str, length d
    points : float64 [n, d]
        Places on the parameters' scales, 0 to 1.
    values : float64 [n]
        Objective of each trial; those that are not finite are left out.
    bins : int
        Parts of a scale where it has more levels than that.

    References
    ----------
    Sobol (1993), Mathematical Modelling and Computational Experiments 1(4), 407-414: exact on a full grid.
    """
    known = np.isfinite(values)
    kept, inside = values[known], points[known]
    return tuple(_effect(name, inside[:, place], kept, bins) for place, name in enumerate(names))


def _effect(name: str, column: Floats, values: Floats, bins: int) -> Sensitivity:
    levels, group = np.unique(np.round(column, 9), return_inverse=True)
    if len(levels) > bins:
        edges = np.linspace(0.0, 1.0, bins + 1)
        group = np.clip(np.searchsorted(edges, column, side="right") - 1, 0, bins - 1)
        levels = (edges[:-1] + edges[1:]) / 2
    means, counts = _means(group, values, len(levels))
    there = counts > 0
    spread = float(values.var()) if len(values) else 0.0
    share = math.nan
    if spread > 0:
        share = float(np.sum(counts[there] * (means[there] - values.mean()) ** 2) / len(values) / spread)
    return Sensitivity(name, share, tuple(levels[there].tolist()), tuple(means[there].tolist()), len(values))


def _means(group: NDArray[np.int64], values: Floats, count: int) -> tuple[Floats, NDArray[np.int64]]:
    counts = np.bincount(group, minlength=count)
    total = np.bincount(group, values, minlength=count)
    return total / np.maximum(counts, 1), counts


def plateau(points: Floats, values: Floats, chosen: int, *, radius: float = RADIUS) -> Plateau:
    """Hold trial `chosen` against those no further than `radius` in any of d parameters.

    Parameters
    ----------
    points : float64 [n, d]
        Places on the scales, 0 to 1.
    values : float64 [n]
        What is not finite counts as no neighbour.
    """
    apart = np.abs(points - points[chosen]).max(axis=1) if points.shape[1] else np.zeros(len(points))
    near = np.isfinite(values) & (apart <= radius + 1e-9) & (apart > 0)
    own = float(values[chosen])
    if not near.any():
        return Plateau(own, math.nan, math.nan, 0, math.nan)
    around = values[near]
    kept = float(np.mean(around >= own / 2)) if own > 0 else math.nan
    return Plateau(own, float(np.median(around)), float(around.min()), int(near.sum()), kept)
