"""Tests of a value at risk, against Kupiec's published table, scipy, and chains counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qts_core.risk.measures.var_backtest import Zone, christoffersen, coverage, exceptions, kupiec, traffic_light

KUPIEC_TABLE = [
    (0.99, 255, 0, 7), (0.99, 510, 1, 11), (0.99, 1000, 4, 17),
    (0.975, 255, 2, 12), (0.975, 510, 6, 21), (0.975, 1000, 15, 36),
    (0.95, 255, 6, 21), (0.95, 510, 16, 36), (0.95, 1000, 37, 65),
    (0.925, 255, 11, 28), (0.925, 510, 27, 51), (0.925, 1000, 59, 92),
    (0.90, 255, 16, 36), (0.90, 510, 38, 65), (0.90, 1000, 81, 120),
]  # fmt: skip
"""Kupiec (1995), table 3: counts strictly between the last two are not rejected at 5 %; 0 = no lower bound there."""


@pytest.mark.parametrize(("confidence", "days", "low", "high"), KUPIEC_TABLE)
def test_the_counts_that_are_not_rejected_are_those_of_kupiec_s_table(
    confidence: float, days: int, low: int, high: int
) -> None:
    critical = stats.chi2(1).ppf(0.95)
    accepted = [n for n in range(1, days // 2) if kupiec(n, days, confidence=confidence)[0] < critical]
    assert (min(accepted), max(accepted)) == (low + 1, high - 1)


def test_the_probability_is_that_of_a_chi_square() -> None:
    ratio, probability = kupiec(25, 255, confidence=0.95)
    assert probability == pytest.approx(stats.chi2(1).sf(ratio), rel=1e-10)
    # By hand: log likelihoods of 25 in 255 at 5 % and at 25/255.
    by_hand = -2 * (stats.binom.logpmf(25, 255, 0.05) - stats.binom.logpmf(25, 255, 25 / 255))
    assert ratio == pytest.approx(by_hand)


def test_no_exception_and_only_exceptions_have_a_ratio_too() -> None:
    assert kupiec(0, 100, confidence=0.95)[0] == pytest.approx(-200 * np.log(0.95))
    assert kupiec(100, 100, confidence=0.95)[0] == pytest.approx(-200 * np.log(0.05))
    assert np.isnan(kupiec(0, 0)[0])


def test_exceptions_that_come_in_a_row_are_not_independent() -> None:
    rows = np.zeros(250, dtype=np.bool_)
    rows[100:112] = True
    (clustered, p_clustered), (both, p_both) = christoffersen(rows, confidence=0.95)
    # Counted by hand over the 249 transitions: calm->calm 236, calm->hit 1, hit->hit 11, hit->calm 1.
    share = 12 / 249
    alone = 237 * np.log(1 - share) + 12 * np.log(share)
    chained = 236 * np.log(236 / 237) + np.log(1 / 237) + 11 * np.log(11 / 12) + np.log(1 / 12)
    assert clustered == pytest.approx(-2 * (alone - chained))
    expected = 237 * np.log(0.95) + 12 * np.log(0.05)
    assert both == pytest.approx(-2 * (expected - chained))
    assert p_clustered < 1e-6
    assert p_both == pytest.approx(stats.chi2(2).sf(both))


def test_spread_out_exceptions_pass() -> None:
    rows = np.zeros(250, dtype=np.bool_)
    rows[7::20] = True
    (_, independence), (_, conditional) = christoffersen(rows, confidence=0.95)
    assert independence > 0.05
    assert conditional > 0.05


@pytest.mark.parametrize(("count", "zone"), [(4, Zone.GREEN), (5, Zone.YELLOW), (9, Zone.YELLOW), (10, Zone.RED)])
def test_the_zones_are_those_of_the_basel_committee_for_250_days(count: int, zone: Zone) -> None:
    assert traffic_light(count, 250) is zone


def test_only_losses_beyond_the_forecast_of_known_days_count() -> None:
    returns = np.array([-0.03, -0.02, 0.05, np.nan, -0.05])
    forecast = np.array([0.02, 0.02, 0.02, 0.02, np.nan])
    assert exceptions(returns, forecast).tolist() == [True, False, False]


def test_a_true_model_passes_and_one_that_halves_the_risk_does_not() -> None:
    returns = np.random.default_rng(3).normal(0.0, 0.01, 1000)
    right = coverage(returns, np.full(1000, 1.645 * 0.01), confidence=0.95)
    wrong = coverage(returns, np.full(1000, 1.645 * 0.005), confidence=0.95)
    assert min(right.unconditional, right.independence, right.conditional) > 0.05
    assert wrong.unconditional < 1e-9
    assert (right.days, right.expected) == pytest.approx((1000, 50.0))
