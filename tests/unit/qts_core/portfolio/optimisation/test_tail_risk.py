"""CVaR: the definition by hand, skfolio's weights, and a limit that is kept."""

from __future__ import annotations

import numpy as np
import pytest
from skfolio import RiskMeasure
from skfolio.measures import cvar
from skfolio.optimization import MeanRisk

from qts_core.portfolio.optimisation.allocation import Constraints, Infeasible, Penalties
from qts_core.portfolio.optimisation.tail_risk import (
    conditional_value_at_risk,
    maximum_return_under_cvar,
    minimum_cvar,
)
from tests.unit.qts_core.portfolio.optimisation.markets_for_tests import drawn_returns

RETURNS = drawn_returns(8, 250)
LIMITS, NONE = Constraints(max_weight=0.4), Penalties()


def test_it_is_the_mean_of_the_worst_part_by_hand() -> None:
    returns = np.array([-0.10, -0.05, 0.0, 0.01, 0.02])
    # the worst 30 % of five are one and a half of them
    assert conditional_value_at_risk(returns, 0.7) == pytest.approx((0.10 + 0.5 * 0.05) / 1.5)
    assert conditional_value_at_risk(RETURNS[:, 0], 0.95) == pytest.approx(cvar(RETURNS[:, 0], beta=0.95), abs=1e-15)


@pytest.mark.parametrize("solver", ["clarabel", "scipy"])
def test_least_cvar_is_skfolios(solver: str) -> None:
    found = minimum_cvar(RETURNS, 0.95, limits=LIMITS, penalties=NONE, solver=solver)
    theirs = MeanRisk(risk_measure=RiskMeasure.CVAR, cvar_beta=0.95, max_weights=0.4).fit(RETURNS).weights_
    assert found == pytest.approx(theirs, abs=1e-6)


def test_a_limit_of_cvar_is_kept_and_used() -> None:
    mean = RETURNS.mean(axis=0)
    least = minimum_cvar(RETURNS, 0.95, limits=LIMITS, penalties=NONE)
    limit = conditional_value_at_risk(RETURNS @ least, 0.95) * 1.1
    found = maximum_return_under_cvar(RETURNS, 0.95, mean, limit, limits=LIMITS, penalties=NONE)
    assert conditional_value_at_risk(RETURNS @ found, 0.95) == pytest.approx(limit, abs=1e-8)
    assert found @ mean > least @ mean


def test_a_limit_below_the_least_cannot_be_kept() -> None:
    with pytest.raises(Infeasible):
        maximum_return_under_cvar(RETURNS, 0.95, RETURNS.mean(axis=0), 1e-6, limits=LIMITS, penalties=NONE)


def test_a_missing_scenario_is_refused() -> None:
    with pytest.raises(Infeasible, match="missing"):
        minimum_cvar(np.array([[0.1, np.nan]]), 0.95, limits=Constraints(), penalties=NONE)
