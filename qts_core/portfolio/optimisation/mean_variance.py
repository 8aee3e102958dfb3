"""Markowitz in three forms: the best ratio, the least risk for a return, the most return for a risk (10.2)."""

from __future__ import annotations

import numpy as np

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Constraints, Infeasible, Penalties
from qts_core.portfolio.optimisation.program import ProgramBuilder
from qts_core.portfolio.optimisation.solvers import solve
from qts_core.portfolio.optimisation.weights import add_weights, factor

__all__ = ["maximum_return", "maximum_sharpe", "minimum_variance"]


def minimum_variance(
    covariance: Floats, expected: Floats | None = None, target_return: float | None = None, *,
    limits: Constraints, penalties: Penalties, solver: str = "clarabel",
) -> Floats:  # fmt: skip
    """Return the weights [N] of least variance / 2 + penalties, of those expected to return `target_return` or more.

    Parameters
    ----------
    covariance : float64 [N, N]
        Annual.
    expected : float64 [N], optional
        Annual returns, ratios; needed for a target.
    target_return : float, optional
        Annual ratio, of the whole; None = whatever the least variance gives.

    Raises
    ------
    Infeasible
        If no weights satisfy the constraints.
    """
    builder = ProgramBuilder()
    blocks = add_weights(builder, len(covariance), limits, penalties)
    builder.curve(blocks.weights, covariance + 2.0 * penalties.l2 * np.eye(len(covariance)))
    if target_return is not None and expected is not None:
        builder.below({blocks.weights: -expected[np.newaxis]}, np.array([-target_return]))
    if blocks.trades is not None:
        builder.cost(blocks.trades, penalties.rates(len(covariance)))
    return solve(builder.build(), solver)[: len(covariance)]


def maximum_return(
    covariance: Floats, expected: Floats, target_volatility: float, *, limits: Constraints, penalties: Penalties,
    solver: str = "clarabel",
) -> Floats:  # fmt: skip
    """Return the weights [N] of most expected return less penalties, of those as volatile as the target or less.

    Parameters
    ----------
    target_volatility : float
        Annual, ratio, of the whole.

    Raises
    ------
    Infeasible
        If no weights satisfy the constraints.
    """
    breadth = len(covariance)
    builder = ProgramBuilder()
    blocks = add_weights(builder, breadth, limits, penalties)
    builder.cost(blocks.weights, -expected)
    if penalties.l2:
        builder.curve(blocks.weights, 2.0 * penalties.l2 * np.eye(breadth))
    if blocks.trades is not None:
        builder.cost(blocks.trades, penalties.rates(breadth))
    builder.cone(
        {blocks.weights: np.vstack([np.zeros(breadth), factor(covariance)])},
        np.r_[target_volatility, np.zeros(breadth)],
    )
    return solve(builder.build(), solver)[:breadth]


def maximum_sharpe(
    covariance: Floats, expected: Floats, *, limits: Constraints, penalties: Penalties, solver: str = "clarabel"
) -> Floats:
    """Return the weights [N] with the highest ratio of expected return, less costs, to volatility.

    The L2 penalty is a variance of its own of each asset, uncorrelated with all others: it enters the volatility.

    Parameters
    ----------
    expected : float64 [N]
        Annual excess returns, ratios.

    Raises
    ------
    Infeasible
        If no weights satisfy the constraints, or none is expected to earn more than it costs.

    References
    ----------
    Cornuéjols and Tütüncü (2007), "Optimization Methods in Finance", section 8.2: fix the return at one, minimise the
    variance, and scale back to the budget.
    """
    breadth = len(covariance)
    builder = ProgramBuilder()
    blocks = add_weights(builder, breadth, limits, penalties, is_homogeneous=True)
    # In units of the largest expected return the fixed one is of the size of the weights.
    unit = float(np.abs(expected).max())
    if unit <= 0.0:
        raise Infeasible("no return is expected of anything")
    variance = float(np.diagonal(covariance).mean())
    builder.curve(blocks.weights, (covariance + 2.0 * penalties.l2 * np.eye(breadth)) / variance)
    earned = {blocks.weights: -expected[np.newaxis] / unit}
    if blocks.trades is not None:
        earned[blocks.trades] = penalties.rates(breadth)[np.newaxis] / unit
    builder.below(earned, np.array([-1.0]))
    try:
        found = solve(builder.build(), solver)
    except Infeasible as reason:
        raise Infeasible(f"no weights are allowed that earn more than they cost ({reason})") from None
    scale = found[blocks.scale] if blocks.scale is not None else 1.0
    if not scale > 0.0:
        raise Infeasible("the best ratio has no finite weights")
    return np.asarray(found[:breadth] / scale)
