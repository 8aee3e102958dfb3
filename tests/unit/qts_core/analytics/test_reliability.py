"""Reliability diagram and Brier score against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from qts_core.analytics.reliability import brier_parts, reliability

RNG = np.random.default_rng(4)
SAID = RNG.random(3000)
CAME = (RNG.random(3000) < SAID**1.5).astype(np.float64)


@pytest.mark.parametrize("bins", [5, 10, 17])
def test_the_diagram_is_that_of_scikit_learn(bins: int) -> None:
    share, mean = calibration_curve(CAME, SAID, n_bins=bins)
    ours = reliability(SAID, CAME, bins=bins)
    used = ours.counts > 0
    np.testing.assert_allclose(ours.happened[used], share, atol=1e-12)
    np.testing.assert_allclose(ours.foretold[used], mean, atol=1e-12)


def test_the_expected_error_by_hand() -> None:
    # two bins: 0.2 foretold and 1 of 2 came; 0.9 foretold and 2 of 2 came: (2 * 0.3 + 2 * 0.1) / 4
    found = reliability(np.array([0.2, 0.2, 0.9, 0.9]), np.array([1.0, 0, 1, 1]))
    assert found.expected_error == pytest.approx(0.2)
    assert found.largest_error == pytest.approx(0.3)


def test_the_brier_score_is_that_of_scikit_learn_and_its_parts_add_up() -> None:
    parts = brier_parts(SAID, CAME)
    assert parts.brier == pytest.approx(brier_score_loss(CAME, SAID), abs=1e-12)
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within_bins
    assert parts.brier == pytest.approx(total, abs=1e-15)


def test_with_equal_forecasts_in_each_bin_murphys_three_parts_are_all() -> None:
    said = np.round(SAID - 0.05, 1) + 0.05
    parts = brier_parts(said, CAME)
    assert parts.within_bins == pytest.approx(0.0, abs=1e-12)
    expected = sum((said == value).mean() * (value - CAME[said == value].mean()) ** 2 for value in np.unique(said))
    assert parts.reliability == pytest.approx(expected, abs=1e-12)


def test_the_climate_has_no_resolution_and_no_error() -> None:
    parts = brier_parts(np.full(len(CAME), CAME.mean()), CAME)
    assert (parts.reliability, parts.resolution) == pytest.approx((0.0, 0.0), abs=1e-15)
    assert parts.brier == pytest.approx(CAME.var())


def test_missing_values_are_left_out_and_nothing_is_undefined() -> None:
    said, came = np.append(SAID, [np.nan, 0.5]), np.append(CAME, [1.0, np.nan])
    assert brier_parts(said, came) == brier_parts(SAID, CAME)
    assert np.isnan(brier_parts(np.empty(0), np.empty(0)).brier)
    assert np.isnan(reliability(np.empty(0), np.empty(0)).expected_error)
