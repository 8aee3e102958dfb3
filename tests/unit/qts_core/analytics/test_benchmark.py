"""Comparison with a benchmark against statsmodels and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from qts_core.analytics.benchmark import compare
from qts_core.analytics.returns import annualised_return


def test_alpha_beta_and_fit_equal_ordinary_least_squares() -> None:
    generator = np.random.default_rng(4)
    market = generator.normal(0.0004, 0.01, 500)
    returns = 0.0002 + 0.7 * market + generator.normal(0, 0.004, 500)
    fit = sm.OLS(returns, sm.add_constant(market)).fit()
    found = compare(returns, market)
    assert found.alpha == pytest.approx(fit.params[0] * 252, rel=1e-9)
    assert found.beta == pytest.approx(fit.params[1], rel=1e-10)
    assert found.r_squared == pytest.approx(fit.rsquared, rel=1e-10)
    active = returns - market
    assert found.tracking_error == pytest.approx(active.std(ddof=1) * math.sqrt(252))
    assert found.information_ratio == pytest.approx(active.mean() / active.std(ddof=1) * math.sqrt(252))
    assert found.treynor_ratio == pytest.approx(returns.mean() * 252 / fit.params[1], rel=1e-9)
    assert found.active_return == pytest.approx(annualised_return(returns) - annualised_return(market))
    assert found.n == 500


def test_a_strategy_equal_to_its_benchmark_has_no_information_ratio() -> None:
    returns = np.array([0.01, -0.02, 0.03])
    found = compare(returns, returns)
    assert found.beta == pytest.approx(1.0)
    assert found.alpha == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(found.information_ratio)


def test_a_benchmark_that_stands_still_has_no_beta() -> None:
    found = compare(np.array([0.01, -0.02, 0.03]), np.zeros(3))
    assert math.isnan(found.beta)
    assert math.isnan(found.alpha)
    assert found.tracking_error > 0


def test_lengths_that_differ_are_refused_and_one_period_is_too_few() -> None:
    with pytest.raises(ValueError, match="2 returns but 3"):
        compare(np.zeros(2), np.zeros(3))
    assert math.isnan(compare(np.zeros(1), np.zeros(1)).beta)
