"""Residuals against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from qts_core.alphas.neutral import neutralised, sector_columns

NAN = float("nan")


def test_a_residual_is_that_of_a_regression() -> None:
    rng = np.random.default_rng(1)
    values, exposures = rng.normal(size=40), sm.add_constant(rng.normal(size=(40, 3)))
    assert neutralised(values, exposures) == pytest.approx(sm.OLS(values, exposures).fit().resid, abs=1e-12)


def test_against_the_market_the_mean_goes() -> None:
    assert neutralised(np.array([1.0, 2.0, 6.0]), np.ones((3, 1))).tolist() == pytest.approx([-2.0, -1.0, 3.0])


def test_against_sectors_every_sectors_mean_goes() -> None:
    columns = sector_columns(["b", "a", "b", "a"])
    assert columns.tolist() == [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    assert neutralised(np.array([1.0, 5.0, 3.0, 1.0]), columns).tolist() == pytest.approx([-1.0, 2.0, 1.0, -2.0])


def test_columns_that_repeat_others_change_nothing() -> None:
    rng = np.random.default_rng(2)
    values, sectors = rng.normal(size=12), sector_columns(["a", "b", "c"] * 4)
    # the market is the sum of the sectors
    both = np.hstack([np.ones((12, 1)), sectors, np.zeros((12, 1))])
    assert neutralised(values, both) == pytest.approx(neutralised(values, sectors), abs=1e-12)


def test_missing_values_are_left_out_and_missing_exposures_take_the_value() -> None:
    values = np.array([1.0, NAN, 2.0, 6.0, 9.0])
    exposures = np.array([[1.0], [1.0], [1.0], [1.0], [NAN]])
    found = neutralised(values, exposures)
    assert np.isnan(found).tolist() == [False, True, False, False, True]
    assert found[[0, 2, 3]].tolist() == pytest.approx([-2.0, -1.0, 3.0])


def test_no_more_values_than_exposures_leave_nothing() -> None:
    assert neutralised(np.array([1.0, 2.0]), np.eye(2)).tolist() == [0.0, 0.0]
    assert neutralised(np.array([0.3, -0.2]), np.zeros((2, 0))).tolist() == [0.3, -0.2]
