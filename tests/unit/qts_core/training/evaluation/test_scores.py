"""Rank correlations refereed by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from qts_core.training.evaluation import average_ranks, evaluate_scores, rank_ic


def with_ties_and_gaps(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = np.round(rng.standard_normal((40, 12)), 1)
    values[rng.random(values.shape) < 0.15] = np.nan
    return values


def test_ranks_with_ties_and_gaps_equal_scipy() -> None:
    values = with_ties_and_gaps(3)
    expected = rankdata(values, axis=1, nan_policy="omit")
    np.testing.assert_allclose(average_ranks(values), expected)


def test_rank_ic_equals_spearman_of_scipy_bar_by_bar() -> None:
    scores, returns = with_ties_and_gaps(4), with_ties_and_gaps(5)
    got = rank_ic(scores, returns)
    for row in range(len(scores)):
        both = np.isfinite(scores[row]) & np.isfinite(returns[row])
        expected = spearmanr(scores[row][both], returns[row][both]).statistic
        assert got[row] == pytest.approx(expected, abs=1e-12)


def test_rank_ic_is_undefined_below_three_symbols_or_without_spread() -> None:
    nan = np.nan
    scores = np.array([[1.0, 2.0, nan], [1.0, 1.0, 1.0], [1.0, 2.0, 3.0]])
    returns = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, nan]])
    assert np.isnan(rank_ic(scores, returns)).all()


def test_figures_by_hand() -> None:
    scores = np.array([[0.02, -0.01, 0.01], [0.01, 0.02, -0.03]])
    returns = np.array([[0.03, -0.02, -0.01], [0.02, 0.04, -0.06]])
    found = evaluate_scores(scores, returns, horizon_bars=1)
    assert (found.samples, found.bars) == (6, 2)
    assert found.rank_ic_mean == pytest.approx(1.0)
    assert found.hit_ratio == pytest.approx(5 / 6)
    errors = returns - scores
    assert found.rmse == pytest.approx(np.sqrt((errors**2).mean()))
    assert found.r_squared == pytest.approx(1 - (errors**2).sum() / (returns**2).sum())
    assert found.residual_std == pytest.approx(errors.std(ddof=1))


def test_the_t_statistic_uses_bars_a_horizon_apart() -> None:
    rng = np.random.default_rng(8)
    scores, returns = rng.standard_normal((200, 9)), rng.standard_normal((200, 9))
    apart = rank_ic(scores, returns)[::10]
    expected = apart.mean() / (apart.std(ddof=1) / np.sqrt(len(apart)))
    assert evaluate_scores(scores, returns, horizon_bars=10).rank_ic_t == pytest.approx(expected)


def test_nothing_to_judge_gives_undefined_figures_not_zeros() -> None:
    empty = np.full((3, 4), np.nan)
    found = evaluate_scores(empty, empty, horizon_bars=1)
    assert found.samples == 0
    assert np.isnan([found.rank_ic_mean, found.hit_ratio, found.rmse, found.r_squared]).all()
