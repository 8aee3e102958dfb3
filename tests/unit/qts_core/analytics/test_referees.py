"""Metrics against other packages on the same numbers: empyrical-reloaded (stored), scipy, statsmodels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from qts_core.analytics.benchmark import compare
from qts_core.analytics.definitions import METRICS
from qts_core.analytics.distribution import kurtosis, skewness, tail_ratio, value_at_risk
from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.ratios import calmar_ratio, omega_ratio, sharpe_ratio, sortino_ratio
from qts_core.analytics.referees import REFEREES
from qts_core.analytics.returns import annualised_return, annualised_volatility, total_return
from qts_core.analytics.significance import t_test

T = np.arange(1, 301)
R = 0.0006 + 0.011 * np.sin(1.7 * T) * np.cos(0.31 * T * T)
B = 0.0004 + 0.009 * np.cos(0.9 * T) * np.sin(0.17 * T * T) + 0.3 * R
FOUND = {
    "total_return": total_return(R),
    "annualised_return": annualised_return(R),
    "annualised_volatility": annualised_volatility(R),
    "sharpe_ratio": sharpe_ratio(R),
    "sortino_ratio": sortino_ratio(R),
    "calmar_ratio": calmar_ratio(R),
    "max_drawdown": -max_drawdown(np.r_[1.0, np.cumprod(1 + R)]),
    "omega_ratio": omega_ratio(R),
    "tail_ratio": tail_ratio(R),
    "value_at_risk": -value_at_risk(R),
    "beta": compare(R, B).beta,
    "excess_sharpe": compare(R, B).information_ratio / np.sqrt(252),
}


@pytest.mark.parametrize("name", FOUND)
def test_empyrical_gives_the_same(name: str) -> None:
    stored = Path(__file__).parents[3] / "golden" / "metrics" / "empyrical.json"
    expected = json.loads(stored.read_text(encoding="utf-8"))["values"][name]
    assert FOUND[name] == pytest.approx(expected, rel=1e-9)


def test_scipy_gives_the_same_moments_and_t_test() -> None:
    assert skewness(R) == pytest.approx(stats.skew(R), rel=1e-9)
    assert kurtosis(R) == pytest.approx(stats.kurtosis(R, fisher=False), rel=1e-9)
    expected = stats.ttest_1samp(R, 0.0)
    assert t_test(R).statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert t_test(R).p_value == pytest.approx(expected.pvalue, rel=1e-9)


def test_statsmodels_gives_the_same_alpha_beta_and_fit() -> None:
    fit = sm.OLS(R, sm.add_constant(B)).fit()
    found = compare(R, B)
    assert found.alpha == pytest.approx(fit.params[0] * 252, rel=1e-9)
    assert found.beta == pytest.approx(fit.params[1], rel=1e-9)
    assert found.r_squared == pytest.approx(fit.rsquared, rel=1e-9)
    assert found.tracking_error == pytest.approx(np.std(R - B, ddof=1) * np.sqrt(252), rel=1e-12)


def test_every_referee_judges_a_metric_that_exists() -> None:
    assert set(REFEREES) <= set(METRICS)
    assert all(metric.referee for metric in METRICS.values())
