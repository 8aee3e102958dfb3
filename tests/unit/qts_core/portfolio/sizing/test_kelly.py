"""Kelly by hand, and each safeguard."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.portfolio.sizing.kelly import kelly_of_trades, kelly_ratio, smoothed_kelly


def test_the_textbook_coin() -> None:
    # wins 60 % at even money: stake 20 %
    assert kelly_ratio(0.6, 1.0) == pytest.approx(0.2)
    # wins half the time at two to one: (0.5 * 2 - 0.5) / 2
    assert kelly_ratio(0.5, 2.0) == pytest.approx(0.25)
    assert kelly_ratio(0.4, 1.0) == pytest.approx(-0.2)


def test_trades_give_their_win_rate_and_ratio() -> None:
    # two gains of mean 3 %, two losses of mean 1.5 %: p = 0.5, W = 2
    assert kelly_of_trades(np.array([0.02, -0.01, 0.04, -0.02])) == pytest.approx(0.25)


@pytest.mark.parametrize(
    "trades", [[-0.01, 0.005], [0.01, 0.02], [-0.01, -0.02], []], ids=["loses", "no loss", "no gain", "none"]
)
def test_a_losing_or_unknown_bet_has_no_size(trades: list[float]) -> None:
    assert kelly_of_trades(np.array(trades)) == 0.0


def test_only_the_last_trades_count() -> None:
    bad, good = np.full(50, -0.01), np.array([0.02, -0.01, 0.04, -0.02] * 25)
    assert smoothed_kelly(np.r_[bad, good], 100, 0.0, 30) == pytest.approx(0.25)


def test_smoothing_moves_half_way_in_a_half_life() -> None:
    # Before the step every estimate is 0.25; the loss of all edge at once reaches the mean slowly.
    good = np.array([0.02, -0.01, 0.04, -0.02] * 10)
    trades = np.r_[good, np.full(4, -0.5)]
    sharp, smooth = smoothed_kelly(trades, 4, 0.0, 4), smoothed_kelly(trades, 4, 4.0, 4)
    assert sharp == 0.0
    assert 0.0 < smooth < 0.25
