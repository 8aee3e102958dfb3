"""Permutation test: exact on small cases, right size with habits in both series, power on a planted link."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, spearmanr

from qts_core.analytics.overfitting import permutation_test


def market(seed: int, rows: int = 150, symbols: int = 12, link: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Scores that wander slowly, outcomes with a common part."""
    generator = np.random.default_rng(seed)
    scores = 0.3 * np.cumsum(generator.standard_normal((rows, symbols)), axis=0)
    scores += generator.standard_normal((rows, symbols))
    outcomes = generator.standard_normal((rows, symbols)) + generator.standard_normal((rows, 1))
    return scores, outcomes + link * scores


def test_the_statistic_is_the_rank_correlation() -> None:
    scores, outcomes = market(0, link=0.1)
    expected = spearmanr(scores.ravel(), outcomes.ravel()).statistic
    assert permutation_test(scores, outcomes, draws=99).statistic == pytest.approx(expected)


def test_it_rejects_no_more_often_than_it_says_although_scores_have_habits() -> None:
    rejected = sum(permutation_test(*market(i), draws=199).p_value <= 0.05 for i in range(300))
    assert binom.ppf(0.0005, 300, 0.05) <= rejected <= binom.ppf(0.9995, 300, 0.05)


def test_outcomes_with_habits_as_long_as_a_block_do_not_fool_it() -> None:
    def habitual(seed: int) -> tuple[np.ndarray, np.ndarray]:
        scores, noise = market(seed, 300)
        outcomes = noise.copy()
        outcomes[1:] += 0.5 * noise[:-1]
        return scores, outcomes

    rejected = sum(permutation_test(*habitual(i), draws=199).p_value <= 0.05 for i in range(100))
    assert rejected <= binom.ppf(0.9999, 100, 0.05)


def test_a_planted_link_is_found() -> None:
    assert sum(permutation_test(*market(i, link=0.1), draws=199).p_value <= 0.05 for i in range(40)) >= 36


def test_the_opposite_link_is_not_evidence() -> None:
    scores, outcomes = market(1, link=0.3)
    assert permutation_test(-scores, outcomes).p_value > 0.95


def test_liking_what_always_rises_is_not_evidence() -> None:
    scores, outcomes = market(2)
    taste = np.linspace(-30.0, 30.0, 12)
    found = permutation_test(scores + taste, outcomes + taste)
    assert found.statistic > 0.5
    assert found.p_value > 0.05


def test_overlapping_outcomes_are_thinned_until_they_share_nothing() -> None:
    scores, outcomes = market(3, rows=1000)
    assert permutation_test(scores, outcomes, horizon_rows=10).rows == 100
    scores[::2] = np.nan
    assert permutation_test(scores, outcomes, horizon_rows=10).rows == 100


def test_outcomes_that_overlap_do_not_fool_it_once_thinned() -> None:
    def overlapping(seed: int) -> tuple[np.ndarray, np.ndarray]:
        scores, noise = market(seed, 1500, 4)
        return scores, np.array([noise[i : i + 10].sum(axis=0) for i in range(1500)])

    rejected = sum(permutation_test(*overlapping(i), horizon_rows=10, draws=199).p_value <= 0.05 for i in range(150))
    assert rejected <= binom.ppf(0.9999, 150, 0.05)


def test_missing_cells_are_left_out() -> None:
    scores, outcomes = market(4, link=0.2)
    scores[::3, ::2] = np.nan
    outcomes[1::5, 1] = np.nan
    known = np.isfinite(scores) & np.isfinite(outcomes)
    expected = spearmanr(scores[known], outcomes[known]).statistic
    assert permutation_test(scores, outcomes).statistic == pytest.approx(expected)


def test_no_p_value_is_zero_and_the_same_seed_gives_the_same() -> None:
    scores, outcomes = market(5, link=5.0)
    first = permutation_test(scores, outcomes, draws=99)
    assert first.p_value == 1 / 100
    assert first == permutation_test(scores, outcomes, draws=99)


@pytest.mark.parametrize("rows", [0, 39])
def test_too_little_to_permute_is_undefined(rows: int) -> None:
    scores, outcomes = market(6)
    assert math.isnan(permutation_test(scores[:rows], outcomes[:rows]).p_value)


def test_constant_scores_are_undefined() -> None:
    scores, outcomes = market(7)
    assert math.isnan(permutation_test(np.ones_like(scores), outcomes).p_value)
