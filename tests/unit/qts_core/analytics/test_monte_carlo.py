"""Simulated histories against enumeration and against theory."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qts_core.analytics.monte_carlo import resample_returns, resample_trades, shuffle_trades


def test_orders_of_three_trades_are_the_six_that_there_are() -> None:
    found = shuffle_trades(np.array([10.0, -10.0, -20.0]), 100.0, np.random.default_rng(0), draws=3000)
    # by hand, from 100: +-- 30/110, +-- 30/110, -+- 20/100, -+- (-20,+10,-10) 20/100, --+ 30/100 twice
    assert found.final.lowest == pytest.approx(-0.2)
    assert found.final.highest == pytest.approx(-0.2)
    assert found.max_drawdown.highest == pytest.approx(0.30)
    assert found.max_drawdown.lowest == pytest.approx(0.20)
    assert found.max_drawdown.mean == pytest.approx((2 * 30 / 110 + 2 * 0.20 + 2 * 0.30) / 6, abs=0.004)
    assert found.drawdown_probability[0.30] == pytest.approx(1 / 3, abs=0.03)
    assert found.drawdown_probability[0.05] == 1.0
    assert found.loss_probability == 1.0


def test_trades_drawn_anew_end_as_the_binomial_says() -> None:
    found = resample_trades(np.array([1.0, 1.0, 1.0, -1.0]), 100.0, np.random.default_rng(1), draws=4000)
    assert found.final.mean == pytest.approx(0.02, abs=0.001)
    assert found.final.deviation == pytest.approx(math.sqrt(4 * 4 * 0.75 * 0.25) / 100, rel=0.05)


def test_the_mean_drawdown_without_drift_is_that_of_brownian_motion() -> None:
    rng = np.random.default_rng(2)
    moves = 0.001 * np.where(rng.random(1000) < 0.5, 1.0, -1.0)
    moves -= moves.mean()
    found = resample_returns(moves, rng, mean_block=1.0, draws=1500)
    assert found is not None
    # Magdon-Ismail et al. (2004): σ √(π T / 2); steps instead of a path reach about 0.5826 σ less at each end
    expected = 0.001 * (math.sqrt(math.pi * 1000 / 2) - 2 * 0.5826)
    assert found.max_drawdown.mean == pytest.approx(expected, rel=0.04)


def test_same_seed_same_histories_and_a_short_history_is_a_prefix() -> None:
    r = 0.01 * np.random.default_rng(3).standard_normal(100)
    first, second = (resample_returns(r, np.random.default_rng(5), sessions=20, draws=50) for _ in range(2))
    assert first == second
    assert first is not None
    assert first.n == 20


def test_one_session_makes_no_history() -> None:
    assert resample_returns(np.array([0.1]), np.random.default_rng(0)) is None
