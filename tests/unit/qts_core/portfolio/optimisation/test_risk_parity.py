"""Equal risk: closed forms, skfolio, a solver, and inputs that have no answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from skfolio.optimization import InverseVolatility, RiskBudgeting

from qts_core.portfolio.optimisation.allocation import Infeasible
from qts_core.portfolio.optimisation.risk_parity import inverse_volatility, risk_contributions, risk_parity
from tests.unit.qts_core.portfolio.optimisation.markets_for_tests import drawn_covariance, drawn_returns


def test_two_assets_get_weights_by_inverse_volatility_whatever_their_correlation() -> None:
    # Maillard et al. 2010: with two assets w1 = sigma2 / (sigma1 + sigma2)
    for correlation in (-0.9, 0.0, 0.8):
        covariance = np.array([[0.04, correlation * 0.06], [correlation * 0.06, 0.09]])
        assert risk_parity(covariance).tolist() == pytest.approx([0.6, 0.4], abs=1e-12)


def test_under_one_common_correlation_it_is_inverse_volatility() -> None:
    volatility = np.array([0.1, 0.2, 0.3, 0.4])
    covariance = np.outer(volatility, volatility) * (0.3 + 0.7 * np.eye(4))
    expected = (1 / volatility) / (1 / volatility).sum()
    assert risk_parity(covariance) == pytest.approx(expected, abs=1e-12)
    assert inverse_volatility(covariance) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("breadth", [3, 20, 50])
def test_each_contributes_its_budget(breadth: int) -> None:
    covariance = drawn_covariance(breadth)
    budgets = np.random.default_rng(breadth).uniform(0.2, 1.0, breadth)
    assert risk_contributions(risk_parity(covariance), covariance) == pytest.approx(1.0 / breadth, abs=1e-12)
    found = risk_contributions(risk_parity(covariance, budgets), covariance)
    assert found == pytest.approx(budgets / budgets.sum(), abs=1e-12)


def test_weights_are_those_of_skfolio() -> None:
    returns = drawn_returns(50)
    covariance = np.cov(returns.T)
    budgeted = RiskBudgeting(solver_params={"tol_gap_abs": 1e-14, "tol_gap_rel": 1e-14, "tol_feas": 1e-14})
    assert np.abs(risk_parity(covariance) - budgeted.fit(returns).weights_).max() < 1e-6
    assert np.abs(inverse_volatility(covariance) - InverseVolatility().fit(returns).weights_).max() < 1e-12


def test_weights_minimise_the_convex_function_of_the_paper() -> None:
    covariance = drawn_covariance(5) * 10
    found = minimize(
        lambda x: x @ covariance @ x / 2 - np.log(x).mean(),
        np.ones(5),
        jac=lambda x: covariance @ x - 0.2 / x,
        method="L-BFGS-B",
        bounds=[(1e-6, None)] * 5,
        options={"ftol": 1e-16, "gtol": 1e-12},
    )
    assert risk_parity(covariance) == pytest.approx(found.x / found.x.sum(), abs=1e-6)


def test_the_start_changes_the_time_not_the_result() -> None:
    covariance = drawn_covariance(50)
    cold = risk_parity(covariance)
    rng = np.random.default_rng(1)
    assert risk_parity(covariance, start=rng.uniform(0.001, 0.1, 50)) == pytest.approx(cold, abs=1e-11)


def test_one_asset_gets_everything() -> None:
    assert risk_parity(np.array([[0.04]])).tolist() == [1.0]
    assert inverse_volatility(np.array([[0.04]])).tolist() == [1.0]


@pytest.mark.parametrize(
    "covariance",
    [np.zeros((2, 2)), np.array([[0.04, np.nan], [np.nan, np.nan]]), np.array([[1.0, -1.0], [-1.0, 1.0]])],
    ids=["no variance", "not known", "no risk together"],
)
def test_what_has_no_equal_risk_is_refused(covariance: np.typing.NDArray[np.float64]) -> None:
    with pytest.raises(Infeasible):
        risk_parity(covariance)
