"""A long/short portfolio of scores, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.training.evaluation.long_short import long_short, periods_per_year

NAN = np.nan


def test_three_symbols_over_two_horizons_by_hand() -> None:
    scores = np.array([[3.0, 2.0, 1.0], [9.0, 9.0, 9.0], [1.0, 2.0, 3.0], [9.0, 9.0, 9.0]])
    returns = np.array([[0.04, 0.5, -0.02], [1.0, 1.0, 1.0], [0.02, 0.5, 0.01], [1.0, 1.0, 1.0]])
    found = long_short(scores, returns, horizon_bars=2, cost_ratio=0.001)
    # half long and half short: (0.04 + 0.02) / 2, then the other way round (0.01 - 0.02) / 2
    np.testing.assert_allclose(found.gross, [0.03, -0.005])
    np.testing.assert_allclose(found.turnover, [1.0, 2.0])
    np.testing.assert_allclose(found.net, [0.029, -0.007])
    figures = found.measures()
    assert figures["profit_factor"] == pytest.approx(0.029 / 0.007)
    assert figures["max_drawdown"] == pytest.approx(0.007)
    assert figures["break_even_bps"] == pytest.approx(0.025 / 3 * 1e4)
    year = periods_per_year(2)
    assert figures["sharpe"] == pytest.approx(0.011 / np.std([0.029, -0.007], ddof=1) * np.sqrt(year))
    assert figures["sortino"] == pytest.approx(0.011 / np.sqrt(0.007**2 / 2) * np.sqrt(year))


def test_weights_come_from_scores_alone_and_unknown_returns_earn_nothing() -> None:
    scores = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, NAN], [1.0, 2.0, 3.0]])
    returns = np.array([[0.04, 0.0, NAN], [0.1, 0.1, 0.1], [NAN, NAN, NAN]])
    found = long_short(scores, returns, horizon_bars=1)
    np.testing.assert_allclose(found.gross, [0.02, 0.0])
    assert found.turnover[1] == pytest.approx(1.0)


def test_without_scores_nothing_is_claimed() -> None:
    figures = long_short(np.full((4, 3), NAN), np.ones((4, 3)), horizon_bars=1).measures()
    assert figures.pop("periods") == 0.0
    assert np.isnan(list(figures.values())).all()
