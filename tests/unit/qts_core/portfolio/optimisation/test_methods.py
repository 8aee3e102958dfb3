"""Every method by name: budgets, caps, gaps, one asset, and a fallback that says so."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.market.errors import ConfigurationError
from qts_core.portfolio.optimisation import solvers
from qts_core.portfolio.optimisation.allocation import Constraints, Infeasible, Penalties
from qts_core.portfolio.optimisation.methods import NEEDS_RETURNS, Problem, allocate, capped
from qts_core.portfolio.optimisation.risk_parity import inverse_volatility
from qts_core.portfolio.optimisation.settings import Method, OptimiserSettings, UncertaintySet
from tests.unit.qts_core.portfolio.optimisation.markets_for_tests import drawn_covariance, drawn_returns

METHODS = [method for method in Method if method is not Method.NONE]
LIMITS = Constraints(budget=0.8, max_weight=0.3)


def problem(breadth: int = 6, limits: Constraints = LIMITS) -> Problem:
    rng = np.random.default_rng(breadth)
    return Problem(
        covariance=drawn_covariance(breadth),
        expected=rng.uniform(0.02, 0.2, breadth),
        returns=drawn_returns(breadth, 120),
        limits=limits,
        penalties=Penalties(current=np.full(breadth, 0.1)),
        market=rng.uniform(1.0, 9.0, breadth),
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_method_spends_its_budget_within_the_caps(method: Method) -> None:
    found = allocate(problem(), OptimiserSettings(method=method, target_volatility=0.5))
    assert (found.method, found.fallback_reason, found.excluded, found.verdict) == (method, None, (), None)
    assert found.weights.sum() == pytest.approx(0.8, abs=1e-6)
    assert found.weights.min() >= 0.0
    assert found.weights.max() <= 0.3 + 1e-6


@pytest.mark.parametrize("uncertainty", list(UncertaintySet))
def test_every_uncertainty_set_has_weights(uncertainty: UncertaintySet) -> None:
    found = allocate(problem(), OptimiserSettings(method=Method.ROBUST, uncertainty=uncertainty))
    assert found.fallback_reason is None


@pytest.mark.parametrize("method", METHODS)
def test_an_asset_that_is_not_known_gets_nothing_and_is_named(method: Method) -> None:
    asked = problem()
    asked.covariance[2, :] = asked.covariance[:, 2] = np.nan
    assert asked.expected is not None
    asked.expected[4] = np.nan
    found = allocate(asked, OptimiserSettings(method=method, target_volatility=0.5))
    outside = {2, 4} if method in NEEDS_RETURNS else {2}
    assert method is Method.MINIMUM_VARIANCE or found.fallback_reason is None
    assert set(found.excluded) == outside
    assert found.weights[list(outside)].tolist() == [0.0] * len(outside)
    assert found.weights.sum() == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_one_asset_gets_the_budget(method: Method) -> None:
    found = allocate(
        problem(1, Constraints(budget=0.2, max_weight=0.3)), OptimiserSettings(method=method, target_volatility=0.9)
    )
    assert found.fallback_reason is None
    assert found.weights.tolist() == pytest.approx([0.2], abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_twins_and_a_singular_covariance_are_no_obstacle(method: Method) -> None:
    asked = problem()
    order = np.array([0, 0, 1, 2, 3, 4])
    singular = Problem(
        covariance=asked.covariance[np.ix_(order, order)],
        expected=np.asarray(asked.expected)[order],
        returns=np.asarray(asked.returns)[:, order],
        limits=LIMITS,
    )
    found = allocate(singular, OptimiserSettings(method=method, target_volatility=0.5))
    assert found.weights.sum() == pytest.approx(0.8, abs=1e-6)
    assert np.isfinite(found.weights).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (OptimiserSettings(method=Method.MINIMUM_VARIANCE, target_return=0.9), "clarabel says PrimalInfeasible"),
        (OptimiserSettings(method=Method.MAXIMUM_RETURN, target_volatility=1e-4), "clarabel says PrimalInfeasible"),
        (OptimiserSettings(method=Method.CVAR, cvar_limit=1e-9), "clarabel says"),
    ],
)
def test_what_cannot_be_falls_back_to_inverse_volatility_and_says_why(settings: OptimiserSettings, words: str) -> None:
    asked = problem()
    found = allocate(asked, settings)
    assert found.method == Method.INVERSE_VOLATILITY
    assert found.fallback_reason is not None
    assert settings.method in found.fallback_reason
    assert words in found.fallback_reason
    assert found.weights == pytest.approx(capped(inverse_volatility(asked.covariance), LIMITS))
    assert found.verdict is not None
    assert (found.verdict.name, found.verdict.is_allowed) == ("optimise.fallback", False)
    assert words in found.verdict.reason


def test_caps_that_cannot_hold_the_budget_leave_cash_and_say_so() -> None:
    found = allocate(problem(3, Constraints(budget=1.0, max_weight=0.2)), OptimiserSettings(method=Method.RISK_PARITY))
    assert found.weights.tolist() == pytest.approx([0.2] * 3)
    assert "cannot sum to 1" in str(found.fallback_reason)


def test_nothing_known_is_nothing_held() -> None:
    asked = problem(2)
    asked.covariance[:] = np.nan
    found = allocate(asked, OptimiserSettings(method=Method.RISK_PARITY))
    assert found.weights.tolist() == [0.0, 0.0]
    assert found.fallback_reason == "no asset has all inputs"


def test_black_litterman_without_market_values_says_that_its_prior_is_equal() -> None:
    asked = problem()
    bare = Problem(asked.covariance, asked.expected, limits=LIMITS)
    found = allocate(bare, OptimiserSettings(method=Method.BLACK_LITTERMAN))
    assert found.method == Method.BLACK_LITTERMAN
    assert "prior is equal weights" in str(found.fallback_reason)


def test_black_litterman_without_confidence_holds_the_market() -> None:
    asked = problem(6, Constraints(budget=1.0, max_weight=1.0))
    assert asked.market is not None
    doubtful = Problem(
        asked.covariance, asked.expected, limits=asked.limits, market=asked.market, confidence=np.zeros(6)
    )
    found = allocate(doubtful, OptimiserSettings(method=Method.BLACK_LITTERMAN))
    assert found.weights == pytest.approx(asked.market / asked.market.sum(), abs=1e-5)


def test_what_is_over_the_cap_goes_to_the_others_in_proportion() -> None:
    # 0.6 is cut to 0.4; the 0.2 go to 0.3 and 0.1 as three to one
    assert capped(np.array([0.6, 0.3, 0.1]), Constraints(max_weight=0.45)).tolist() == pytest.approx(
        [0.45, 0.4125, 0.1375]
    )
    # the first cut makes the second necessary
    assert capped(np.array([0.6, 0.3, 0.1]), Constraints(max_weight=0.4)).tolist() == pytest.approx([0.4, 0.4, 0.2])
    with pytest.raises(Infeasible):
        capped(np.array([0.5, 0.5]), Constraints(max_weight=0.4))


def test_a_solver_that_breaks_a_constraint_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solvers, "SOLVERS", {"clarabel": lambda program: np.full(len(program.linear), 0.5)})
    found = allocate(problem(), OptimiserSettings(method=Method.MINIMUM_VARIANCE))
    assert "break a constraint" in str(found.fallback_reason)


def test_a_solver_that_is_not_installed_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solvers, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match="QTS-RISK-010") as caught:
        solvers.require_solver("clarabel")
    assert "\n" not in str(caught.value)
