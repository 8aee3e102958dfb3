"""Views: none, certain, contradicting, and tilts by confidence (He and Litterman's tables are in the golden tests)."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.portfolio.optimisation.allocation import Infeasible
from qts_core.portfolio.optimisation.black_litterman import (
    Views,
    absolute_views,
    equilibrium_returns,
    idzorek_omega,
    posterior,
)
from tests.unit.qts_core.portfolio.optimisation.markets_for_tests import drawn_covariance

COVARIANCE, TAU, AVERSION = drawn_covariance(4), 0.05, 2.5
MARKET = np.array([0.4, 0.3, 0.2, 0.1])
EQUILIBRIUM = equilibrium_returns(COVARIANCE, MARKET, AVERSION)


def test_without_views_the_market_stays_the_best() -> None:
    views = absolute_views(np.full(4, np.nan), np.ones(4), COVARIANCE, TAU)
    after = posterior(COVARIANCE, EQUILIBRIUM, views, TAU)
    assert after.expected == pytest.approx(EQUILIBRIUM)
    # all are held in the market's proportions, a little less of them: expected returns are uncertain too
    weights = np.linalg.solve(AVERSION * after.covariance, after.expected)
    assert weights == pytest.approx(MARKET / (1.0 + TAU))


def test_a_certain_view_comes_true() -> None:
    views = absolute_views(np.array([np.nan, 0.2, np.nan, np.nan]), np.ones(4), COVARIANCE, TAU)
    assert posterior(COVARIANCE, EQUILIBRIUM, views, TAU).expected[1] == pytest.approx(0.2)


@pytest.mark.parametrize("confidence", [0.1, 0.5, 0.9])
def test_a_view_moves_weights_by_its_confidence(confidence: float) -> None:
    """Idzorek's definition, with the covariance of returns left as it is, as in his paper."""

    def weights(given: float) -> np.typing.NDArray[np.float64]:
        picks = np.array([[1.0, -1.0, 0.0, 0.0]])
        views = Views(picks, np.array([0.1]), idzorek_omega(picks, np.array([given]), COVARIANCE, TAU))
        return np.asarray(
            np.linalg.solve(AVERSION * COVARIANCE, posterior(COVARIANCE, EQUILIBRIUM, views, TAU).expected)
        )

    tilt = (weights(confidence) - MARKET)[:2] / (weights(1.0) - MARKET)[:2]
    assert tilt == pytest.approx(confidence)


def test_views_that_are_certain_and_contradict_are_refused() -> None:
    picks = np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
    with pytest.raises(Infeasible):
        posterior(COVARIANCE, EQUILIBRIUM, Views(picks, np.array([0.1, 0.2]), np.zeros(2)), TAU)


def test_a_confidence_beyond_one_is_refused() -> None:
    with pytest.raises(Infeasible):
        idzorek_omega(np.eye(4)[:1], np.array([1.2]), COVARIANCE, TAU)
