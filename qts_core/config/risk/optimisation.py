"""How an optimiser spreads weights (specification 10.2); returns and volatilities are annual fractions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = ["OptimisationSettings"]

Penalty = Annotated[float, Field(ge=0, le=100)]


class OptimisationSettings(Section):
    """Read where `portfolio.optimization_method` is not `none`."""

    covariance_sessions: Annotated[int, Field(ge=20, le=2000)] = 60
    """Daily returns in the covariance."""
    minimum_sessions: Annotated[int, Field(ge=5, le=2000)] = 20
    """Daily returns that a symbol needs; until then it keeps the size that it was given."""
    is_shrunk: bool = True
    """Whether the covariance is shrunk by Ledoit and Wolf."""
    solver: Literal["clarabel", "cvxpy", "scipy"] = "clarabel"
    """Of the methods that need one. `clarabel` comes with `qts[optimise]`; `scipy` is always there, and slow."""
    l2_penalty: Penalty = 0.0
    """Times the sum of squared weights, off the objective."""
    turnover_penalty: Penalty = 0.0
    """Times the sum of changes of weights, off the objective."""
    cost_bps: Annotated[float, Field(ge=0, le=500)] = 0.0
    """Cost of a trade one way, basis points, off the expected returns."""
    holding_sessions: Annotated[float, Field(gt=0, le=2520)] = 5.0
    """How long a position is expected to be held, over which its cost is spread."""
    max_turnover: Annotated[float, Field(gt=0, le=8)] | None = None
    """Largest sum of changes of weights in one optimisation, fraction of equity; `null` = none."""
    target_return: Annotated[float, Field(ge=-1, le=5)] | None = None
    """`minimum_variance` and `cvar`: expected return of the capital spread, at least; `null` = none."""
    target_volatility: Annotated[float, Field(gt=0, le=2)] = 0.15
    """`maximum_return`: volatility of the capital spread, at most."""
    risk_aversion: Annotated[float, Field(gt=0, le=100)] = 2.5
    """`black_litterman` (and its equilibrium) and `robust`: what variance costs."""
    tau: OpenFraction = 0.05
    """`black_litterman`: uncertainty of the equilibrium, ratio of the covariance."""
    view_confidence: Fraction = 0.5
    """`black_litterman`: confidence of a forecast that comes without one."""
    uncertainty: Literal["ellipsoid", "interval", "scenarios"] = "ellipsoid"
    """`robust`: which expected returns are thought possible."""
    uncertainty_size: Annotated[float, Field(ge=0, le=10)] = 1.0
    """`robust`: in standard errors of the expected returns."""
    cvar_level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """`cvar`: the mean of losses beyond this quantile counts."""
    cvar_limit: Annotated[float, Field(gt=0, le=0.5)] | None = None
    """`cvar`: largest such daily loss of the most return, fraction of equity; `null` = the least CVaR."""
