"""Moments and tails against scipy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qts_core.analytics.distribution import expected_shortfall, kurtosis, skewness, tail_ratio, value_at_risk


def test_moments_equal_scipy() -> None:
    values = np.random.default_rng(9).gamma(2.0, 1.0, 300)
    assert skewness(values) == pytest.approx(stats.skew(values), rel=1e-12)
    assert kurtosis(values) == pytest.approx(stats.kurtosis(values, fisher=False), rel=1e-12)


def test_value_at_risk_and_shortfall_by_hand() -> None:
    returns = np.arange(-10, 11) / 100
    assert value_at_risk(returns) == pytest.approx(0.09)
    assert expected_shortfall(returns) == pytest.approx(0.095)
    assert tail_ratio(returns) == pytest.approx(1.0)


def test_what_has_no_spread_or_no_values_is_undefined() -> None:
    assert math.isnan(skewness(np.full(5, 0.1)))
    assert math.isnan(kurtosis(np.array([0.1])))
    for measure in (value_at_risk, expected_shortfall, tail_ratio):
        assert math.isnan(measure(np.array([])))
