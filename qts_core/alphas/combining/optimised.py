"""The weights whose combined gains have the highest ratio of mean to deviation, under all constraints (9.2)."""

from __future__ import annotations

import numpy as np

from qts_core.alphas.combining.settings import CombinerSettings
from qts_core.alphas.combining.weights import tightened
from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Constraints, Infeasible, Penalties
from qts_core.portfolio.optimisation.program import ProgramBuilder
from qts_core.portfolio.optimisation.solvers import solve
from qts_core.portfolio.optimisation.weights import add_weights

__all__ = ["best_ratio"]

WITHOUT_CONES = frozenset({"scipy"})
"""Solvers that do not do cones reliably: their weights are mixed with equal ones until the concentration is allowed."""


def best_ratio(gain: Floats, covariance: Floats, previous: Floats | None, settings: CombinerSettings) -> Floats:
    """Return weights [K].

    The ratio does not change when all weights are multiplied by a number: the gain is fixed at one, the variance
    minimised, and the result scaled to the total (Cornuéjols and Tütüncü 2007, section 8.2). Every constraint is
    multiplied by the same unknown number, which keeps it linear, or a cone. SciPy does no cones: with it the best
    weights without the bound on concentration are mixed with equal ones until they satisfy it.

    Parameters
    ----------
    gain : float64 [K]
        Means.
    covariance : float64 [K, K]
        Its covariances are shrunk towards zero by `settings.shrinkage`.
    previous : float64 [K], optional
        Weights now; None = free to move.

    Raises
    ------
    Infeasible
        If no weights are allowed that gain anything.
    """
    count, unit = len(gain), float(np.abs(gain).max())
    if not unit > 0.0:
        raise Infeasible("no alpha gained anything")
    shrunk = (1.0 - settings.shrinkage) * covariance + settings.shrinkage * np.diag(np.diagonal(covariance))
    builder = ProgramBuilder()
    limits = Constraints(
        budget=settings.total,
        max_weight=settings.max_weight,
        max_turnover=None if previous is None else settings.max_turnover,
    )
    blocks = add_weights(builder, count, limits, Penalties(current=previous), is_homogeneous=True)
    builder.curve(blocks.weights, shrunk / float(np.diagonal(shrunk).mean()))
    builder.below({blocks.weights: -gain[np.newaxis] / unit}, np.array([-1.0]))
    scale = blocks.scale
    if scale is None:
        raise Infeasible("the program has no scale")
    if settings.max_concentration < 1.0 and settings.solver not in WITHOUT_CONES:
        radius = settings.total * float(np.sqrt(settings.max_concentration))
        builder.cone(
            {
                scale: np.vstack([np.full((1, 1), radius), np.zeros((count, 1))]),
                blocks.weights: np.vstack([np.zeros((1, count)), np.eye(count)]),
            },
            np.zeros(count + 1),
        )
    found = solve(builder.build(), settings.solver)
    if not found[scale] > 0.0:
        raise Infeasible("the highest ratio has no finite weights")
    # Solvers keep constraints to their tolerance; the weights keep them.
    weights = np.clip(found[:count] / found[scale], 0.0, settings.max_weight)
    return tightened(weights * (settings.total / weights.sum()), previous, settings)
