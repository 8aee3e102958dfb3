"""Worst cases: against the worst searched by hand, and special cases with a closed form."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.portfolio.optimisation.allocation import Constraints, Penalties
from qts_core.portfolio.optimisation.robust import worst_of_ellipsoid, worst_of_interval, worst_of_scenarios
from tests.unit.qts_core.portfolio.optimisation.markets_for_tests import drawn_covariance

FREE = Constraints(min_weight=-10.0, max_weight=10.0)
COVARIANCE = drawn_covariance(5)
EXPECTED = np.array([0.12, 0.08, 0.10, 0.05, 0.15])
AVERSION = 3.0


def utility(expected: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    """Return the best weights of sum one by Lagrange's equations."""
    system = np.block([[AVERSION * COVARIANCE, np.ones((5, 1))], [np.ones((1, 5)), np.zeros((1, 1))]])
    return np.asarray(np.linalg.solve(system, np.r_[expected, 1.0])[:5])


def test_without_uncertainty_each_is_the_closed_form_of_mean_and_variance() -> None:
    best = pytest.approx(utility(EXPECTED), abs=2e-6)
    rules = {"limits": FREE, "penalties": Penalties()}
    assert worst_of_interval(COVARIANCE, EXPECTED, np.zeros(5), AVERSION, **rules) == best  # type: ignore[arg-type]
    assert worst_of_ellipsoid(COVARIANCE, EXPECTED, COVARIANCE, 0.0, AVERSION, **rules) == best  # type: ignore[arg-type]
    # A norm is squared here: half of its digits are the weights'.
    found = worst_of_scenarios([COVARIANCE], EXPECTED[np.newaxis], AVERSION, **rules)  # type: ignore[arg-type]
    assert found == pytest.approx(utility(EXPECTED), abs=5e-5)


def test_long_only_weights_see_the_lower_end_of_every_interval() -> None:
    error = np.array([0.1, 0.0, 0.0, 0.0, 0.0])
    found = worst_of_interval(COVARIANCE, EXPECTED, error, AVERSION, limits=Constraints(), penalties=Penalties())
    certain = worst_of_interval(
        COVARIANCE, EXPECTED - error, np.zeros(5), AVERSION, limits=Constraints(), penalties=Penalties()
    )
    assert found == pytest.approx(certain, abs=1e-8)


def test_no_other_weights_do_better_at_the_worst_of_the_ellipsoid() -> None:
    error, size = COVARIANCE / 5.0, 1.5
    found = worst_of_ellipsoid(COVARIANCE, EXPECTED, error, size, AVERSION, limits=Constraints(), penalties=Penalties())

    def worst(weights: np.typing.NDArray[np.float64]) -> float:
        # The worst return on the ellipsoid lies where its gradient is the weights: searched by hand.
        direction = error @ weights / np.sqrt(weights @ error @ weights)
        return float(weights @ (EXPECTED - size * direction) - AVERSION / 2 * weights @ COVARIANCE @ weights)

    rng = np.random.default_rng(1)
    others = [worst(rng.dirichlet(np.ones(5))) for _ in range(5000)]
    nearby = [worst(0.98 * found + 0.02 * rng.dirichlet(np.ones(5))) for _ in range(2000)]
    assert worst(found) >= max(*others, *nearby)


def test_scenarios_are_judged_by_the_worst_return_and_the_worst_covariance() -> None:
    returns = np.stack([EXPECTED, EXPECTED[::-1], np.full(5, 0.06)])
    covariances = [COVARIANCE, COVARIANCE[::-1, ::-1] * 1.5]
    found = worst_of_scenarios(covariances, returns, AVERSION, limits=Constraints(), penalties=Penalties())

    def worst(weights: np.typing.NDArray[np.float64]) -> float:
        return float((returns @ weights).min() - AVERSION / 2 * max(weights @ c @ weights for c in covariances))

    rng = np.random.default_rng(1)
    nearby = [worst(0.98 * found + 0.02 * rng.dirichlet(np.ones(5))) for _ in range(2000)]
    assert worst(found) >= max(*(worst(rng.dirichlet(np.ones(5))) for _ in range(5000)), *nearby) - 1e-9


def test_more_uncertainty_spreads_the_weights() -> None:
    concentration = [
        float(
            np.square(
                worst_of_ellipsoid(
                    COVARIANCE, EXPECTED, COVARIANCE, size, 0.5, limits=Constraints(), penalties=Penalties()
                )
            ).sum()
        )
        for size in (0.0, 1.0, 10.0)
    ]
    assert concentration == sorted(concentration, reverse=True)
