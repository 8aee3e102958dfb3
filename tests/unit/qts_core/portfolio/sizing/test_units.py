"""Sizes, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from qts_core.portfolio.settings import PortfolioSettings
from qts_core.portfolio.sizing import leave_alone, portfolio_volatility, size, unit_weights

SETTINGS = PortfolioSettings(gross_target=0.8, max_positions=10, target_volatility=9.0)
VOLATILITY = np.array([0.1, 0.2, 0.4, 0.9, np.nan])


def test_each_symbol_gets_the_same_share_of_risk_within_a_factor_of_two() -> None:
    units = unit_weights(VOLATILITY, SETTINGS)
    # median 0.3: tilts 2 (capped from 3), 1.5, 0.75, 0.5 (raised from 1/3), times 8 %; the first meets the 10 % cap
    assert units[:4].tolist() == pytest.approx([0.10, 0.10, 0.06, 0.04])
    assert np.isnan(units[4])


def test_equal_weights_ignore_volatility() -> None:
    units = unit_weights(VOLATILITY, replace(SETTINGS, is_equal_weight=True))
    assert units[:4].tolist() == pytest.approx([0.08] * 4)


def test_portfolio_volatility_is_that_of_a_matrix_with_one_correlation() -> None:
    weight, sigma, rho = np.array([0.3, -0.2, 0.5]), np.array([0.2, 0.3, 0.1]), 0.3
    covariance = np.outer(sigma, sigma) * (rho + (1 - rho) * np.eye(3))
    assert portfolio_volatility(weight, sigma, rho) == pytest.approx(math.sqrt(weight @ covariance @ weight))


def test_a_book_over_its_volatility_target_is_scaled_down_to_it() -> None:
    settings = replace(SETTINGS, target_volatility=0.01)
    units = unit_weights(VOLATILITY, settings)
    weight = size(np.array([1.0, -1.0, 1.0, 0.0, 1.0]), units, VOLATILITY, settings)
    assert portfolio_volatility(weight, VOLATILITY, settings.correlation) == pytest.approx(0.01)
    assert weight[1] < 0.0
    assert weight[4] == 0.0, "what has no volatility has no size"


def test_a_held_weight_near_its_target_is_left_alone() -> None:
    target = np.array([0.04, 0.04, 0.04, 0.0, 0.04, -0.04])
    current = np.array([0.031, 0.029, 0.0, 0.001, 0.051, 0.001])
    assert leave_alone(target, current, PortfolioSettings()).tolist() == [0.031, 0.04, 0.04, 0.0, 0.04, -0.04]
