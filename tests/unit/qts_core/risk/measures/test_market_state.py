"""The state of the market, on samples whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qts_core.risk.measures.history import MarketPulse, RecentRows, ReturnFold
from qts_core.risk.measures.market_state import (
    Direction,
    VolatilityRegime,
    absorption_ratio,
    absorption_shift,
    regime_of,
    tail_excess,
    tail_index,
    trend,
)


def test_the_direction_is_the_sign_of_a_significant_mean() -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.01, 21)
    noise -= noise.mean()
    assert trend(noise).direction is Direction.SIDEWAYS
    up = trend(noise + 0.005)
    assert up.direction is Direction.UP
    assert up.statistic == pytest.approx(stats.ttest_1samp(noise + 0.005, 0.0).statistic)
    assert trend(noise - 0.005).direction is Direction.DOWN
    assert trend(np.zeros(5)).direction is Direction.SIDEWAYS


@pytest.mark.parametrize(
    ("now", "regime"),
    [(5.0, VolatilityRegime.CALM), (50.0, VolatilityRegime.USUAL), (85.0, VolatilityRegime.HIGH),
     (97.0, VolatilityRegime.EXTREME)],
)  # fmt: skip
def test_the_regime_is_a_rank_in_the_past(now: float, regime: VolatilityRegime) -> None:
    assert regime_of(now, np.arange(100.0)) is regime


def test_without_a_past_every_volatility_is_usual() -> None:
    assert regime_of(1e6, np.arange(59.0)) is VolatilityRegime.USUAL


def test_hill_finds_the_index_of_a_pareto_tail() -> None:
    losses = stats.pareto(3.0).rvs(200_000, random_state=2)
    assert tail_index(-losses, share=0.05) == pytest.approx(3.0, rel=0.05)
    assert np.isnan(tail_index(np.array([-0.01] * 5)))


def test_a_normal_market_has_no_excess_tail_and_student_s_has() -> None:
    rng = np.random.default_rng(3)
    assert tail_excess(rng.normal(0.0, 0.01, 100_000)) == pytest.approx(1.0, abs=0.03)
    assert tail_excess(0.01 * rng.standard_t(3.0, 100_000)) > 1.3


def test_one_common_factor_absorbs_everything_and_independence_only_its_share() -> None:
    rng = np.random.default_rng(4)
    common = rng.normal(0.0, 0.01, (500, 1))
    assert absorption_ratio(common * np.linspace(0.5, 1.5, 10)) == pytest.approx(1.0)
    independent = rng.normal(0.0, 0.01, (20_000, 10))
    assert absorption_ratio(independent) == pytest.approx(0.2, abs=0.02)
    assert np.isnan(absorption_ratio(np.full((5, 3), np.nan)))


def test_with_equal_weights_it_is_the_explained_variance_of_principal_components() -> None:
    from sklearn.decomposition import PCA

    returns = np.random.default_rng(5).multivariate_normal(np.zeros(5), np.eye(5) + 0.5, 300)
    expected = PCA().fit(returns).explained_variance_ratio_[0]
    assert absorption_ratio(returns, half_life=1e12) == pytest.approx(expected, rel=1e-6)


def test_the_shift_counts_deviations() -> None:
    ratios = np.r_[np.full(85, 0.5), np.full(15, 0.8)]
    assert absorption_shift(ratios) == pytest.approx((0.8 - ratios.mean()) / ratios.std(ddof=1))
    assert np.isnan(absorption_shift(ratios[:10]))


def test_rows_are_the_last_ones_in_order_whatever_the_moment() -> None:
    recent = RecentRows(3, 1)
    for i in range(11):
        recent.push()[0] = float(i)
        assert recent.rows()[:, 0].tolist() == [float(v) for v in range(max(0, i - 2), i + 1)]
    assert recent.rows(2)[:, 0].tolist() == [9.0, 10.0]
    again = RecentRows(3, 1)
    again.restore(recent.snapshot())
    assert again.rows().tolist() == recent.rows().tolist()


def test_the_return_over_a_gap_falls_in_the_bar_after_it() -> None:
    fold = ReturnFold(5, 1)
    seen = [fold.update(np.array([close]))[0] for close in (100.0, np.nan, 110.0)]
    assert np.isnan(seen[:2]).all()
    assert seen[2] == pytest.approx(0.1)


def test_points_are_a_year_s_volatility_in_per_cent() -> None:
    pulse = MarketPulse(half_life=130.0)
    assert np.isnan(pulse.points)
    for i in range(5_000):
        pulse.update(np.array([0.002, np.nan]) * (1 if i % 2 else -1))
    assert pulse.points == pytest.approx(100 * 0.002 * np.sqrt(6552)), "16.2, as the VIX in a quiet year"
    assert np.isnan(pulse.update(np.array([np.nan, np.nan])))
    assert MarketPulse(1).update(np.array([0.5, 0.25])) == 0.25, "its own symbol, where there is one"
