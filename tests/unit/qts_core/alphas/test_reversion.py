"""Mean reversion against scipy, statsmodels and TA-Lib."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
import talib
from scipy import stats

from qts_core.alphas.base import MeasuredAlpha
from qts_core.alphas.reversion import ResidualReversion, RsiReversion, ZScoreReversion
from qts_core.market.panel import Floats
from tests.support.alpha_bars import bars_of, random_closes


def strengths(alpha: MeasuredAlpha, closes: Floats) -> Floats:
    return np.array([alpha.update(bars, bars.close).strength for bars in bars_of(closes)])


def test_the_z_score_is_scipys_with_its_sign_turned() -> None:
    closes = random_closes(np.random.default_rng(1), 50, 3)
    found = strengths(ZScoreReversion("z", 3, 3, lookback_bars=20), closes)[-1]
    expected = -stats.zscore(np.log(closes[-20:]), ddof=1)[-1] / 3.0
    assert found == pytest.approx(np.clip(expected, -1, 1), rel=1e-9)


def test_the_residual_is_what_a_regression_on_the_market_leaves() -> None:
    closes = random_closes(np.random.default_rng(2), 80, 6)
    found = strengths(ResidualReversion("r", 4, 6, lookback_bars=60, drift_bars=4), closes)[-1]
    returns = np.diff(np.log(closes[-61:]), axis=0)
    market = returns.mean(axis=1)
    for i in range(6):
        fit = sm.OLS(returns[:, i], market).fit()
        drift = -fit.resid[-4:].sum() / np.sqrt(fit.mse_resid * 4)
        assert found[i] == pytest.approx(np.clip(drift / 3.0, -1, 1), rel=1e-9)


def test_the_index_is_talibs() -> None:
    closes = random_closes(np.random.default_rng(3), 120, 2)
    found = strengths(RsiReversion("i", 4, 2, lookback_bars=14), closes)
    for i in range(2):
        expected = -(talib.RSI(closes[:, i], 14) - 50.0) / 50.0
        assert np.isnan(found[:14, i]).all()
        assert found[14:, i] == pytest.approx(expected[14:], rel=1e-9, abs=1e-12)


def test_a_price_that_does_not_move_is_no_reason_to_trade() -> None:
    closes = np.full((40, 6), 50.0)
    for alpha in (
        ZScoreReversion("z", 3, 6, lookback_bars=20),
        ResidualReversion("r", 3, 6, lookback_bars=20, drift_bars=3),
        RsiReversion("i", 3, 6, lookback_bars=14),
    ):
        assert (strengths(alpha, closes)[-1] == 0.0).all()
