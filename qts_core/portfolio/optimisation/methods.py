"""Every method by its name, from the same inputs, and what happens when one finds nothing (specification 10.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.portfolio.optimisation.allocation import Allocation, Constraints, Infeasible, Penalties
from qts_core.portfolio.optimisation.black_litterman import absolute_views, equilibrium_returns, posterior
from qts_core.portfolio.optimisation.covariance import repaired
from qts_core.portfolio.optimisation.hierarchical import hierarchical_risk_parity
from qts_core.portfolio.optimisation.mean_variance import maximum_return, maximum_sharpe, minimum_variance
from qts_core.portfolio.optimisation.risk_parity import inverse_volatility, risk_parity
from qts_core.portfolio.optimisation.robust import worst_of_ellipsoid, worst_of_interval, worst_of_scenarios
from qts_core.portfolio.optimisation.settings import Method, OptimiserSettings, UncertaintySet
from qts_core.portfolio.optimisation.tail_risk import maximum_return_under_cvar, minimum_cvar

__all__ = ["NEEDS_RETURNS", "Problem", "allocate", "capped"]

TOLERANCE = 1e-6
"""How far a solver's weights may be beyond a constraint, ratio of the budget."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is known of N assets; short positions are mirrored, so that all weights are long.

    Attributes
    ----------
    covariance : float64 [N, N]
        Annual; NaN rows and columns = not known, such an asset gets nothing.
    expected : float64 [N] or None
        Annual excess returns; NaN = not known.
    returns : float64 [T, N] or None
        Daily returns, the scenarios of a CVaR; NaN counts as zero.
    limits, penalties : Constraints, Penalties
    sign : float64 [N] or None
        -1 where the asset is mirrored.
    confidence : float64 [N] or None
        In `expected`, 0 to 1.
    market : float64 [N] or None
        Market capitalisations in any unit; None = unknown.
    regimes : tuple of float64 [N, N]
        Further covariances that may come true, mirrored like the first.
    """

    covariance: Floats
    expected: Floats | None = None
    returns: Floats | None = None
    limits: Constraints = field(default_factory=Constraints)
    penalties: Penalties = field(default_factory=Penalties)
    sign: Floats | None = None
    confidence: Floats | None = None
    market: Floats | None = None
    regimes: tuple[Floats, ...] = ()

    def of(self, columns: NDArray[np.intp]) -> Problem:
        """Return the problem of some `columns` [K], their covariance repaired."""
        square = np.ix_(columns, columns)

        def some(values: Floats | None) -> Floats | None:
            return None if values is None else values[..., columns]

        return Problem(
            covariance=repaired(self.covariance[square]),
            expected=some(self.expected),
            returns=some(self.returns),
            limits=replace(self.limits, groups=tuple((row[columns], bound) for row, bound in self.limits.groups)),
            penalties=replace(self.penalties, cost=some(self.penalties.cost), current=some(self.penalties.current)),
            sign=some(self.sign),
            confidence=some(self.confidence),
            market=some(self.market),
            regimes=tuple(repaired(other[square]) for other in self.regimes),
        )


def allocate(problem: Problem, settings: OptimiserSettings) -> Allocation:
    """Return the weights [N] that `settings.method` gives, or inverse volatility's and the reason.

    An asset with a missing input gets nothing and is named in `excluded`.
    """
    method, breadth = settings.method, len(problem.covariance)
    usable = np.isfinite(problem.covariance).any(axis=0) & (np.nan_to_num(np.diagonal(problem.covariance)) > 0.0)
    if method in NEEDS_RETURNS:
        usable &= np.zeros(breadth, bool) if problem.expected is None else np.isfinite(problem.expected)
    columns = np.flatnonzero(usable)
    excluded = tuple(int(i) for i in np.flatnonzero(~usable))
    if not len(columns):
        return Allocation(np.zeros(breadth), Method.NONE, "no asset has all inputs", excluded)
    inner = problem.of(columns)
    reason, used = None, method
    try:
        found = METHODS[method](inner, settings)
        found = _checked(found, inner.limits) if method.needs_solver else capped(found, inner.limits)
        if method is Method.BLACK_LITTERMAN and problem.market is None:
            reason = "market capitalisations are not known, so its prior is equal weights"
    except Infeasible as why:
        reason, used = f"{method} found nothing: {why}", Method.INVERSE_VOLATILITY
        found = _fallback(inner)
    weights = np.zeros(breadth)
    weights[columns] = found
    return Allocation(weights, used, reason, excluded)


def capped(shares: Floats, limits: Constraints) -> Floats:
    """Return `shares` [N] times the budget, what is over the largest weight given to the others in proportion.

    Raises
    ------
    Infeasible
        If all at the largest weight are less than the budget.
    """
    cap, budget = limits.max_weight, limits.budget
    if cap * len(shares) < budget * (1.0 - 1e-12):
        raise Infeasible(f"{len(shares)} weights of at most {cap:g} cannot sum to {budget:g}")
    weights = shares * budget
    full = np.zeros(len(shares), dtype=np.bool_)
    for _ in range(len(shares)):
        over = ~full & (weights > cap)
        if not over.any():
            break
        full |= over
        weights[full] = cap
        free = ~full
        total = float(weights[free].sum())
        if total > 0.0:
            weights[free] *= (budget - cap * int(full.sum())) / total
    return weights


def _fallback(problem: Problem) -> Floats:
    limits = problem.limits
    # What cannot be spent under the largest weight stays in cash: a fallback must not fail.
    budget = min(limits.budget, limits.max_weight * len(problem.covariance))
    return capped(inverse_volatility(problem.covariance), replace(limits, budget=budget))


def _checked(weights: Floats, limits: Constraints) -> Floats:
    slack = TOLERANCE * max(limits.budget, 1e-9)
    excess = [
        abs(float(weights.sum()) - limits.budget),
        float((weights - limits.max_weight).max()),
        float((limits.min_weight - weights).max()),
        *(float(row @ weights) - bound for row, bound in limits.groups),
    ]
    if max(excess) > slack:
        raise Infeasible(f"the solver's weights break a constraint by {max(excess):.2g}")
    # What a solver leaves of a zero would be an order of one share.
    return np.where(np.abs(weights) < slack, 0.0, np.clip(weights, limits.min_weight, limits.max_weight))


def _returns_of(problem: Problem) -> Floats:
    if problem.expected is None:
        raise Infeasible("no returns are expected")
    return problem.expected


def _minimum_variance(problem: Problem, settings: OptimiserSettings) -> Floats:
    return minimum_variance(
        problem.covariance, problem.expected, settings.target_return, limits=problem.limits,
        penalties=problem.penalties, solver=settings.solver,
    )  # fmt: skip


def _maximum_sharpe(problem: Problem, settings: OptimiserSettings) -> Floats:
    return maximum_sharpe(
        problem.covariance, _returns_of(problem), limits=problem.limits, penalties=problem.penalties,
        solver=settings.solver,
    )  # fmt: skip


def _maximum_return(problem: Problem, settings: OptimiserSettings) -> Floats:
    return maximum_return(
        problem.covariance, _returns_of(problem), settings.target_volatility * problem.limits.budget,
        limits=problem.limits, penalties=problem.penalties, solver=settings.solver,
    )  # fmt: skip


def _black_litterman(problem: Problem, settings: OptimiserSettings) -> Floats:
    expected, breadth = _returns_of(problem), len(problem.covariance)
    sign = np.ones(breadth) if problem.sign is None else problem.sign
    # The market holds everything long: its equilibrium is that of the returns as they are, not mirrored.
    upright = problem.covariance * np.outer(sign, sign)
    market = np.ones(breadth) if problem.market is None else np.nan_to_num(problem.market)
    if not market.sum() > 0.0:
        raise Infeasible("no market capitalisation is positive")
    equilibrium = equilibrium_returns(upright, market / market.sum(), settings.risk_aversion)
    given = np.full(breadth, np.nan) if problem.confidence is None else problem.confidence
    confidence = np.clip(np.where(np.isnan(given), settings.view_confidence, given), 0.0, 1.0)
    views = absolute_views(expected * sign, confidence, upright, settings.tau)
    after = posterior(upright, equilibrium, views, settings.tau)
    # So scaled, the whole budget is the market's portfolio where no view says otherwise.
    aversion = settings.risk_aversion / ((1.0 + settings.tau) * problem.limits.budget)
    return worst_of_interval(
        after.covariance * np.outer(sign, sign), after.expected * sign, np.zeros(breadth), aversion,
        limits=problem.limits, penalties=problem.penalties, solver=settings.solver,
    )  # fmt: skip


def _robust(problem: Problem, settings: OptimiserSettings) -> Floats:
    expected, size = _returns_of(problem), settings.uncertainty_size
    # A mean of so many sessions is known to this variance, annual.
    error = problem.covariance * (SESSIONS_PER_YEAR / settings.covariance_sessions)
    limits, penalties, solver = problem.limits, problem.penalties, settings.solver
    # Of the capital spread, whatever share of equity that is.
    aversion = settings.risk_aversion / limits.budget
    if settings.uncertainty is UncertaintySet.ELLIPSOID:
        return worst_of_ellipsoid(
            problem.covariance, expected, error, size, aversion, limits=limits, penalties=penalties, solver=solver
        )
    deviation = size * np.sqrt(np.diagonal(error))
    if settings.uncertainty is UncertaintySet.INTERVAL:
        return worst_of_interval(
            problem.covariance, expected, deviation, aversion, limits=limits, penalties=penalties, solver=solver
        )
    # Three returns: as expected, all halfway down, and nothing at all; and each covariance that was given.
    scenarios = np.stack([expected, expected - deviation / 2.0, np.minimum(expected, 0.0)])
    return worst_of_scenarios(
        (problem.covariance, *problem.regimes), scenarios, aversion, limits=limits, penalties=penalties, solver=solver
    )


def _cvar(problem: Problem, settings: OptimiserSettings) -> Floats:
    if problem.returns is None:
        raise Infeasible("there are no past returns")
    days = np.nan_to_num(problem.returns)
    if settings.cvar_limit is None:
        return minimum_cvar(
            days, settings.cvar_level, problem.expected, settings.target_return, limits=problem.limits,
            penalties=problem.penalties, solver=settings.solver,
        )  # fmt: skip
    return maximum_return_under_cvar(
        days, settings.cvar_level, _returns_of(problem), settings.cvar_limit, limits=problem.limits,
        penalties=problem.penalties, solver=settings.solver,
    )  # fmt: skip


METHODS: MappingProxyType[Method, Callable[[Problem, OptimiserSettings], Floats]] = MappingProxyType(
    {
        Method.EQUAL_WEIGHT: lambda problem, _: np.full(len(problem.covariance), 1.0 / len(problem.covariance)),
        Method.INVERSE_VOLATILITY: lambda problem, _: inverse_volatility(problem.covariance),
        Method.RISK_PARITY: lambda problem, _: risk_parity(problem.covariance),
        Method.HIERARCHICAL_RISK_PARITY: lambda problem, _: hierarchical_risk_parity(problem.covariance),
        Method.MINIMUM_VARIANCE: _minimum_variance,
        Method.MAXIMUM_SHARPE: _maximum_sharpe,
        Method.MAXIMUM_RETURN: _maximum_return,
        Method.BLACK_LITTERMAN: _black_litterman,
        Method.ROBUST: _robust,
        Method.CVAR: _cvar,
    }
)

NEEDS_RETURNS = frozenset({Method.MAXIMUM_SHARPE, Method.MAXIMUM_RETURN, Method.BLACK_LITTERMAN, Method.ROBUST})
"""Methods that leave an asset out of which no return is expected."""
