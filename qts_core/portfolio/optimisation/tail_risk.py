"""Weights by their worst days: least CVaR, or most return under a limit of it (specification 10.2)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Constraints, Infeasible, Penalties
from qts_core.portfolio.optimisation.program import ProgramBuilder
from qts_core.portfolio.optimisation.solvers import solve
from qts_core.portfolio.optimisation.weights import add_weights

__all__ = ["conditional_value_at_risk", "maximum_return_under_cvar", "minimum_cvar"]


def conditional_value_at_risk(returns: Floats, level: float) -> float:
    """Return the mean loss of the worst 1 - `level` of `returns` [T], the last one in part.

    References
    ----------
    Rockafellar and Uryasev (2002), "Conditional value-at-risk for general loss distributions", Journal of Banking and
    Finance 26, 1443-1471, proposition 8.
    """
    losses = np.sort(-returns)[::-1]
    count = (1.0 - level) * len(losses)
    whole = min(math.floor(count + 1e-12), len(losses))
    part = count - whole
    total = losses[:whole].sum() + (part * losses[whole] if part > 1e-12 and whole < len(losses) else 0.0)
    return float(total / count)


def minimum_cvar(
    returns: Floats, level: float, expected: Floats | None = None, target_return: float | None = None, *,
    limits: Constraints, penalties: Penalties, solver: str = "clarabel",
) -> Floats:  # fmt: skip
    """Return the weights [N] of least conditional value at risk + penalties, of those that return the target or more.

    Parameters
    ----------
    returns : float64 [T, N]
        Scenarios, each as likely as any other; such as past days. No NaN.
    level : float
        0.95 = the worst twentieth counts.

    References
    ----------
    Rockafellar and Uryasev (2000), "Optimization of conditional value-at-risk", Journal of Risk 2(3), 21-41,
    theorem 2.
    """
    breadth = returns.shape[1]
    builder, weights, tail = _tail(returns, level, limits, penalties)
    builder.cost(tail, np.ones(1))
    if target_return is not None and expected is not None:
        builder.below({weights: -expected[np.newaxis]}, np.array([-target_return]))
    return solve(builder.build(), solver)[:breadth]


def maximum_return_under_cvar(
    returns: Floats, level: float, expected: Floats, limit: float, *, limits: Constraints, penalties: Penalties,
    solver: str = "clarabel",
) -> Floats:  # fmt: skip
    """Return the weights [N] of most expected return less penalties, of those whose CVaR is at most `limit`.

    Parameters
    ----------
    expected : float64 [N]
        Per year or per scenario; only the unit of the penalties depends on it.
    limit : float
        Mean loss of the worst 1 - `level` of the scenarios, ratio.
    """
    breadth = returns.shape[1]
    builder, weights, tail = _tail(returns, level, limits, penalties)
    builder.cost(weights, -expected)
    builder.below({tail: np.ones((1, 1))}, np.array([limit]))
    return solve(builder.build(), solver)[:breadth]


def _tail(returns: Floats, level: float, limits: Constraints, penalties: Penalties) -> tuple[ProgramBuilder, int, int]:
    """Return a program with weights and one variable that is their CVaR or more."""
    if not np.isfinite(returns).all() or not len(returns):
        raise Infeasible("a scenario is missing")
    length, breadth = returns.shape
    builder = ProgramBuilder()
    blocks = add_weights(builder, breadth, limits, penalties)
    if penalties.l2:
        builder.curve(blocks.weights, 2.0 * penalties.l2 * np.eye(breadth))
    if blocks.trades is not None:
        builder.cost(blocks.trades, penalties.rates(breadth))
    tail, quantile, excess = builder.variables(1), builder.variables(1), builder.variables(length)
    eye, ones = np.eye(length), np.ones((length, 1))
    builder.below({excess: -eye}, np.zeros(length))
    builder.below({blocks.weights: -returns, quantile: -ones, excess: -eye}, np.zeros(length))
    share = np.full((1, length), 1.0 / ((1.0 - level) * length))
    builder.below({quantile: np.ones((1, 1)), excess: share, tail: -np.ones((1, 1))}, np.zeros(1))
    return builder, blocks.weights, tail
