"""Rolling measures against pandas and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.regression.rolling import RollingOLS

from qts_core.analytics.rolling import rolling_beta, rolling_sharpe, rolling_volatility


def test_rolling_measures_equal_pandas() -> None:
    returns = np.random.default_rng(6).normal(0.0005, 0.01, 120)
    window = pd.Series(returns).rolling(21)
    np.testing.assert_allclose(rolling_volatility(returns, window=21), window.std() * np.sqrt(252), rtol=1e-9)
    expected = window.mean() / window.std() * np.sqrt(252)
    np.testing.assert_allclose(rolling_sharpe(returns, window=21), expected, rtol=1e-9)


def test_a_window_without_deviation_has_no_sharpe_ratio() -> None:
    assert np.isnan(rolling_sharpe(np.full(5, 0.01), window=3)).all()


def test_a_series_shorter_than_the_window_stays_undefined() -> None:
    assert np.isnan(rolling_sharpe(np.array([0.1, 0.2]), window=5)).tolist() == [True, True]


def test_a_window_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        rolling_volatility(np.zeros(3), window=1)


def test_rolling_beta_equals_the_slopes_of_statsmodels() -> None:
    rng = np.random.default_rng(8)
    market = rng.normal(0.0003, 0.01, 90)
    own = 0.4 * market + rng.normal(0.0, 0.004, 90)
    expected = RollingOLS(own, sm.add_constant(market), window=21).fit().params[:, 1]
    np.testing.assert_allclose(rolling_beta(own, market, window=21), expected, rtol=1e-8)


def test_twice_the_market_has_a_beta_of_two_and_a_still_market_none() -> None:
    market = np.array([0.01, -0.02, 0.03, 0.0, 0.0, 0.0])
    found = rolling_beta(2.0 * market + 0.001, market, window=3)
    np.testing.assert_allclose(found, [np.nan, np.nan, 2.0, 2.0, 2.0, np.nan])


def test_a_benchmark_of_other_length_is_refused() -> None:
    with pytest.raises(ValueError, match="5 returns but 4 of the benchmark"):
        rolling_beta(np.zeros(5), np.zeros(4), window=3)
