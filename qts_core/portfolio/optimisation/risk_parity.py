"""Risk parity and inverse volatility, fast enough for every bar (specification 10.2)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Infeasible

__all__ = ["inverse_volatility", "risk_contributions", "risk_parity"]

TOLERANCE = 1e-12
"""Largest relative gap between a contribution and its budget at which the descent ends."""

SWEEPS = 1000
"""Rounds of the descent at most; fifty assets take about ten."""


def inverse_volatility(covariance: Floats) -> Floats:
    """Return long-only weights [N] that sum to one, each proportional to one over its volatility.

    It is :func:`risk_parity` if every pair of assets has the same correlation (Maillard et al. 2010, section 2.1).

    Raises
    ------
    Infeasible
        If a variance is not a positive number.
    """
    variance = np.diagonal(covariance)
    if not (variance > 0.0).all():
        raise Infeasible("a variance is not positive")
    weights = 1.0 / np.sqrt(variance)
    return np.asarray(weights / weights.sum())


def risk_parity(covariance: Floats, budgets: Floats | None = None, start: Floats | None = None) -> Floats:
    """Return the long-only weights [N], summing to one, of which each contributes its budget of the variance.

    Parameters
    ----------
    covariance : float64 [N, N]
        Positive definite.
    budgets : float64 [N], optional
        Positive shares of the risk; equal by default.
    start : float64 [N], optional
        Weights to begin from, such as the last bar's: they change the time it takes, not the result beyond 1e-12.

    Raises
    ------
    Infeasible
        If a variance or budget is not a positive number, or the descent does not end: the matrix is not positive
        definite.

    References
    ----------
    Griveau-Billion, Richard and Roncalli (2013), "A Fast Algorithm for Computing High-dimensional Risk Parity
    Portfolios", arXiv:1311.4057, section 2.3: minimise x'Cx/2 - sum(b ln x), one coordinate after the other. Maillard,
    Roncalli and Teiletche (2010), "The Properties of Equally Weighted Risk Contribution Portfolios".
    """
    breadth = len(covariance)
    shares = np.full(breadth, 1.0 / breadth) if budgets is None else budgets / budgets.sum()
    if not (np.diagonal(covariance) > 0.0).all() or not (shares > 0.0).all():
        raise Infeasible("a variance or a risk budget is not positive")
    scale = np.sqrt(np.diagonal(covariance))
    correlation = np.ascontiguousarray(covariance / np.outer(scale, scale))
    # In units of each asset's own volatility every start is of the right size.
    x = np.sqrt(shares) if start is None or not (start > 0.0).all() else start * scale
    x = x / math.sqrt(max(float(x @ correlation @ x), np.finfo(np.float64).tiny))
    if not _descend(correlation, shares, x, TOLERANCE, SWEEPS):
        raise Infeasible(f"no equal risk after {SWEEPS} rounds; the covariance is not positive definite")
    weights = x / scale
    return np.asarray(weights / weights.sum())


def risk_contributions(weights: Floats, covariance: Floats) -> Floats:
    """Return the share [N] of the variance of `weights` that each asset contributes; the shares sum to one."""
    own = weights * (covariance @ weights)
    return np.asarray(own / own.sum())


@kernel
def _descend(correlation: Floats, shares: Floats, x: Floats, tolerance: float, sweeps: int) -> bool:
    """Solve x * (correlation @ x) = shares in place; say whether the tolerance was reached."""
    breadth = len(x)
    product = np.zeros(breadth)
    for _ in range(sweeps):
        # Made anew in each round, so that rounding does not add up over rounds.
        for i in range(breadth):
            product[i] = 0.0
            for j in range(breadth):
                product[i] += correlation[i, j] * x[j]
        worst = 0.0
        for i in range(breadth):
            gap = abs(x[i] * product[i] / shares[i] - 1.0)
            # A gap that is no number must not look like none.
            worst = gap if not gap <= worst else worst
        if worst <= tolerance:
            return True
        for i in range(breadth):
            others = product[i] - correlation[i, i] * x[i]
            root = np.sqrt(others * others + 4.0 * correlation[i, i] * shares[i])
            # The larger root of a quadratic, written without the difference of two like numbers.
            better = 2.0 * shares[i] / (others + root) if others > 0.0 else (root - others) / (2.0 * correlation[i, i])
            change = better - x[i]
            x[i] = better
            for j in range(breadth):
                product[j] += correlation[j, i] * change
    return False
