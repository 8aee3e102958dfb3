"""Ratios of return to risk, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.analytics.ratios import calmar_ratio, downside_deviation, omega_ratio, sharpe_ratio, sortino_ratio

RETURNS = np.array([0.02, -0.01, 0.03, -0.02])


def test_sharpe_by_hand() -> None:
    deviation = math.sqrt((0.015**2 + 0.015**2 + 0.025**2 + 0.025**2) / 3)
    assert sharpe_ratio(RETURNS) == pytest.approx(0.005 / deviation * math.sqrt(252), rel=1e-12)
    assert sharpe_ratio(RETURNS, risk_free=0.005) == pytest.approx(0.0, abs=1e-12)


def test_sortino_divides_by_all_returns_not_by_the_losing_ones() -> None:
    deviation = math.sqrt((0.01**2 + 0.02**2) / 4)
    assert downside_deviation(RETURNS) == pytest.approx(deviation, rel=1e-12)
    assert sortino_ratio(RETURNS) == pytest.approx(0.005 / deviation * math.sqrt(252), rel=1e-12)


def test_calmar_counts_the_loss_of_the_first_return() -> None:
    returns = np.array([-0.10, 0.20])
    assert calmar_ratio(returns, periods_per_year=2) == pytest.approx((0.9 * 1.2 - 1) / 0.10)


def test_omega_by_hand() -> None:
    assert omega_ratio(RETURNS) == pytest.approx(0.05 / 0.03)
    assert omega_ratio(RETURNS, target=0.01) == pytest.approx((0.01 + 0.02) / (0.02 + 0.03))


@pytest.mark.parametrize("returns", [np.array([]), np.array([0.01]), np.full(9, 0.01)])
def test_ratios_without_risk_are_undefined(returns: np.ndarray) -> None:
    assert math.isnan(sharpe_ratio(returns))
    assert math.isnan(sortino_ratio(returns))
    assert math.isnan(calmar_ratio(returns))
    assert math.isnan(omega_ratio(returns))


@given(st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=50), st.floats(0.1, 4.0))
def test_leverage_leaves_the_sharpe_ratio_alone(values: list[float], leverage: float) -> None:
    returns = np.array(values)
    before, after = sharpe_ratio(returns), sharpe_ratio(returns * leverage)
    if not (math.isnan(before) or math.isnan(after)) and np.ptp(returns) > 1e-6:
        assert after == pytest.approx(before, rel=1e-6, abs=1e-6)
