"""Trades beyond their means: profits, holding times and streaks as distributions (specification 11.3)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from qts_core.analytics.spread import Spread
from qts_core.analytics.trades import TradeStatistics
from qts_core.market.panel import Floats

__all__ = ["RunsTest", "StreakLength", "TradeDistribution", "expected_streaks", "runs_test", "streak_table"]


@dataclass(frozen=True, slots=True)
class StreakLength:
    """How often a streak of exactly `length` trades was seen, and would be if trades were independent."""

    length: int
    seen: int
    expected: float


@dataclass(frozen=True, slots=True)
class RunsTest:
    """Whether wins and losses alternate by chance: runs seen and expected among `n` trades, z and two-sided p."""

    n: int
    runs: int
    expected: float
    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True)
class TradeDistribution:
    """Round trips as distributions.

    Attributes
    ----------
    statistics : TradeStatistics
        Their means.
    profit : Spread
        USD net of costs.
    duration, winning_duration, losing_duration : Spread
        Bars.
    winning_streaks, losing_streaks : tuple of StreakLength
        By length.
    runs : RunsTest
        Over wins and losses; trades that broke even are left out.
    """

    statistics: TradeStatistics
    profit: Spread
    duration: Spread
    winning_duration: Spread
    losing_duration: Spread
    winning_streaks: tuple[StreakLength, ...]
    losing_streaks: tuple[StreakLength, ...]
    runs: RunsTest

    @classmethod
    def of(cls, pnl: Floats, bars_held: NDArray[np.int64]) -> TradeDistribution:
        """Measure profit per trade [n], USD in the order of closing, and holding times [n], bars.

        Raises
        ------
        ValueError
            If the lengths differ.
        """
        statistics = TradeStatistics.of(pnl, bars_held)
        n = statistics.n
        won = statistics.wins / n if n else math.nan
        lost = statistics.losses / n if n else math.nan
        return cls(
            statistics,
            Spread.of(pnl),
            Spread.of(bars_held),
            Spread.of(bars_held[pnl > 0]),
            Spread.of(bars_held[pnl < 0]),
            streak_table(statistics.winning_streaks.lengths, n, won),
            streak_table(statistics.losing_streaks.lengths, n, lost),
            runs_test(pnl[pnl != 0] > 0),
        )


def streak_table(lengths: tuple[int, ...], n: int, rate: float) -> tuple[StreakLength, ...]:
    """Return how often each length from 1 to the longest was seen among `n` trades of which `rate` belong to it."""
    seen = Counter(lengths)
    return tuple(
        StreakLength(length, seen[length], expected_streaks(length, n, rate))
        for length in range(1, max(lengths, default=0) + 1)
    )


def expected_streaks(length: int, n: int, rate: float) -> float:
    """Return the expected number of streaks of exactly `length` in `n` independent trades of probability `rate`.

    Notes
    -----
    ``2 q p^k + (n - k - 1) q² p^k`` for k < n, and ``p^n`` for k = n: a streak at either end is bounded on one side.
    """
    if length > n:
        return 0.0
    q = 1.0 - rate
    if length == n:
        return float(rate**n)
    return float(rate**length * (2 * q + (n - length - 1) * q * q))


def runs_test(is_win: NDArray[np.bool_]) -> RunsTest:
    """Test whether wins and losses [n] follow each other at random.

    References
    ----------
    Wald and Wolfowitz (1940), Annals of Mathematical Statistics 11(2), 147-162; normal approximation, no correction.
    """
    n = len(is_win)
    wins = int(is_win.sum())
    losses = n - wins
    runs = int((is_win[1:] != is_win[:-1]).sum()) + 1 if n else 0
    if not wins or not losses:
        return RunsTest(n, runs, math.nan, math.nan, math.nan)
    expected = 2 * wins * losses / n + 1
    variance = (expected - 1) * (expected - 2) / (n - 1)
    if variance <= 0:
        return RunsTest(n, runs, expected, math.nan, math.nan)
    z = (runs - expected) / math.sqrt(variance)
    return RunsTest(n, runs, expected, z, float(2 * ndtr(-abs(z))))
