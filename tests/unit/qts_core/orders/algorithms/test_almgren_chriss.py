"""Trajectories and costs against the paper's example and an independent minimiser."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from qts_core.market.errors import OrderSubmissionError
from qts_core.orders.algorithms.almgren_chriss import ImpactModel, cost_of, half_life, kappa, trajectory

PAPER = ImpactModel(epsilon=0.0625, eta=2.5e-6, gamma=2.5e-7, sigma=0.95)
SHARES, DAYS, SLICES = 1e6, 5.0, 5
TABLE = (
    # lambda, holdings after the first and the third slice, expected cost, variance
    (0.0, 800_000.0, 400_000.0, 662_500.0, 1.083e12),
    (1e-7, 757_882.3913016852, 351_939.67955595104, 670_057.4600445137, 924_718_606_139.8438),
    (1e-6, 541_955.5543739223, 147_897.48782172316, 911_226.9863037932, 364_128_572_058.141),
    (2e-6, 428_598.8457470175, 76_295.7216154617, 1_140_715.167049785, 201_931_287_150.5245),
    (1e-5, 177_868.3096811414, 5_621.627992450739, 1_845_211.2616246145, 29_485_150_288.267506),
)
"""From the closed forms and an independent solution of the normal equations of the discrete problem."""


@pytest.mark.parametrize(("risk_aversion", "first", "third", "expected", "variance"), TABLE)
def test_the_papers_example_is_met(
    risk_aversion: float, first: float, third: float, expected: float, variance: float
) -> None:
    left = trajectory(SHARES, DAYS, SLICES, PAPER, risk_aversion)
    cost = cost_of(left, DAYS, PAPER)
    assert left[[0, 1, 3, 5]] == pytest.approx([SHARES, first, third, 0.0], rel=1e-9)
    assert cost.expected == pytest.approx(expected, rel=1e-9)
    assert cost.variance == pytest.approx(variance, rel=1e-9)
    assert cost.timing_risk == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_the_paper_says_kappa_is_about_six_tenths_a_day() -> None:
    assert kappa(PAPER, 1e-6, 1.0) == pytest.approx(0.6070761632470627, rel=1e-12)
    assert half_life(PAPER, 1e-6, 1.0) == pytest.approx(1.6472397707913768, rel=1e-12)
    assert half_life(PAPER, 0.0, 1.0) == math.inf


def test_the_papers_rule_of_thumb_gives_the_papers_parameters() -> None:
    """Five million shares a day and an eighth of a dollar between bid and ask."""
    found = ImpactModel.from_market(spread=0.125, daily_volume=5e6, sigma=0.95)
    assert (found.epsilon, found.eta, found.gamma) == pytest.approx((0.0625, 2.5e-6, 2.5e-7), rel=1e-12)


@pytest.mark.parametrize("risk_aversion", [1e-7, 1e-6, 1e-5])
def test_no_other_trajectory_has_a_better_utility(risk_aversion: float) -> None:
    def utility(inner: np.ndarray) -> float:
        holdings = np.concatenate(([1.0], inner, [0.0])) * SHARES
        return cost_of(holdings, DAYS, PAPER).utility(risk_aversion) / 1e6

    found = minimize(utility, np.full(SLICES - 1, 0.5), method="BFGS", options={"gtol": 1e-10})
    best = trajectory(SHARES, DAYS, SLICES, PAPER, risk_aversion)
    assert found.x * SHARES == pytest.approx(best[1:-1], abs=5.0)


def test_a_trajectory_computed_again_from_where_it_stands_goes_on_as_before() -> None:
    whole = trajectory(SHARES, DAYS, SLICES, PAPER, 1e-6)
    rest = trajectory(float(whole[2]), DAYS * 3 / 5, 3, PAPER, 1e-6)
    assert rest == pytest.approx(whole[2:], rel=1e-9)


def test_extreme_haste_trades_at_once_without_overflow() -> None:
    left = trajectory(SHARES, DAYS, 100, PAPER, 1e6)
    assert np.isfinite(left).all()
    assert left[1] < 1.0
    assert (np.diff(left) <= 0).all()


def test_a_model_without_temporary_impact_has_no_trajectory() -> None:
    with pytest.raises(OrderSubmissionError, match="QTS-EXEC-057"):
        trajectory(SHARES, DAYS, SLICES, ImpactModel(0.0, 1e-7, 1e-6, 1.0), 1e-6)
    with pytest.raises(OrderSubmissionError, match="QTS-EXEC-057"):
        ImpactModel.from_market(spread=0.01, daily_volume=0.0, sigma=1.0)


def test_thin_slices_cost_more() -> None:
    """Two slices of 100 at eta 1 and tau 1: 2 x 100^2; with liquidity 2 and 1/2: 100^2 (1/2 + 2)."""
    model = ImpactModel(epsilon=0.0, eta=1.0, gamma=0.0, sigma=0.0)
    holdings = np.array([200.0, 100.0, 0.0])
    assert cost_of(holdings, 2.0, model).expected == 20_000.0
    assert cost_of(holdings, 2.0, model, np.array([2.0, 0.5])).expected == 25_000.0
