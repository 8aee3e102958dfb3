"""Reality check and Hansen's test: the definition, size on worthless sets, power on planted skill."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from qts_core.analytics.bootstrap import stationary_indices
from qts_core.analytics.overfitting import block_length, reality_check
from qts_core.analytics.overfitting.reality import SEED


def noise(seed: int, sessions: int = 200, count: int = 10) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((sessions, count)) * 0.01


def by_definition(table: np.ndarray, block: float, draws: int) -> tuple[float, float, float, float]:
    """Hansen (2005), section 3, resample by resample."""
    n, count = table.shape
    mean = table.mean(axis=0)
    picks = stationary_indices(np.random.default_rng(SEED), n, mean_block=block, draws=draws)
    means = np.array([table[row].mean(axis=0) for row in picks])
    omega = np.array([math.sqrt(n) * np.std(means[:, k]) for k in range(count)])
    bound = [-omega[k] / math.sqrt(n) * math.sqrt(2 * math.log(math.log(n))) for k in range(count)]
    found = max(math.sqrt(n) * mean[k] / omega[k] for k in range(count))
    centres = (
        [max(mean[k], 0.0) for k in range(count)],
        [mean[k] if mean[k] > bound[k] else 0.0 for k in range(count)],
        list(mean),
    )
    values = []
    for centre in centres:
        best = [max(0.0, *(math.sqrt(n) * (m[k] - centre[k]) / omega[k] for k in range(count))) for m in means]
        values.append((1 + sum(b >= found for b in best)) / (1 + draws))
    best = [max(0.0, *(math.sqrt(n) * (m[k] - mean[k]) for k in range(count))) for m in means]
    white = (1 + sum(b >= math.sqrt(n) * mean.max() for b in best)) / (1 + draws)
    return white, values[0], values[1], values[2]


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_definition_resample_by_resample(seed: int) -> None:
    table = noise(seed, 60, 5)
    table[:, 4] -= 0.008
    table[:, 0] += 0.001
    found = reality_check(table, mean_block=3.0, draws=200)
    assert (found.white, found.lower, found.consistent, found.upper) == pytest.approx(by_definition(table, 3.0, 200))


def test_the_three_versions_of_hansen_are_ordered() -> None:
    table = noise(1)
    table[:, :5] -= 0.01
    found = reality_check(table)
    assert found.lower <= found.consistent <= found.upper


def test_one_strategy_alone_is_the_test_of_its_mean() -> None:
    table = noise(2, 1000, 1) + 0.0006
    statistic = table.mean() / table.std() * math.sqrt(1000)
    assert reality_check(table, mean_block=1.0, draws=4000).consistent == pytest.approx(norm.sf(statistic), abs=0.02)


def test_on_worthless_sets_it_rejects_no_more_often_than_it_says() -> None:
    rejected = sum(reality_check(noise(i), draws=300).consistent <= 0.05 for i in range(200))
    assert rejected <= binom.ppf(0.999, 200, 0.05)
    assert rejected >= binom.ppf(0.001, 200, 0.05)


def test_returns_with_habits_do_not_fool_it() -> None:
    def habitual(seed: int) -> np.ndarray:
        shocks = np.random.default_rng(seed).standard_normal((400, 3))
        for row in range(1, 400):
            shocks[row] += 0.4 * shocks[row - 1]
        return shocks

    rejected = sum(reality_check(habitual(i), draws=300).consistent <= 0.05 for i in range(100))
    plain = sum(reality_check(habitual(i), draws=300, mean_block=1.0).consistent <= 0.05 for i in range(100))
    assert rejected <= binom.ppf(0.9999, 100, 0.05)
    assert plain > rejected


def test_skill_among_many_is_found_and_bad_company_does_not_hide_it() -> None:
    found = 0
    for seed in range(40):
        table = noise(seed, 250, 100)
        table[:, 1:] -= 0.02
        table[:, 0] += 0.0025
        check = reality_check(table, draws=300)
        found += check.consistent <= 0.05
        assert check.candidate == 0
        assert check.consistent <= check.white
    assert found >= 36


def test_a_candidate_that_is_not_the_best_is_held_against_the_best() -> None:
    table = noise(3) + np.linspace(0.0, 0.002, 10)
    values = [reality_check(table, candidate=k).consistent for k in range(10)]
    assert min(values) == reality_check(table).consistent


def test_a_strategy_that_never_moves_is_undefined_and_harms_no_other() -> None:
    table = noise(4)
    still = table.copy()
    still[:, 9] = 0.0
    assert math.isnan(reality_check(still, candidate=9).consistent)
    assert math.isfinite(reality_check(still).consistent)
    assert math.isnan(reality_check(np.zeros((50, 2))).consistent)


@pytest.mark.parametrize("table", [np.zeros((1, 3)), np.zeros((9, 0)), np.full((9, 2), np.nan)])
def test_what_cannot_be_resampled_is_refused(table: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite returns"):
        reality_check(table)


@pytest.mark.parametrize("phi", [0.3, 0.6, 0.8])
def test_the_block_of_an_autoregression_is_that_of_the_theory(phi: float) -> None:
    """For an AR(1) the optimum is ((2 phi / (1 - phi²))² n)^(1/3): Politis and White, equations 9 and 14, by hand."""
    n, found = 4000, []
    for seed in range(8):
        series = np.random.default_rng(seed).standard_normal(n)
        for row in range(1, n):
            series[row] += phi * series[row - 1]
        found.append(block_length(series))
    assert np.mean(found) == pytest.approx(((2 * phi / (1 - phi**2)) ** 2 * n) ** (1 / 3), rel=0.2)


def test_noise_and_short_or_constant_series_need_no_blocks() -> None:
    assert np.median([block_length(noise(i, 500, 1)[:, 0]) for i in range(30)]) < 3.0
    assert block_length(np.arange(5.0)) == 1.0
    assert block_length(np.ones(100)) == 1.0


def test_a_block_never_takes_the_whole_series() -> None:
    assert block_length(np.arange(300.0)) <= 3 * math.sqrt(300) + 1
