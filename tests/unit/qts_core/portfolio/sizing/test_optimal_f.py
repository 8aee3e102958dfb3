"""Optimal f: a closed form, SciPy, and drawn histories that keep to their limit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from qts_core.portfolio.sizing.kelly import kelly_ratio
from qts_core.portfolio.sizing.optimal_f import growth, monte_carlo_f, optimal_f, worst_fall

TRADES = np.random.default_rng(3).normal(0.004, 0.02, 120)


def test_of_two_outcomes_it_is_kelly() -> None:
    trades = np.array([0.02] * 5 + [-0.01] * 5)
    assert optimal_f(trades) == pytest.approx(kelly_ratio(0.5, 2.0), abs=1e-7)


def test_it_is_the_peak_that_scipy_finds() -> None:
    peak = minimize_scalar(lambda f: -growth(f, TRADES), bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-10})
    assert optimal_f(TRADES) == pytest.approx(peak.x, abs=1e-6)


@pytest.mark.parametrize("trades", [[], [0.01, 0.02], [-0.02, 0.01]], ids=["none", "no loss", "loses"])
def test_without_a_loss_or_an_edge_there_is_no_share(trades: list[float]) -> None:
    assert optimal_f(np.array(trades)) == 0.0
    assert monte_carlo_f(np.array(trades), np.random.default_rng(1)) == 0.0


def test_a_fall_is_measured_from_the_highest_equity() -> None:
    # 1 -> 1.5 -> 0.75 -> 1.125: half of the highest is lost
    assert worst_fall(np.array([[0.5, -0.5, 0.5]]), 1.0).tolist() == [0.5]


def test_drawn_histories_keep_to_the_drawdown_they_may_have() -> None:
    share = monte_carlo_f(TRADES, np.random.default_rng(5), paths=400, confidence=0.9, drawdown_limit=0.2)
    assert 0.0 < share < optimal_f(TRADES)
    # Histories it has not seen, made by other means.
    rng = np.random.default_rng(6)
    falls = []
    for _ in range(2000):
        equity = np.r_[1.0, np.cumprod(1.0 + share * rng.choice(TRADES, len(TRADES)) / -TRADES.min())]
        falls.append((1.0 - equity / np.maximum.accumulate(equity)).max())
    assert np.quantile(falls, 0.9) == pytest.approx(0.2, abs=0.02)


def test_the_same_generator_gives_the_same_share() -> None:
    first, second = (monte_carlo_f(TRADES, np.random.default_rng(9), drawdown_limit=0.1) for _ in range(2))
    assert first == second
