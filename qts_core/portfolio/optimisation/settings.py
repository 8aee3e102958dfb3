"""Settings of the optimiser (specification 10.2, 15.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["Method", "OptimiserSettings", "UncertaintySet"]

RATIO_PER_BPS = 1e-4


class Method(StrEnum):
    """How capital is spread over the chosen positions."""

    NONE = "none"
    EQUAL_WEIGHT = "equal_weight"
    INVERSE_VOLATILITY = "inverse_volatility"
    RISK_PARITY = "risk_parity"
    HIERARCHICAL_RISK_PARITY = "hierarchical_risk_parity"
    MINIMUM_VARIANCE = "minimum_variance"
    MAXIMUM_SHARPE = "maximum_sharpe"
    MAXIMUM_RETURN = "maximum_return"
    BLACK_LITTERMAN = "black_litterman"
    ROBUST = "robust"
    CVAR = "cvar"

    @property
    def needs_solver(self) -> bool:
        """Whether a convex program is solved."""
        return self in _SOLVED


_SOLVED = frozenset({
    Method.MINIMUM_VARIANCE, Method.MAXIMUM_SHARPE, Method.MAXIMUM_RETURN, Method.BLACK_LITTERMAN, Method.ROBUST,
    Method.CVAR,
})  # fmt: skip


class UncertaintySet(StrEnum):
    """Which expected returns a robust optimiser thinks possible."""

    ELLIPSOID = "ellipsoid"
    INTERVAL = "interval"
    SCENARIOS = "scenarios"


@dataclass(frozen=True, slots=True)
class OptimiserSettings:
    """How the chosen positions share the capital; returns and volatilities are annual ratios.

    Attributes
    ----------
    method : Method
    solver : {"clarabel", "cvxpy", "scipy"}
        Of the methods that need one.
    covariance_sessions, minimum_sessions : int
        Daily returns in the covariance, and those a symbol needs before it has one.
    is_shrunk : bool
        Whether the covariance is Ledoit and Wolf's.
    max_position_ratio : float
        Largest single weight, ratio of equity.
    max_sector_ratio : float
        Largest gross weight of a sector, ratio of equity.
    l2, turnover_penalty : float
        Off the objective, times squared weights and times what is traded.
    cost_bps, holding_sessions : float
        Cost of a trade one way, and how long a position is expected to be held: together a cost a year.
    max_turnover : float or None
        Largest sum of changes of weights in one optimisation, ratio of equity.
    target_return : float or None
        For the least variance and the least CVaR, of the capital spread; None = no target.
    target_volatility : float
        For the most return, of the capital spread.
    risk_aversion : float
        Of Black-Litterman (also of its equilibrium) and of the robust utility.
    tau, view_confidence : float
        Uncertainty of the equilibrium, and confidence of a view that comes without one.
    uncertainty, uncertainty_size : UncertaintySet, float
        Of the robust method; the size in standard errors of the expected return.
    cvar_level, cvar_limit : float, float or None
        Tail that counts, and the mean daily loss in it that the most return may have; None = the least CVaR.
    """

    method: Method = Method.NONE
    solver: str = "clarabel"
    covariance_sessions: int = 60
    minimum_sessions: int = 20
    is_shrunk: bool = True
    max_position_ratio: float = 0.10
    max_sector_ratio: float = 0.30
    l2: float = 0.0
    turnover_penalty: float = 0.0
    cost_bps: float = 0.0
    holding_sessions: float = 5.0
    max_turnover: float | None = None
    target_return: float | None = None
    target_volatility: float = 0.15
    risk_aversion: float = 2.5
    tau: float = 0.05
    view_confidence: float = 0.5
    uncertainty: UncertaintySet = UncertaintySet.ELLIPSOID
    uncertainty_size: float = 1.0
    cvar_level: float = 0.95
    cvar_limit: float | None = None

    @property
    def cost_per_year(self) -> float:
        """Cost of a unit traded once, as a ratio a year."""
        return self.cost_bps * RATIO_PER_BPS * SESSIONS_PER_YEAR / self.holding_sessions
