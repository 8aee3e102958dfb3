"""Covariances against NumPy and scikit-learn; missing days, still symbols, restarts."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf as sklearn_ledoit_wolf

from qts_core.portfolio.optimisation.covariance import RollingCovariance, ledoit_wolf, repaired, sample_covariance
from tests.unit.qts_core.portfolio.optimisation.markets_for_tests import drawn_returns


def test_sample_covariance_is_numpys() -> None:
    returns = drawn_returns(6)
    assert sample_covariance(returns) == pytest.approx(np.cov(returns.T), abs=1e-18)


@pytest.mark.parametrize("shape", [(60, 50), (30, 50), (500, 5)])
def test_shrinkage_is_scikit_learns(shape: tuple[int, int]) -> None:
    returns = drawn_returns(shape[1], shape[0])
    covariance, shrinkage = ledoit_wolf(returns)
    expected, its = sklearn_ledoit_wolf(returns)
    assert covariance == pytest.approx(expected, rel=1e-12, abs=1e-18)
    assert shrinkage == pytest.approx(its, abs=1e-12)


def test_a_missing_day_leaves_the_other_pairs_as_they_are() -> None:
    returns = drawn_returns(3)
    holed = returns.copy()
    holed[5, 0] = np.nan
    found = sample_covariance(holed)
    assert found[1:, 1:] == pytest.approx(np.cov(returns[:, 1:].T), abs=1e-12)
    assert found[0, 0] == pytest.approx(np.var(np.delete(returns[:, 0], 5), ddof=1), abs=1e-12)


def test_a_column_without_returns_is_not_known() -> None:
    returns = drawn_returns(3)
    returns[:, 1] = np.nan
    found = sample_covariance(returns)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[np.ix_([0, 2], [0, 2])]).all()


def test_a_singular_matrix_is_repaired_and_a_sound_one_left_alone() -> None:
    sound = np.cov(drawn_returns(4).T)
    assert repaired(sound).tolist() == sound.tolist()
    twins = np.ones((2, 2)) * 0.04
    assert np.linalg.eigvalsh(repaired(twins)).min() == pytest.approx(0.04 * 1e-8, rel=1e-3)
    assert repaired(twins) == pytest.approx(twins, abs=1e-9)
    assert np.linalg.eigvalsh(repaired(np.array([[1.0, 2.0], [2.0, 1.0]]))).min() > 0.0


def closes(returns: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    return np.asarray(100.0 * np.cumprod(np.vstack([np.zeros(returns.shape[1]), returns]) + 1.0, axis=0))


def test_rolling_covariance_is_that_of_the_last_sessions_a_year() -> None:
    returns = drawn_returns(4, 100)
    fold = RollingCovariance(60, 4, is_shrunk=False)
    for row in closes(returns):
        fold.update(row)
    assert fold.estimate() == pytest.approx(np.cov(returns[-60:].T) * 252, rel=1e-9)
    shrunk = RollingCovariance(60, 4)
    for row in closes(returns):
        shrunk.update(row)
    assert shrunk.estimate() == pytest.approx(sklearn_ledoit_wolf(returns[-60:])[0] * 252, rel=1e-9)


def test_a_symbol_known_too_short_or_without_a_move_has_no_covariance() -> None:
    prices = closes(drawn_returns(4, 30))
    prices[:15, 1] = np.nan
    prices[:, 2] = 5.0
    fold = RollingCovariance(60, 4, minimum_sessions=20)
    assert np.isnan(fold.estimate()).all()
    for row in prices:
        fold.update(row)
    assert np.isnan(np.diagonal(fold.estimate())).tolist() == [False, True, True, False]


def test_a_restart_gives_the_same_bits() -> None:
    prices = closes(drawn_returns(4, 90))
    prices[40:45, 2] = np.nan
    whole, first, second = (RollingCovariance(60, 4) for _ in range(3))
    for row in prices:
        whole.update(row)
    for row in prices[:50]:
        first.update(row)
    second.restore(json.loads(json.dumps(first.snapshot())))
    for row in prices[50:]:
        second.update(row)
    assert second.estimate().tolist() == whole.estimate().tolist()
