"""Each way to make one score of several gives what a person works out by hand; who is silent is left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats

from qts_core.market.panel import Floats
from qts_core.models.ensemble.aggregation import (
    agreement,
    disagreement,
    hard_vote,
    median,
    soft_vote,
    trimmed_mean,
    weighted_mean,
    with_minimum_agreement,
)

NAN = np.nan
EQUAL = np.full(3, 1 / 3)


def rows(*given: list[float]) -> Floats:
    return np.array(given)


def test_a_weighted_mean_scales_up_the_weights_of_those_who_speak() -> None:
    scores = rows([0.01, 0.02, 0.06], [0.01, NAN, 0.06], [NAN, NAN, NAN])
    found = weighted_mean(scores, np.array([0.5, 0.3, 0.2]))
    np.testing.assert_allclose(found[:2], [0.005 + 0.006 + 0.012, (0.005 + 0.012) / 0.7], rtol=1e-15)
    assert np.isnan(found[2])


def test_a_row_whose_speakers_weigh_nothing_has_no_opinion() -> None:
    assert np.isnan(weighted_mean(rows([NAN, 0.02]), np.array([1.0, 0.0]))[0])


def test_weights_may_differ_by_row() -> None:
    found = weighted_mean(rows([1.0, 3.0], [1.0, 3.0]), rows([1.0, 0.0], [0.25, 0.75]))
    np.testing.assert_array_equal(found, [1.0, 2.5])


def test_the_median_and_the_trimmed_mean_are_those_of_numpy_and_scipy() -> None:
    scores = np.random.default_rng(1).standard_normal((200, 7))
    np.testing.assert_allclose(median(scores), np.median(scores, axis=1), rtol=1e-15)
    np.testing.assert_allclose(trimmed_mean(scores, 0.2), scipy.stats.trim_mean(scores, 0.2, axis=1), rtol=1e-12)
    scores[np.random.default_rng(2).random(scores.shape) < 0.3] = NAN
    np.testing.assert_allclose(median(scores), np.nanmedian(scores, axis=1), rtol=1e-15)


def test_a_trimmed_mean_loses_the_outlier_and_no_more_than_it_may() -> None:
    found = trimmed_mean(rows([1.0, 2.0, 3.0, 4.0, 100.0], [NAN, NAN, 3.0, NAN, 100.0], [NAN] * 5), 0.2)
    np.testing.assert_array_equal(found[:2], [3.0, 51.5])
    assert np.isnan(found[2])


def test_a_hard_vote_counts_heads_and_a_zero_abstains() -> None:
    scores = rows([0.001, 0.5, -9.0], [0.0, -0.1, -0.2], [0.0, 0.0, 0.0], [NAN, NAN, NAN])
    found = hard_vote(scores, np.ones(3), np.ones(3))
    np.testing.assert_allclose(found[:3], [1 / 3, -1.0, 0.0])
    assert np.isnan(found[3])


def test_votes_weigh_by_member_and_by_what_they_are_for() -> None:
    scores = rows([0.1, -0.1, -0.1])
    assert hard_vote(scores, np.array([0.6, 0.2, 0.2]), np.array([0.6, 0.2, 0.2]))[0] == pytest.approx(0.2)
    up, down = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    assert hard_vote(scores, up, down)[0] == pytest.approx((0.5 - 0.3 - 0.5) / 1.3)


def test_a_soft_vote_is_the_mean_probability() -> None:
    chances = rows([0.9, 0.6, 0.3], [0.9, NAN, 0.3])
    np.testing.assert_allclose(soft_vote(chances, EQUAL, EQUAL), [2 * 0.6 - 1, 2 * 0.6 - 1])
    up, down = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    # up 0.9, down 0.7: of 1.6 in all
    assert soft_vote(chances[:1], up, down)[0] == pytest.approx((0.9 - 0.7) / 1.6)


def test_disagreement_and_agreement_are_of_those_who_speak() -> None:
    scores = rows([0.01, 0.03, NAN], [0.01, NAN, NAN], [0.01, -0.01, -0.02])
    expected = np.array([0.01, float(np.std([0.01, -0.01, -0.02]))])
    np.testing.assert_allclose(disagreement(scores)[[0, 2]], expected)
    assert np.isnan(disagreement(scores)[1])
    np.testing.assert_allclose(agreement(scores, np.array([0.02, 0.01, -0.01])), [1.0, 1.0, 2 / 3])


def test_too_little_agreement_is_no_opinion_and_just_enough_is_one() -> None:
    scores, combined = rows([1.0, 1.0, 1.0, -1.0, -1.0], [1.0, 1.0, -1.0, -1.0, NAN]), np.array([0.2, 0.1])
    found = with_minimum_agreement(combined, scores, 0.6)
    assert found[0] == 0.2
    assert np.isnan(found[1])


WAYS: list[Callable[[Floats], Floats]] = [
    lambda s: weighted_mean(s, np.full(s.shape[1], 1.0)),
    median,
    lambda s: trimmed_mean(s, 0.25),
    lambda s: hard_vote(s, np.ones(s.shape[1]), np.ones(s.shape[1])),
    disagreement,
]


@pytest.mark.parametrize("way", WAYS)
def test_the_order_of_the_members_does_not_matter_and_a_batch_is_its_rows(way: Callable[[Floats], Floats]) -> None:
    rng = np.random.default_rng(3)
    scores = rng.standard_normal((50, 5))
    scores[rng.random(scores.shape) < 0.2] = NAN
    np.testing.assert_allclose(way(scores[:, [4, 2, 0, 1, 3]]), way(scores), rtol=1e-12, atol=1e-15)
    one_by_one = np.concatenate([way(scores[i : i + 1]) for i in range(len(scores))])
    assert one_by_one.tobytes() == way(scores).tobytes()
