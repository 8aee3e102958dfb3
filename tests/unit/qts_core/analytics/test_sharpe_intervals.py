"""Intervals of the Sharpe ratio: Lo's printed errors, his closed forms, statsmodels' covariance, and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.stats.sandwich_covariance import S_hac_simple

from qts_core.analytics.sharpe_difference import sharpe_difference
from qts_core.analytics.sharpe_intervals import annualisation_factor, lo_error, robust_error, sharpe_intervals


@pytest.mark.parametrize(("sharpe", "n", "printed"), [(0.5, 12, 0.306), (0.5, 60, 0.137), (1.0, 60, 0.158)])
def test_errors_of_independent_normal_returns_are_those_of_lo_2002(sharpe: float, n: int, printed: float) -> None:
    assert lo_error(sharpe, n) == pytest.approx(printed, abs=5e-4)


@pytest.mark.parametrize("rho", [-0.2, 0.0, 0.3])
def test_time_aggregation_is_the_closed_form_for_an_autoregression(rho: float) -> None:
    q = 12
    # Lo (2002), equation 22
    closed = math.sqrt(q) / math.sqrt(1 + 2 * rho / (1 - rho) * (1 - (1 - rho**q) / (q * (1 - rho))))
    found = annualisation_factor(rho ** np.arange(1.0, q), q)
    assert found == pytest.approx(closed, rel=1e-12)


def test_the_robust_error_is_the_delta_method_on_the_covariance_of_statsmodels() -> None:
    rng = np.random.default_rng(11)
    r = 0.01 * np.convolve(rng.standard_t(5, 501), [1, 0.4], mode="valid") + 0.001
    moments = np.column_stack([r - r.mean(), (r - r.mean()) ** 2 - r.var()])
    long_run = S_hac_simple(moments, nlags=5) / len(r)
    gradient = np.array([1 / r.std(), -r.mean() / (2 * r.std() ** 3)])
    assert robust_error(r, lags=5) == pytest.approx(math.sqrt(gradient @ long_run @ gradient / len(r)), rel=1e-10)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    true, hits = 0.06 * math.sqrt(252), np.zeros(3)
    for _ in range(200):
        found = sharpe_intervals(0.01 * (rng.standard_normal(500) + 0.06), rng, draws=20)
        hits += [i.low <= true <= i.high for i in (found.normal, found.moments, found.robust)]
    # binomial, n = 200, p = 0.95: below 0.90 or above 0.99 in fewer than one of a hundred runs
    assert (hits / 200 >= 0.90).all()
    assert (hits / 200 <= 0.99).all()


def test_autocorrelated_returns_are_not_annualised_by_the_root() -> None:
    rng = np.random.default_rng(6)
    r = np.convolve(rng.standard_normal(2001), [1.0, 1.0], mode="valid") * 0.01 + 0.001
    found = sharpe_intervals(r, rng, draws=50)
    # the moving average has ρ₁ = 1/2: a year has about twice the variance that independence would give it
    assert found.autocorrelated_sharpe / found.sharpe == pytest.approx(1 / math.sqrt(2), abs=0.08)
    assert found.robust.high - found.robust.low > found.normal.high - found.normal.low


class TestDifference:
    def test_the_error_is_the_delta_method_with_the_parzen_kernel(self) -> None:
        rng = np.random.default_rng(8)
        a, b = rng.standard_normal((2, 400)) * 0.01 + 0.0005
        both = np.column_stack([a, b, a * a, b * b])
        both = both - both.mean(axis=0)

        def parzen(lags: int) -> np.ndarray:
            z = np.arange(lags + 1) / width
            weight: np.ndarray = np.where(z <= 0.5, 1 - 6 * z**2 + 6 * z**3, 2 * np.clip(1 - z, 0, None) ** 3)
            return weight

        rho = np.array([np.polyfit(c[:-1], c[1:], 1)[0] for c in both.T])
        rho = (both[:-1] * both[1:]).sum(axis=0) / (both[:-1] ** 2).sum(axis=0) + 0 * rho
        s2 = ((both[1:] - rho * both[:-1]) ** 2).mean(axis=0)
        width = 2.6614 * ((4 * rho**2 * s2**2 / (1 - rho) ** 8).sum() / (s2**2 / (1 - rho) ** 4).sum() * 400) ** 0.2
        psi = S_hac_simple(both, nlags=math.ceil(width), weights_func=parzen) / 400 * 400 / 396
        va, vb = a.var() ** 1.5, b.var() ** 1.5
        g = np.array([(a**2).mean() / va, -(b**2).mean() / vb, -0.5 * a.mean() / va, 0.5 * b.mean() / vb])
        found = sharpe_difference(a, b, rng)
        assert found.error == pytest.approx(math.sqrt(g @ psi @ g / 400) * math.sqrt(252), rel=1e-9)
        assert found.difference == pytest.approx((a.mean() / a.std() - b.mean() / b.std()) * math.sqrt(252), rel=1e-12)

    def test_equal_strategies_are_told_apart_no_more_often_than_said(self) -> None:
        rng = np.random.default_rng(9)
        wrong = 0
        for _ in range(150):
            common = rng.standard_normal(250)
            a, b = 0.05 + common + rng.standard_normal((2, 250))
            wrong += sharpe_difference(a, b, rng, draws=99).bootstrap_p <= 0.05
        assert wrong <= 17  # binomial, n = 150, p = 0.05: more in fewer than one of a thousand runs

    def test_a_large_difference_is_seen(self) -> None:
        rng = np.random.default_rng(10)
        a, b = rng.standard_normal((2, 500))
        found = sharpe_difference(a + 0.4, b, rng)
        assert found.bootstrap_p < 0.01
        assert found.interval.low > 0

    def test_few_sessions_say_nothing(self) -> None:
        assert math.isnan(sharpe_difference(np.arange(10.0), np.ones(10), np.random.default_rng(0)).p_value)
        with pytest.raises(ValueError, match="3 returns but 2"):
            sharpe_difference(np.zeros(3), np.zeros(2), np.random.default_rng(0))
