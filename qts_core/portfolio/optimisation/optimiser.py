"""The optimiser of the decision path: a fold over sessions that spreads what sizing decided (specification 10.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Allocation, Constraints, Penalties
from qts_core.portfolio.optimisation.covariance import RollingCovariance
from qts_core.portfolio.optimisation.methods import NEEDS_RETURNS, Problem, allocate
from qts_core.portfolio.optimisation.settings import OptimiserSettings
from qts_core.portfolio.optimisation.solvers import require_solver

__all__ = ["PortfolioOptimiser"]


class PortfolioOptimiser:
    """Keeps the rolling covariance and spreads the gross weight that sizing asks for over the chosen positions.

    Sizing says how much in all, selection which side; the optimiser says only how much of it each position gets.

    Parameters
    ----------
    settings : OptimiserSettings
        With a method other than none.
    sectors : sequence of str
        Of the N columns.
    market : float64 [N], optional
        Market capitalisations, any unit, for Black and Litterman's prior.

    Raises
    ------
    ConfigurationError
        QTS-RISK-010 if the method needs a solver that is not installed.
    """

    def __init__(self, settings: OptimiserSettings, sectors: Sequence[str], market: Floats | None = None) -> None:
        if settings.method.needs_solver:
            require_solver(settings.solver)
        self.settings = settings
        self._sectors = np.array(sectors)
        self._market = market
        self._covariance = RollingCovariance(
            settings.covariance_sessions, len(sectors), minimum_sessions=settings.minimum_sessions,
            is_shrunk=settings.is_shrunk,
        )  # fmt: skip
        self._estimate: Floats | None = None

    def observe(self, linked_close: Floats) -> None:
        """Take the chain-linked closes [N] of a session, once a session; NaN = no bar."""
        self._covariance.update(linked_close)
        self._estimate = None

    @property
    def covariance(self) -> Floats:
        """Annual covariance [N, N]; NaN where a symbol is known too short."""
        if self._estimate is None:
            self._estimate = self._covariance.estimate()
        return self._estimate

    def spread(
        self, direction: Floats, sized: Floats, current: Floats, expected: Floats | None = None,
        confidence: Floats | None = None,
    ) -> Allocation:  # fmt: skip
        """Return signed weights [N] whose gross is that of `sized`, as far as the largest weight allows.

        Parameters
        ----------
        direction : float64 [N]
            -1, 0 or 1.
        sized : float64 [N]
            Signed weights that sizing gives. A chosen symbol of which the method does not know enough keeps its own.
        current : float64 [N]
            Signed weights held.
        expected : float64 [N], optional
            Annual excess returns of the symbols as they are (not mirrored); NaN = no opinion.
        confidence : float64 [N], optional
            In `expected`, 0 to 1.
        """
        settings = self.settings
        weights = np.where(direction != 0.0, sized, 0.0)
        known = np.isfinite(np.diagonal(self.covariance)) & (weights != 0.0)
        if settings.method in NEEDS_RETURNS and expected is not None:
            known &= np.isfinite(expected)
        columns = np.flatnonzero(known)
        outside = tuple(int(i) for i in np.flatnonzero((weights != 0.0) & ~known))
        if not len(columns):
            reason = "no chosen symbol is known long enough" if outside else None
            return Allocation(weights, "none", reason, outside)
        sign = direction[columns]
        result = allocate(self._problem(columns, sign, np.abs(weights), current, expected, confidence), settings)
        weights[columns] = sign * result.weights
        left_out = tuple(int(columns[i]) for i in result.excluded)
        return Allocation(weights, result.method, result.fallback_reason, tuple(sorted(outside + left_out)))

    def _problem(
        self, columns: NDArray[np.intp], sign: Floats, sized: Floats, current: Floats, expected: Floats | None,
        confidence: Floats | None,
    ) -> Problem:  # fmt: skip
        settings, cap = self.settings, self.settings.max_position_ratio
        mirror = np.outer(sign, sign)
        budget = min(float(sized[columns].sum()), cap * len(columns))
        groups = tuple(
            ((self._sectors[columns] == sector).astype(np.float64), settings.max_sector_ratio)
            for sector in sorted(set(self._sectors[columns].tolist()))
        )
        return Problem(
            covariance=self.covariance[np.ix_(columns, columns)] * mirror,
            expected=None if expected is None else expected[columns] * sign,
            returns=self._covariance.returns[:, columns] * sign,
            limits=Constraints(budget=budget, max_weight=cap, groups=groups, max_turnover=settings.max_turnover),
            penalties=Penalties(
                l2=settings.l2,
                turnover=settings.turnover_penalty,
                cost=np.full(len(columns), settings.cost_per_year) if settings.cost_bps else None,
                current=np.maximum(current[columns] * sign, 0.0),
            ),
            sign=sign,
            confidence=None if confidence is None else confidence[columns],
            market=None if self._market is None else self._market[columns],
        )

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {"covariance": self._covariance.snapshot()}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._covariance.restore(cast(Mapping[str, object], state["covariance"]))
        self._estimate = None
