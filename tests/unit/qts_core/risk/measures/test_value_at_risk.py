"""Losses by four methods, against scipy, statsmodels and hand-computed cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats.sandwich_covariance import S_hac_simple

from qts_core.risk.measures.value_at_risk import (
    Moments,
    cornish_fisher,
    historical,
    moments,
    normal,
    over_horizon,
    simulated_blocks,
    simulated_normal,
)

HUNDRED = np.arange(-50.0, 50.0) / 1000.0
"""-5.0 %, -4.9 %, ... 4.9 %."""


def test_the_historical_loss_is_read_off_the_sorted_returns() -> None:
    # The 5 % quantile of 100 values lies at rank 0.05 * 99 = 4.95 from the lowest: between -4.6 % and -4.5 %.
    found = historical(HUNDRED, confidence=0.95)
    assert found.var == pytest.approx(0.04505)
    assert found.cvar == pytest.approx(np.mean([0.050, 0.049, 0.048, 0.047, 0.046]))


def test_unknown_returns_are_left_out_and_none_at_all_is_unknown() -> None:
    assert historical(np.r_[HUNDRED, np.nan], confidence=0.99) == historical(HUNDRED, confidence=0.99)
    assert np.isnan(historical(np.array([np.nan])).var)


@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_the_normal_loss_is_scipy_s_quantile_and_its_tail_mean(confidence: float) -> None:
    found = normal(Moments(0.0004, 0.012), confidence=confidence)
    law = stats.norm(0.0004, 0.012)
    assert found.var == pytest.approx(-law.ppf(1 - confidence), rel=1e-12)
    tail = law.expect(lambda x: x, ub=law.ppf(1 - confidence)) / (1 - confidence)
    assert found.cvar == pytest.approx(-tail, rel=1e-6)


def test_a_standard_normal_day_at_95_and_99_loses_the_textbook_multiples() -> None:
    unit = Moments(0.0, 1.0)
    assert [round(normal(unit, confidence=c).var, 3) for c in (0.95, 0.99)] == [1.645, 2.326]
    assert [round(normal(unit, confidence=c).cvar, 3) for c in (0.95, 0.99)] == [2.063, 2.665]


@pytest.mark.parametrize(("skew", "excess"), [(0.0, 0.0), (-0.3, 1.0), (0.2, 2.0), (-0.5, 3.0)])
@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_the_bent_loss_is_the_integral_of_its_own_quantile(skew: float, excess: float, confidence: float) -> None:
    def quantile(u: float) -> float:
        z = stats.norm.ppf(u)
        return float(z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * excess / 24 - (2 * z**3 - 5 * z) * skew**2 / 36)

    found = cornish_fisher(Moments(0.001, 0.01, skew, excess), confidence=confidence)
    assert found.var == pytest.approx(-(0.001 + 0.01 * quantile(1 - confidence)), rel=1e-10)
    mean, _ = integrate.quad(quantile, 0.0, 1 - confidence)
    assert found.cvar == pytest.approx(-(0.001 + 0.01 * mean / (1 - confidence)), rel=1e-5)
    assert found.cvar > found.var


def test_without_skew_and_fat_tails_it_is_the_normal_loss() -> None:
    given = Moments(0.0, 0.02)
    assert cornish_fisher(given).var == pytest.approx(normal(given).var)
    assert cornish_fisher(given).cvar == pytest.approx(normal(given).cvar)


def test_where_the_expansion_is_no_distribution_nothing_is_claimed() -> None:
    wild = Moments(0.0, 0.01, skew=-3.0, excess=1.0)
    assert not wild.is_expandable
    assert np.isnan(cornish_fisher(wild).var)


def test_moments_are_scipy_s() -> None:
    returns = stats.gamma(3.0).rvs(500, random_state=4) / 100.0
    found = moments(returns)
    assert found.mean == pytest.approx(returns.mean())
    assert found.deviation == pytest.approx(returns.std(ddof=1))
    assert found.skew == pytest.approx(stats.skew(returns))
    assert found.excess == pytest.approx(stats.kurtosis(returns))


def test_independent_bars_grow_with_the_root_of_time() -> None:
    returns = np.random.default_rng(1).normal(0.0001, 0.002, 520)
    day, bar = over_horizon(returns, 26, lags=0), moments(returns)
    assert day.deviation == pytest.approx(bar.deviation * np.sqrt(26))
    assert day.mean == pytest.approx(26 * bar.mean)
    assert (day.skew, day.excess) == pytest.approx((bar.skew / np.sqrt(26), bar.excess / 26))


def test_autocorrelated_bars_grow_as_newey_and_west_say() -> None:
    rng = np.random.default_rng(2)
    returns = np.zeros(520)
    for i in range(1, 520):
        returns[i] = 0.4 * returns[i - 1] + rng.normal(0.0, 0.002)
    found = over_horizon(returns, 26, lags=5)
    centred = (returns - returns.mean())[:, None]
    long_run = float(S_hac_simple(centred, nlags=5)[0, 0]) / (len(returns) - 1)
    assert found.deviation == pytest.approx(np.sqrt(26 * long_run), rel=1e-10)
    assert found.deviation > over_horizon(returns, 26, lags=0).deviation


def test_the_simulated_loss_comes_near_the_exact_one_and_is_the_same_for_the_same_generator() -> None:
    deviation = np.array([0.01, 0.02, 0.015])
    mix = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, -0.3], [0.2, -0.3, 1.0]])
    covariance = mix * np.outer(deviation, deviation)
    weight, mean = np.array([0.5, -0.2, 0.3]), np.array([0.0002, 0.0, 0.0001])
    exact = normal(Moments(float(weight @ mean), float(np.sqrt(weight @ covariance @ weight))), confidence=0.99)
    runs = [
        simulated_normal(weight, mean, covariance, np.random.default_rng(5), confidence=0.99, draws=200_000)
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert runs[0].var == pytest.approx(exact.var, rel=0.02)
    assert runs[0].cvar == pytest.approx(exact.cvar, rel=0.02)


def test_a_drawn_student_t_has_its_own_quantile_at_the_same_variance() -> None:
    found = simulated_normal(
        np.ones(1), np.zeros(1), np.ones((1, 1)), np.random.default_rng(6), confidence=0.99, draws=400_000,
        degrees_of_freedom=4.0,
    )  # fmt: skip
    assert found.var == pytest.approx(-stats.t(4.0).ppf(0.01) * np.sqrt(2.0 / 4.0), rel=0.02)
    with pytest.raises(ValueError, match="expected more than 2"):
        simulated_normal(np.ones(1), np.zeros(1), np.eye(1), np.random.default_rng(1), degrees_of_freedom=2.0)


def test_blocks_of_independent_bars_add_up_to_a_normal_day() -> None:
    returns = np.random.default_rng(7).normal(0.0, 0.002, 100_000)
    found = simulated_blocks(returns, 26, np.random.default_rng(8), confidence=0.95, draws=40_000)
    assert found.var == pytest.approx(1.645 * 0.002 * np.sqrt(26), rel=0.05)
    assert np.isnan(simulated_blocks(returns[:5], 26, np.random.default_rng(8)).var)
