"""Tests of dependence refuse lags that do not fit; the chi-square probability is scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qts_core.features import ops
from qts_core.features.kernels.dependence import chi_square_survival
from qts_core.features.ops import dependence
from qts_core.market.errors import InvalidConfigError


@pytest.mark.parametrize("lags", [0, 50, 200])
def test_lags_that_do_not_fit_the_window_are_refused(lags: int) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        dependence.ljung_box(ops.close, 100, lags, every=10)
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        dependence.partial_autocorrelation(ops.close, 100, lags, every=10)


def test_a_schedule_of_no_bars_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="every"):
        dependence.hurst(ops.close, 128, every=0)


def test_two_lengths_must_fit_the_window_of_a_hurst_exponent() -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        dependence.hurst(ops.close, 128, every=1, shortest=65)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 10, 25])
def test_chi_square_probability_is_that_of_scipy(freedom: int) -> None:
    x = np.array([[0.0, 1e-9, 0.1, 1.0, 5.0, 20.0, 300.0, 1e4, np.nan]])
    out = np.empty_like(x)
    chi_square_survival(x, out, freedom)
    np.testing.assert_allclose(out, stats.chi2.sf(x, freedom), rtol=1e-11, atol=1e-300)
