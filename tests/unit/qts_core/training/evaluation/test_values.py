"""Errors of values, refereed by scikit-learn and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn import metrics

from qts_core.training.evaluation.values import value_measures


def test_errors_and_correlation_equal_the_referees() -> None:
    rng = np.random.default_rng(3)
    told, came = rng.standard_normal((30, 8)), rng.standard_normal((30, 8))
    came += 0.4 * told + 0.1
    told[rng.random(told.shape) < 0.1] = np.nan
    came[5, 2:] = np.nan
    both = np.isfinite(told) & np.isfinite(came)
    found = value_measures(told, came)
    assert found["mse"] == pytest.approx(metrics.mean_squared_error(came[both], told[both]))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(came[both], told[both]))
    assert found["r2"] == pytest.approx(metrics.r2_score(came[both], told[both]))
    bars = [pearsonr(t[b], c[b]).statistic for t, c, b in zip(told, came, both, strict=True) if b.sum() >= 3]
    assert found["ic"] == pytest.approx(np.mean(bars))


def test_nothing_in_common_is_undefined() -> None:
    assert np.isnan(list(value_measures(np.full((2, 3), np.nan), np.ones((2, 3))).values())).all()
