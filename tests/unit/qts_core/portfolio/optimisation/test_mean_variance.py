"""The three forms of Markowitz: closed forms, skfolio, SciPy, and the three solvers against each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from skfolio import RiskMeasure
from skfolio.optimization import MeanRisk, ObjectiveFunction
from skfolio.prior import EmpiricalPrior

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Constraints, Infeasible, Penalties
from qts_core.portfolio.optimisation.mean_variance import maximum_return, maximum_sharpe, minimum_variance
from tests.unit.qts_core.portfolio.optimisation.markets_for_tests import drawn_covariance, drawn_returns

FREE = Constraints(min_weight=-10.0, max_weight=10.0)
NONE = Penalties()
EXACT = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13, "tol_feas": 1e-13}


def expected(breadth: int) -> np.typing.NDArray[np.float64]:
    return np.asarray(np.random.default_rng(breadth).uniform(0.02, 0.15, breadth))


def test_least_variance_without_bounds_is_the_closed_form() -> None:
    covariance = drawn_covariance(6)
    closed = np.linalg.solve(covariance, np.ones(6))
    found = minimum_variance(covariance, limits=FREE, penalties=NONE)
    assert found == pytest.approx(closed / closed.sum(), abs=1e-6)


def test_best_ratio_without_bounds_is_the_closed_form() -> None:
    covariance, returns = drawn_covariance(6), expected(6)
    closed = np.linalg.solve(covariance, returns)
    found = maximum_sharpe(covariance, returns, limits=FREE, penalties=NONE)
    assert found == pytest.approx(closed / closed.sum(), abs=1e-6)


def test_an_l2_penalty_is_a_ridge() -> None:
    covariance = drawn_covariance(6)
    closed = np.linalg.solve(covariance + 2 * 0.05 * np.eye(6), np.ones(6))
    found = minimum_variance(covariance, limits=FREE, penalties=Penalties(l2=0.05))
    assert found == pytest.approx(closed / closed.sum(), abs=1e-6)


def test_a_target_return_is_met_and_the_variance_is_that_of_the_frontier() -> None:
    covariance, returns = drawn_covariance(6), expected(6)
    target = float(returns.mean() * 1.4)
    found = minimum_variance(covariance, returns, target, limits=FREE, penalties=NONE)
    # Merton 1972: variance on the frontier = (a m² - 2 b m + c) / (a c - b²)
    inverse, ones = np.linalg.inv(covariance), np.ones(6)
    a, b, c = ones @ inverse @ ones, ones @ inverse @ returns, returns @ inverse @ returns
    assert found @ returns == pytest.approx(target, abs=1e-9)
    variance = (a * target**2 - 2 * b * target + c) / (a * c - b * b)
    assert found @ covariance @ found == pytest.approx(variance, rel=1e-8)


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")  # skfolio says so of the digits asked for here
@pytest.mark.parametrize("objective", ["minimum", "ratio", "return"])
def test_fifty_bounded_weights_are_skfolios(objective: str) -> None:
    returns = drawn_returns(50)
    mean, covariance = returns.mean(axis=0), np.cov(returns.T)
    limits, volatility = Constraints(max_weight=0.06), 0.006
    if objective == "minimum":
        found = minimum_variance(covariance, limits=limits, penalties=NONE)
        theirs = MeanRisk(max_weights=0.06, solver_params=EXACT, scale_objective=1e4)
    elif objective == "ratio":
        found = maximum_sharpe(covariance, mean, limits=limits, penalties=NONE)
        theirs = MeanRisk(
            objective_function=ObjectiveFunction.MAXIMIZE_RATIO, max_weights=0.06, solver_params=EXACT,
            prior_estimator=EmpiricalPrior(),
        )  # fmt: skip
    else:
        found = maximum_return(covariance, mean, volatility, limits=limits, penalties=NONE)
        theirs = MeanRisk(
            objective_function=ObjectiveFunction.MAXIMIZE_RETURN, risk_measure=RiskMeasure.VARIANCE,
            max_standard_deviation=volatility, max_weights=0.06, solver_params=EXACT,
        )  # fmt: skip
    assert np.abs(found - theirs.fit(returns).weights_).max() < 1e-6


@pytest.mark.parametrize("solver", ["clarabel", "cvxpy", "scipy"])
def test_every_solver_finds_the_same_weights(solver: str) -> None:
    covariance, returns = drawn_covariance(8), expected(8)
    limits = Constraints(max_weight=0.4, groups=((np.r_[np.ones(3), np.zeros(5)], 0.3),))
    penalties = Penalties(l2=0.01, cost=np.full(8, 0.002), turnover=0.001, current=np.full(8, 0.125))
    methods: list[Callable[[str], Floats]] = [
        lambda name: minimum_variance(covariance, returns, 0.07, limits=limits, penalties=penalties, solver=name),
        lambda name: maximum_sharpe(covariance, returns, limits=limits, penalties=penalties, solver=name),
        lambda name: maximum_return(covariance, returns, 0.16, limits=limits, penalties=penalties, solver=name),
    ]
    for method in methods:
        assert method(solver) == pytest.approx(method("clarabel"), abs=2e-5)


def test_a_turnover_penalty_keeps_what_is_held_and_a_limit_bounds_the_change() -> None:
    covariance, held = drawn_covariance(5), np.full(5, 0.2)
    stays = minimum_variance(covariance, limits=Constraints(), penalties=Penalties(turnover=10.0, current=held))
    assert stays == pytest.approx(held, abs=1e-7)
    bounded = minimum_variance(covariance, limits=Constraints(max_turnover=0.1), penalties=Penalties(current=held))
    assert np.abs(bounded - held).sum() == pytest.approx(0.1, abs=1e-7)


def test_a_dear_asset_is_bought_less() -> None:
    covariance, returns = drawn_covariance(5), expected(5)
    best = int(np.argmax(maximum_sharpe(covariance, returns, limits=Constraints(), penalties=NONE)))
    cost = np.zeros(5)
    cost[best] = 0.02
    cheap = maximum_sharpe(covariance, returns, limits=Constraints(), penalties=NONE)
    dear = maximum_sharpe(covariance, returns, limits=Constraints(), penalties=Penalties(cost=cost))
    assert dear[best] < cheap[best] - 1e-3


@pytest.mark.parametrize("solver", ["clarabel", "cvxpy", "scipy"])
def test_what_cannot_be_is_refused_with_the_solvers_word(solver: str) -> None:
    covariance, returns = drawn_covariance(3), np.array([0.1, 0.05, 0.02])
    with pytest.raises(Infeasible, match=solver):
        minimum_variance(covariance, limits=Constraints(max_weight=0.2), penalties=NONE, solver=solver)
    with pytest.raises(Infeasible, match=solver):
        minimum_variance(covariance, returns, 0.5, limits=Constraints(), penalties=NONE, solver=solver)


def test_no_ratio_is_best_where_nothing_is_expected_to_earn() -> None:
    with pytest.raises(Infeasible, match="earn more than they cost"):
        maximum_sharpe(drawn_covariance(3), np.array([-0.1, -0.2, -0.3]), limits=Constraints(), penalties=NONE)
    with pytest.raises(Infeasible, match="no return is expected"):
        maximum_sharpe(drawn_covariance(3), np.zeros(3), limits=Constraints(), penalties=NONE)
