"""Trade statistics of six trades."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.analytics.trades import TradeStatistics, profit_factor, win_rate

PNL = np.array([10.0, 20.0, -5.0, 0.0, -10.0, 30.0])
BARS = np.array([1, 3, 5, 7, 9, 5])


def test_wins_losses_and_ratios_by_hand() -> None:
    s = TradeStatistics.of(PNL, BARS)
    assert (s.n, s.wins, s.losses) == (6, 3, 2)
    assert s.win_rate == 0.5 == win_rate(PNL)
    assert (s.average_win, s.average_loss) == (20.0, -7.5)
    assert s.payoff_ratio == pytest.approx(20 / 7.5)
    assert s.profit_factor == 4.0 == profit_factor(PNL)
    assert s.expectancy == 7.5
    assert (s.duration, s.winning_duration, s.losing_duration) == (5.0, 3.0, 7.0)


def test_a_trade_that_breaks_even_ends_a_streak() -> None:
    s = TradeStatistics.of(PNL, BARS)
    assert s.winning_streaks.lengths == (2, 1)
    assert s.losing_streaks.lengths == (1, 1)
    assert (s.winning_streaks.longest, s.winning_streaks.average) == (2, 1.5)


def test_without_trades_nothing_is_defined_but_the_count() -> None:
    s = TradeStatistics.of(np.array([]), np.array([], dtype=np.int64))
    assert (s.n, s.winning_streaks.longest) == (0, 0)
    for value in (s.win_rate, s.profit_factor, s.expectancy, s.payoff_ratio, s.winning_streaks.average):
        assert math.isnan(value)


def test_without_a_loss_the_profit_factor_is_infinite() -> None:
    assert profit_factor(np.array([1.0])) == math.inf
    assert math.isnan(profit_factor(np.array([0.0])))
    assert profit_factor(np.array([-1.0])) == 0.0


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="6 profits but 1"):
        TradeStatistics.of(PNL, BARS[:1])


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=60))
def test_expectancy_is_wins_less_losses_weighted_by_their_rates(values: list[int]) -> None:
    s = TradeStatistics.of(np.array(values, dtype=np.float64), np.ones(len(values)))
    gain = s.average_win * s.win_rate if s.wins else 0.0
    loss = s.average_loss * s.losses / s.n if s.losses else 0.0
    assert s.expectancy == pytest.approx(gain + loss, abs=1e-9)
    assert sum(s.winning_streaks.lengths) == s.wins
    assert sum(s.losing_streaks.lengths) == s.losses
