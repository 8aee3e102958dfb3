"""Regimes, crises and benchmarks by hand."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from qts_core.analytics.benchmarks import BENCHMARKS, benchmark_returns, bill_returns, custom_benchmark
from qts_core.analytics.regimes import regimes
from qts_core.analytics.returns import DailyCurve
from qts_core.analytics.stress import STRESS_WINDOWS, stress
from qts_core.market.time import day_number


def curve(first: date, returns: list[float]) -> DailyCurve:
    days = (day_number(first) + np.arange(len(returns))).astype(np.int32)
    return DailyCurve(days, np.multiply(100.0, np.cumprod(1.0 + np.array(returns))), 100.0)


class TestRegimes:
    def test_profit_made_in_rising_markets_is_found_there(self) -> None:
        market = np.r_[np.full(60, -0.01), np.zeros(60), np.full(60, 0.01)] + 1e-4 * np.sin(np.arange(180))
        returns = np.where(np.arange(180) >= 130, 0.01, 0.0)
        found = {(line.kind, line.name): line for line in regimes(returns, market)}
        assert sum(line.n for (kind, _), line in found.items() if kind == "trend") == 160
        assert found["trend", "rising"].share == pytest.approx(1.0, abs=0.05)
        assert found["trend", "falling"].mean == 0.0

    def test_a_session_is_described_by_what_came_before_it(self) -> None:
        market, returns = np.zeros(90), np.zeros(90)
        market[50], returns[50] = 0.5, 1.0
        found = {(line.kind, line.name): line for line in regimes(returns, market)}
        # the jump itself is no reason to call its own session turbulent or rising
        assert found["volatility", "turbulent"].n == 0 or found["volatility", "turbulent"].mean == 0.0

    def test_short_histories_have_no_regimes(self) -> None:
        assert regimes(np.zeros(59), np.zeros(59)) == ()
        with pytest.raises(ValueError, match="1 returns but 2"):
            regimes(np.zeros(1), np.zeros(2))


class TestStress:
    def test_only_windows_inside_the_data_are_shown(self) -> None:
        found = stress(curve(date(2018, 1, 1), [0.0] * 500))
        assert [line.window.name for line in found] == ["2018-02", "2018-12"]
        assert stress(curve(date(2018, 2, 1), [0.0] * 20)) == ()

    def test_figures_by_hand(self) -> None:
        returns = [0.0] * 60
        returns[day_number(date(2018, 2, 5)) - day_number(date(2018, 1, 10))] = -0.04
        returns[day_number(date(2018, 2, 6)) - day_number(date(2018, 1, 10))] = 0.02
        line = stress(curve(date(2018, 1, 10), returns), np.full(60, -0.001))[0]
        assert line.n == 11  # 29 January to 8 February, every day a session here
        assert line.total == pytest.approx(0.96 * 1.02 - 1)
        assert line.worst == pytest.approx(-0.04)
        assert line.max_drawdown == pytest.approx(0.04)
        assert line.benchmark == pytest.approx(0.999**11 - 1)

    def test_windows_are_in_order_and_within_known_history(self) -> None:
        assert all(w.first < w.last for w in STRESS_WINDOWS)
        assert [w.first for w in STRESS_WINDOWS] == sorted(w.first for w in STRESS_WINDOWS)
        assert len(STRESS_WINDOWS) == 8


class TestBenchmarks:
    def test_what_has_no_bars_is_left_out(self) -> None:
        closes = {"SPY": curve(date(2024, 1, 30), [0.1, 0.1, 0.1])}
        found = benchmark_returns(closes, closes["SPY"].days)
        assert list(found) == ["SPY"]
        assert found["SPY"] == pytest.approx([0.0, 0.1, 0.1])
        assert benchmark_returns({}, closes["SPY"].days) == {}

    def test_sixty_forty_is_set_anew_each_month(self) -> None:
        closes = {
            "SPY": curve(date(2024, 1, 29), [0.0, 0.10, 0.10, 0.10]),
            "AGG": curve(date(2024, 1, 29), [0.0, 0.0, 0.0, 0.0]),
        }
        found = benchmark_returns(closes, closes["SPY"].days[1:])["60/40"]
        # 30 January 0.6 x 10 %; 31 January the drifted weight 0.66 / 1.06; 1 February 0.6 again
        assert found == pytest.approx([0.06, 0.066 / 1.06, 0.06])

    def test_bills_compound_to_their_rate(self) -> None:
        assert np.prod(1 + bill_returns(0.05, 252)) == pytest.approx(1.05)
        days = np.array([20_000, 20_001], dtype=np.int32)
        assert list(benchmark_returns({}, days, bill_rate=0.05)) == ["T-bill"]

    def test_a_custom_one_takes_any_symbols(self) -> None:
        closes = {name: curve(date(2024, 1, 1), [0.0, move]) for name, move in (("A", 0.1), ("B", -0.1))}
        own = custom_benchmark("mine", {"A": 0.75, "B": 0.25})
        assert benchmark_returns(closes, closes["A"].days, benchmarks=(own,))["mine"] == pytest.approx([0.0, 0.05])
        assert [b.name for b in BENCHMARKS] == ["SPY", "IWM", "60/40", "T-bill"]
        with pytest.raises(ValueError, match="holds nothing"):
            custom_benchmark("none", {})

    def test_a_benchmark_that_begins_later_is_left_out(self) -> None:
        closes = {"SPY": curve(date(2024, 1, 3), [0.0, 0.1])}
        days = (day_number(date(2024, 1, 1)) + np.arange(4)).astype(np.int32)
        assert benchmark_returns(closes, days) == {}
        assert math.isfinite(closes["SPY"].equity[0])
