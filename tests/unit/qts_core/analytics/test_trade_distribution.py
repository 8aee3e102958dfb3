"""Distributions of trades and drawdowns: by hand, by simulation, and against statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.sandbox.stats.runs import runstest_1samp

from qts_core.analytics.drawdown_distribution import DrawdownDistribution
from qts_core.analytics.spread import Spread
from qts_core.analytics.trade_distribution import TradeDistribution, expected_streaks, runs_test


def test_streaks_by_length() -> None:
    pnl = np.array([1.0, 2.0, -1.0, 3.0, -1.0, -2.0, 5.0, 1.0])
    found = TradeDistribution.of(pnl, np.arange(1, 9))
    assert [(s.length, s.seen) for s in found.winning_streaks] == [(1, 1), (2, 2)]
    assert [(s.length, s.seen) for s in found.losing_streaks] == [(1, 1), (2, 1)]
    assert found.profit.median == 1.0
    assert found.duration.n == 8
    assert found.losing_duration.mean == pytest.approx((3 + 5 + 6) / 3)
    assert found.runs.runs == 5


def test_expected_streaks_by_enumeration_of_all_sequences() -> None:
    n, rate = 6, 0.6
    for length in range(1, n + 1):
        total = 0.0
        for code in range(2**n):
            wins = [(code >> i) & 1 for i in range(n)]
            weight = math.prod(rate if w else 1 - rate for w in wins)
            runs = "".join(map(str, wins)).split("0")
            total += weight * sum(len(run) == length for run in runs)
        assert expected_streaks(length, n, rate) == pytest.approx(total, rel=1e-12)
    assert expected_streaks(7, 6, 0.5) == 0.0


def test_runs_test_is_that_of_statsmodels() -> None:
    wins = np.random.default_rng(1).random(80) < 0.55
    z, p = runstest_1samp(wins.astype(float), cutoff=0.5, correction=False)
    found = runs_test(wins)
    assert (found.statistic, found.p_value) == pytest.approx((z, p), rel=1e-10)
    assert math.isnan(runs_test(np.ones(5, dtype=bool)).p_value)


def test_no_trade_is_no_error() -> None:
    found = TradeDistribution.of(np.array([]), np.array([], dtype=np.int64))
    assert found.winning_streaks == ()
    assert found.profit.n == 0


def test_drawdowns_by_hand() -> None:
    #                  peak 110: falls to 88 in two rows, back in one; peak 121: open
    found = DrawdownDistribution.of(np.array([100.0, 110.0, 99.0, 88.0, 110.0, 121.0, 108.9]))
    assert found.n == 2
    assert found.is_open
    assert [d.depth for d in found.worst(1)] == pytest.approx([0.2])
    assert found.depth.mean == pytest.approx(0.15)
    assert found.duration.mean == pytest.approx((3 + 1) / 2)
    assert found.fall.mean == pytest.approx((2 + 1) / 2)
    assert (found.recovery.n, found.recovery.mean) == (1, 1.0)


def test_a_spread_leaves_out_what_is_not_known() -> None:
    found = Spread.of(np.array([1.0, np.nan, 2.0, 3.0]))
    assert (found.n, found.mean, found.median, found.deviation) == (3, 2.0, 2.0, 1.0)
    assert math.isnan(Spread.of(np.array([])).median)
