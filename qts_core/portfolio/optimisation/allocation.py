"""What an optimiser answers, and what it was asked (specification 10.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qts_core.market.panel import Floats
from qts_core.risk.verdict import PORTFOLIO, Verdict

__all__ = ["Allocation", "Constraints", "Infeasible", "Penalties"]


class Infeasible(Exception):
    """No weights satisfy the constraints, or no solver found them; the message says why. A caller answers it."""


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """Weights, and by which method they really came about.

    Attributes
    ----------
    weights : float64 [N]
        Ratios of equity; 0 for what was left out.
    method : str
        The method that gave the weights: the one asked for, or the one fallen back to.
    fallback_reason : str or None
        Why the method asked for gave nothing; None when it did.
    excluded : tuple of int
        Columns without usable inputs, which got no weight.
    """

    weights: Floats
    method: str
    fallback_reason: str | None = None
    excluded: tuple[int, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The fallback as a verdict ``optimise.fallback``; None when there was none."""
        if self.fallback_reason is None:
            return None
        reason = f"weights are those of {self.method}: {self.fallback_reason}"
        return Verdict("optimise.fallback", PORTFOLIO, False, reason, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Constraints:
    """What long-only weights must satisfy. A short position is a long one in the mirrored return.

    Attributes
    ----------
    budget : float
        The sum of all weights.
    max_weight : float
        Largest single weight.
    min_weight : float
        Smallest single weight.
    groups : tuple of (float64 [N], float)
        Rows and bounds: row @ weights <= bound; sectors, net exposure, factors.
    max_turnover : float or None
        Largest sum of |weight - current|.
    """

    budget: float = 1.0
    max_weight: float = 1.0
    min_weight: float = 0.0
    groups: tuple[tuple[Floats, float], ...] = ()
    max_turnover: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Penalties:
    """What is taken off the objective.

    Attributes
    ----------
    l2 : float
        Times the sum of squared weights: spreads them out.
    turnover : float
        Times the sum of |weight - current|.
    cost : float64 [N] or None
        Cost of trading each asset once, ratio of what is traded, in the unit of the expected returns.
    current : float64 [N] or None
        Weights held; None = nothing is held.
    """

    l2: float = 0.0
    turnover: float = 0.0
    cost: Floats | None = None
    current: Floats | None = field(default=None)

    def rates(self, breadth: int) -> Floats:
        """Return turnover and cost together, float64 [N] per unit traded."""
        own = np.zeros(breadth) if self.cost is None else np.asarray(self.cost, dtype=np.float64)
        return own + self.turnover

    def held(self, breadth: int) -> Floats:
        """Return the weights held, float64 [N]."""
        return np.zeros(breadth) if self.current is None else self.current
