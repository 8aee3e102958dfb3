"""Weights follow realised performance, sum to one, keep their floor, and know no outcome before it happened."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize

from qts_core.models.ensemble.weights import (
    WEIGHTINGS,
    BarRecord,
    Weighting,
    bar_record,
    best_members,
    decayed,
    weights_by,
    with_floor,
)


def record_of(profit: list[list[float]], *, horizon: int = 3) -> BarRecord:
    values = np.array(profit, dtype=float)
    row = np.arange(len(values))
    return BarRecord(row, row + horizon, values, values.copy(), np.abs(values) + 0.1)


def random_record(bars: int = 300, members: int = 3, seed: int = 0) -> BarRecord:
    rng = np.random.default_rng(seed)
    profit = rng.standard_normal((bars, members)) + np.linspace(0.3, 0.0, members)
    row = np.arange(bars)
    return BarRecord(row, row + 5, profit, 0.1 * profit, rng.random((bars, members)) + 0.5)


def test_a_bar_of_two_symbols_is_measured_as_by_hand() -> None:
    scores = np.array([[0.02, np.nan], [-0.02, np.nan]])
    found = bar_record(scores, np.array([0.01, -0.03]), np.array([4, 4]), np.array([8, 9]))
    assert (found.row.tolist(), found.known_row.tolist()) == ([4], [9])
    # half a unit long the first, half short the second: 0.005 + 0.015
    assert found.profit[0, 0] == pytest.approx(0.02)
    assert found.ic[0, 0] == pytest.approx(1.0)
    assert found.error[0, 0] == pytest.approx((0.01**2 + 0.01**2) / 2)
    assert np.isnan(found.profit[0, 1])


def test_information_is_the_correlation_across_symbols() -> None:
    rng = np.random.default_rng(1)
    scores, returns, row = rng.standard_normal((40, 1)), rng.standard_normal(40), np.repeat([0, 1], 20)
    found = bar_record(scores, returns, row, row + 1)
    expected = [np.corrcoef(scores[row == b, 0], returns[row == b])[0, 1] for b in (0, 1)]
    np.testing.assert_allclose(found.ic[:, 0], expected)


@pytest.mark.parametrize("method", WEIGHTINGS)
def test_weights_sum_to_one_and_keep_their_floor(method: Weighting) -> None:
    for floor in (0.0, 0.1, 1 / 3):
        weights = weights_by(method, random_record(), floor=floor)
        assert weights.sum() == pytest.approx(1.0, abs=1e-15)
        assert (weights >= floor - 1e-12).all()


def test_sharpe_weights_are_in_proportion_to_the_ratio_and_a_loser_gets_nothing() -> None:
    rng = np.random.default_rng(2)
    noise = rng.standard_normal(500)
    noise = (noise - noise.mean()) / noise.std()
    found = record_of(np.column_stack([0.1 + noise, 0.3 + noise, -0.2 + noise]).tolist())
    np.testing.assert_allclose(weights_by("sharpe_weighted", found), [0.25, 0.75, 0.0], atol=1e-12)


def test_inverse_variance_weighs_half_the_error_twice() -> None:
    record = random_record()
    found = BarRecord(record.row, record.known_row, record.profit, record.ic, np.tile([1.0, 2.0, 4.0], (300, 1)))
    np.testing.assert_allclose(weights_by("inverse_variance", found), np.array([4, 2, 1]) / 7)


def test_optimised_weights_have_the_highest_sharpe_ratio_that_a_solver_finds() -> None:
    record = random_record(bars=2000, members=3, seed=4)
    covariance = np.cov(record.profit.T, bias=True)
    covariance += np.eye(3) * 0.1 * np.trace(covariance) / 3
    mean = record.profit.mean(axis=0)
    best = scipy.optimize.minimize(
        lambda w: -(w @ mean) / np.sqrt(w @ covariance @ w), np.full(3, 1 / 3), bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, tol=1e-12,
    )  # fmt: skip
    np.testing.assert_allclose(weights_by("optimised", record), best.x, atol=1e-4)


def test_where_nothing_can_be_said_all_weigh_the_same() -> None:
    np.testing.assert_array_equal(weights_by("sharpe_weighted", record_of([[1.0, 2.0]] * 5)), [0.5, 0.5])
    np.testing.assert_array_equal(weights_by("sharpe_weighted", record_of([[-1.0, -2.0]] * 50)), [0.5, 0.5])


def test_a_silent_member_gets_its_floor_and_does_not_spoil_the_others() -> None:
    record = random_record()
    profit = record.profit.copy()
    profit[:, 2] = np.nan
    found = weights_by(
        "sharpe_weighted", BarRecord(record.row, record.known_row, profit, record.ic, record.error), floor=0.05
    )
    assert found[2] == pytest.approx(0.05)


def test_performance_is_halved_with_each_half_life_and_unknown_outcomes_weigh_nothing() -> None:
    record = record_of([[1.0]] * 10, horizon=2)
    np.testing.assert_allclose(
        decayed(record, 7, 2.0)[:7], 0.5 ** ((7 - np.arange(2, 9)) / 2.0) * (np.arange(2, 9) <= 7)
    )
    assert (decayed(record, 7, 2.0)[6:] == 0).all()


def test_weights_at_a_bar_do_not_change_with_outcomes_after_it() -> None:
    record = random_record()
    later = record.known_row > 200
    profit = np.where(later[:, None], -50.0, record.profit)
    other = BarRecord(record.row, record.known_row, profit, record.ic, record.error)
    for method in ("sharpe_weighted", "optimised"):
        one, two = (weights_by(method, r, importance=decayed(r, 200, 30.0)) for r in (record, other))
        assert one.tobytes() == two.tobytes()
        assert weights_by(method, record.known_at(200)).tobytes() == weights_by(method, other.known_at(200)).tobytes()


def test_recent_performance_counts_more() -> None:
    first, second = [[1.0, -1.0]] * 100, [[-1.0, 1.0]] * 30
    rng = np.random.default_rng(0)
    record = record_of((np.array(first + second) + 0.5 * rng.standard_normal((130, 2))).tolist())
    assert weights_by("sharpe_weighted", record)[0] > 0.9
    assert weights_by("sharpe_weighted", record, importance=decayed(record, 132, 10.0))[1] > 0.9
    assert best_members(record, 1, decayed(record, 132, 10.0)).tolist() == [False, True]


def test_a_floor_beyond_what_there_is_is_refused() -> None:
    with pytest.raises(ValueError, match="more than there is"):
        with_floor(np.ones(3), 0.4)
