"""Exposures from closed bars, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qts_core.alphas.neutraliser import Against, Neutraliser, NeutralSettings, market_betas
from qts_core.alphas.signal import Signals
from qts_core.market.panel import Floats
from tests.support.alpha_bars import bars_of, random_closes


def said(strength: Floats) -> Signals:
    return Signals(strength, np.abs(strength), np.zeros(len(strength), dtype=np.bool_))


def test_betas_are_slopes_on_the_mean_return() -> None:
    returns = np.random.default_rng(1).normal(size=(60, 7))
    expected = [stats.linregress(returns.mean(axis=1), returns[:, i]).slope for i in range(7)]
    assert market_betas(returns) == pytest.approx(expected)


def test_factors_are_standardised_momentum_volatility_and_traded_value() -> None:
    closes = random_closes(np.random.default_rng(2), 53, 8)
    fold = Neutraliser(NeutralSettings((Against.FACTOR,), lookback_bars=30), ["a"] * 8)
    for bars in bars_of(closes):
        fold.update(bars, said(np.zeros(8)))
    # the last bar is the first of a session
    returns = np.diff(np.log(closes[-31:]), axis=0)
    expected = [
        stats.zscore(returns.sum(axis=0)),
        stats.zscore(returns.std(axis=0, ddof=1)),
        stats.zscore(np.log(closes[-30:].mean(axis=0))),
    ]
    assert fold.exposures == pytest.approx(np.column_stack(expected), abs=1e-9)


def test_residuals_beyond_one_shrink_together() -> None:
    fold = Neutraliser(NeutralSettings((Against.MARKET,)), ["a"] * 4)
    closes = np.full((1, 4), 10.0)
    found = fold.update(next(bars_of(closes)), said(np.array([1.0, -1.0, -1.0, -1.0]))).strength
    # minus the mean -0.5: 1.5 and three times -0.5; over 1.5
    assert found.tolist() == pytest.approx([1.0, -1 / 3, -1 / 3, -1 / 3])


def test_until_betas_are_known_there_is_no_opinion() -> None:
    fold = Neutraliser(NeutralSettings((Against.BETA,), lookback_bars=30), ["a"] * 6)
    found = fold.update(next(bars_of(np.full((1, 6), 10.0))), said(np.full(6, 0.5)))
    assert np.isnan(found.strength).all()
    assert np.isnan(found.confidence).all()
