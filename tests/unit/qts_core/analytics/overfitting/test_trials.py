"""Effective number of trials: planted clusters, strangers, and the maxima that the tables give."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.analytics.overfitting import effective_trials, expected_maximum_normal, participation_ratio


def returns_of(groups: int, copies: int, *, sessions: int = 310, jitter: float = 0.02, seed: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    table = np.repeat(generator.standard_normal((sessions, groups)), copies, axis=1)
    drawn: np.ndarray = 0.01 * (table + jitter * generator.standard_normal(table.shape))
    return drawn


# Expected largest of n standard normals: Harter (1961), Biometrika 48, 151-165, table 1; n = 2 is 1 / sqrt(pi).
@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, 0.0), (2, np.pi**-0.5), (3, 0.84628), (5, 1.16296), (10, 1.53875), (100, 2.50759)],
)
def test_the_expected_maximum_is_that_of_the_tables(count: int, expected: float) -> None:
    assert expected_maximum_normal(count) == pytest.approx(expected, abs=1e-5)


def test_the_expected_maximum_equals_a_simulation() -> None:
    drawn = np.random.default_rng(0).standard_normal((20_000, 37)).max(axis=1)
    assert expected_maximum_normal(37) == pytest.approx(drawn.mean(), abs=4 * drawn.std() / 20_000**0.5)


def test_below_one_number_there_is_no_maximum() -> None:
    with pytest.raises(ValueError, match="at least one"):
        expected_maximum_normal(0.5)


@pytest.mark.parametrize(("groups", "copies"), [(1, 60), (2, 40), (5, 20), (20, 10), (50, 4)])
def test_groups_of_copies_count_as_groups(groups: int, copies: int) -> None:
    found = effective_trials(returns_of(groups, copies))
    assert groups * 0.98 <= found <= groups * 1.25


@pytest.mark.parametrize("count", [2, 10, 100, 800])
def test_strangers_count_in_full_even_when_there_are_more_of_them_than_sessions(count: int) -> None:
    found = effective_trials(returns_of(count, 1))
    assert count * 0.93 <= found <= count


def test_one_or_none_is_itself() -> None:
    assert effective_trials(np.zeros((10, 0))) == 0.0
    assert effective_trials(np.ones((10, 1))) == 1.0


def test_the_hurdle_of_correlated_trials_is_what_their_best_really_reaches() -> None:
    """The referee draws the trials themselves: 200 with a common correlation of one half."""
    count, sessions = 200, 250
    generator = np.random.default_rng(3)

    def table() -> np.ndarray:
        drawn: np.ndarray = generator.standard_normal((sessions, 1)) + generator.standard_normal((sessions, count))
        return drawn

    best = [(t.mean(axis=0) / t.std(axis=0, ddof=1)).max() * np.sqrt(sessions) for t in (table() for _ in range(600))]
    hurdle = expected_maximum_normal(effective_trials(table()))
    assert hurdle == pytest.approx(np.mean(best), abs=0.15)
    # Counting eigenvalues would call them four and set the hurdle far below what luck reaches.
    assert expected_maximum_normal(participation_ratio(np.corrcoef(table().T))) < np.mean(best) - 0.5


def test_trials_on_different_sessions_are_strangers() -> None:
    table = np.full((400, 2), np.nan)
    table[:200, 0] = table[200:, 1] = np.random.default_rng(5).standard_normal(200)
    assert effective_trials(table) == pytest.approx(2.0, abs=0.1)


def test_the_order_of_the_trials_and_their_scale_do_not_matter() -> None:
    table = returns_of(4, 5)
    assert effective_trials(table[:, ::-1] * 3.0) == pytest.approx(effective_trials(table), rel=1e-4)


def test_the_answer_is_the_same_every_time() -> None:
    table = returns_of(7, 3)
    assert effective_trials(table) == effective_trials(table)


def test_the_participation_ratio_is_that_of_the_eigenvalues() -> None:
    correlation = np.corrcoef(returns_of(6, 3).T)
    eigenvalues = np.linalg.eigvalsh(correlation)
    assert participation_ratio(correlation) == pytest.approx(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())
    assert participation_ratio(np.ones((9, 9))) == 1.0
    assert participation_ratio(np.eye(9)) == 9.0
