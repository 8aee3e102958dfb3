"""Weights for the worst of what may be true: uncertain returns, scenarios of returns and covariances (10.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Constraints, Penalties
from qts_core.portfolio.optimisation.program import ProgramBuilder
from qts_core.portfolio.optimisation.solvers import solve
from qts_core.portfolio.optimisation.weights import WeightBlocks, add_weights, factor

__all__ = ["worst_of_ellipsoid", "worst_of_interval", "worst_of_scenarios"]


def worst_of_interval(
    covariance: Floats, expected: Floats, error: Floats, risk_aversion: float, *, limits: Constraints,
    penalties: Penalties, solver: str = "clarabel",
) -> Floats:  # fmt: skip
    """Return the weights [N] of highest utility if each return is as low as its interval allows.

    Utility is return - risk_aversion / 2 * variance - penalties. Of long-only weights the worst returns are the lower
    ends of all intervals at once.

    Parameters
    ----------
    error : float64 [N]
        Half the width of each interval, annual ratios.

    References
    ----------
    Tütüncü and Koenig (2004), "Robust Asset Allocation", Annals of Operations Research 132, 157-187, section 3.
    """
    builder, blocks = _utility(covariance, risk_aversion, limits, penalties)
    builder.cost(blocks.weights, error - expected)
    return solve(builder.build(), solver)[: len(expected)]


def worst_of_ellipsoid(
    covariance: Floats, expected: Floats, error: Floats, size: float, risk_aversion: float, *, limits: Constraints,
    penalties: Penalties, solver: str = "clarabel",
) -> Floats:  # fmt: skip
    """Return the weights [N] of highest utility if the returns are the worst of an ellipsoid around `expected`.

    The worst of it costs `size` times the standard error of the portfolio's expected return.

    Parameters
    ----------
    error : float64 [N, N]
        Covariance of the errors of `expected`; covariance / years for a mean of so many years.
    size : float
        Radius in standard errors.

    References
    ----------
    Ceria and Stubbs (2006), "Incorporating estimation errors into portfolio selection: Robust portfolio construction",
    Journal of Asset Management 7(2), 109-127, equation (11).
    """
    breadth = len(expected)
    builder, blocks = _utility(covariance, risk_aversion, limits, penalties)
    doubt = builder.variables(1)
    builder.cost(blocks.weights, -expected)
    builder.cost(doubt, np.array([size]))
    _norm_below(builder, blocks.weights, factor(error), doubt)
    return solve(builder.build(), solver)[:breadth]


def worst_of_scenarios(
    covariances: Sequence[Floats], returns: Floats, risk_aversion: float, *, limits: Constraints, penalties: Penalties,
    solver: str = "clarabel",
) -> Floats:  # fmt: skip
    """Return the weights [N] of highest utility under the worst returns and the worst covariance of all scenarios.

    The two may come from different scenarios: regimes do not keep to the combinations that were seen.

    Parameters
    ----------
    covariances : sequence of float64 [N, N]
        Such as one for each regime.
    returns : float64 [S, N]
        Expected returns of each scenario, annual ratios.

    References
    ----------
    Goldfarb and Iyengar (2003), "Robust Portfolio Selection Problems", Mathematics of Operations Research 28(1), 1-38.
    """
    breadth = returns.shape[1]
    builder = ProgramBuilder()
    blocks = add_weights(builder, breadth, limits, penalties)
    _penalise(builder, blocks, breadth, penalties)
    worst = builder.variables(1)
    builder.cost(worst, -np.ones(1))
    builder.below({worst: np.ones((len(returns), 1)), blocks.weights: -returns}, np.zeros(len(returns)))
    risk = builder.variables(1)
    builder.curve(risk, np.full((1, 1), risk_aversion))
    for covariance in covariances:
        _norm_below(builder, blocks.weights, factor(covariance), risk)
    return solve(builder.build(), solver)[:breadth]


def _utility(
    covariance: Floats, risk_aversion: float, limits: Constraints, penalties: Penalties
) -> tuple[ProgramBuilder, WeightBlocks]:
    builder = ProgramBuilder()
    blocks = add_weights(builder, len(covariance), limits, penalties)
    builder.curve(blocks.weights, risk_aversion * covariance)
    _penalise(builder, blocks, len(covariance), penalties)
    return builder, blocks


def _penalise(builder: ProgramBuilder, blocks: WeightBlocks, breadth: int, penalties: Penalties) -> None:
    if penalties.l2:
        builder.curve(blocks.weights, 2.0 * penalties.l2 * np.eye(breadth))
    if blocks.trades is not None:
        builder.cost(blocks.trades, penalties.rates(breadth))


def _norm_below(builder: ProgramBuilder, weights: int, matrix: Floats, bound: int) -> None:
    rows, breadth = matrix.shape
    builder.cone(
        {weights: np.vstack([np.zeros(breadth), matrix]), bound: np.r_[1.0, np.zeros(rows)][:, np.newaxis]},
        np.zeros(rows + 1),
    )
