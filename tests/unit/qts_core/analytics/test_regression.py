"""Alpha and beta and their errors against statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from qts_core.analytics.regression import newey_west_lags, regress


def test_errors_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(3)
    b = 0.01 * rng.standard_normal(400)
    noise = np.convolve(rng.standard_normal(403), [1, 0.5, 0.25, 0.1], mode="valid") * 0.004
    r = 0.0003 + 0.7 * b + noise
    found = regress(r, b, lags=4)
    fit = sm.OLS(r, sm.add_constant(b)).fit(cov_type="HAC", cov_kwds={"maxlags": 4})
    assert (found.alpha, found.beta) == pytest.approx((fit.params[0] * 252, fit.params[1]), rel=1e-9)
    assert (found.alpha_error, found.beta_error) == pytest.approx((fit.bse[0] * 252, fit.bse[1]), rel=1e-9)
    assert found.alpha_t == pytest.approx(fit.tvalues[0], rel=1e-9)
    assert found.alpha_p == pytest.approx(fit.pvalues[0], rel=1e-9)
    assert found.r_squared == pytest.approx(fit.rsquared, rel=1e-9)


def test_lags_follow_the_rule_of_newey_and_west() -> None:
    assert [newey_west_lags(n) for n in (0, 1, 2, 100, 1000)] == [0, 0, 1, 4, 6]


def test_too_little_says_nothing() -> None:
    assert math.isnan(regress(np.array([0.1, 0.2]), np.array([0.1, 0.3])).beta)
    assert math.isnan(regress(np.array([0.1, 0.2, 0.1]), np.full(3, 0.1)).beta)
    with pytest.raises(ValueError, match="2 returns but 3"):
        regress(np.zeros(2), np.zeros(3))
