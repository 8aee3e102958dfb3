"""Random signs against scipy's permutation test."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qts_core.analytics.sign_test import sign_test

SMALL = np.array([0.02, -0.01, 0.015, 0.003, -0.004, 0.01, 0.008, -0.002])


def mean(x: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.asarray(np.mean(x, axis=axis))


def test_few_returns_are_tried_completely_as_scipy_does() -> None:
    expected = stats.permutation_test(
        (SMALL,), mean, permutation_type="samples", alternative="greater", n_resamples=np.inf
    ).pvalue
    found = sign_test(SMALL, np.random.default_rng(0))
    assert found.is_exact
    assert found.draws == 256
    assert found.p_value == pytest.approx(expected, rel=1e-12)


def test_many_returns_come_near_the_normal_limit() -> None:
    r = 0.01 * np.random.default_rng(4).standard_normal(800) + 0.0005
    z = r.sum() / math.sqrt((r**2).sum())
    found = sign_test(r, np.random.default_rng(1), draws=4000)
    assert found.p_value == pytest.approx(stats.norm.sf(z), abs=0.03)


def test_blocks_keep_their_sign() -> None:
    found = sign_test(np.array([1.0, 1.0, 1.0, 1.0]), np.random.default_rng(0), block=2)
    assert found.p_value == 1 / 4  # both blocks positive, of four combinations


def test_nothing_says_nothing() -> None:
    assert math.isnan(sign_test(np.array([]), np.random.default_rng(0)).p_value)
