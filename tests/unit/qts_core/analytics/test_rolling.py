"""Rolling measures against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qts_core.analytics.rolling import rolling_sharpe, rolling_volatility


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
