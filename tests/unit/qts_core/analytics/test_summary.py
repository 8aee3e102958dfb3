"""Everything that is defined is measured, with its n."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from qts_core.analytics.definitions import METRICS
from qts_core.analytics.returns import DailyCurve
from qts_core.analytics.summary import Performance, measure

DAYS = np.array([19_725, 19_726, 19_727, 19_728], dtype=np.int32)


def performance() -> Performance:
    """Four sessions of two bars: 100 -> 110 -> 99 -> 99 -> 108.9, three dollars of costs paid in the second."""
    net = np.array([110.0, 99.0, 99.0, 108.9])
    return Performance(
        net=DailyCurve(DAYS, net, 100.0),
        gross=DailyCurve(DAYS, net + np.array([0.0, 3.0, 3.0, 3.0]), 100.0),
        benchmark=DailyCurve(DAYS, np.array([101.0, 102.0, 101.0, 103.0]), 100.0),
        bar_equity=np.array([105.0, 110.0, 88.0, 99.0, 99.0, 99.0, 100.0, 108.9]),
        gross_exposure=np.array([0.0, 0.5, 0.5, 0.5, 0.0, 0.0, 0.5, 0.5]),
        net_exposure=np.array([0.0, 0.1, -0.1, 0.1, 0.0, 0.0, -0.1, 0.1]),
        positions=np.array([0.0, 2.0, 2.0, 2.0, 0.0, 0.0, 1.0, 1.0]),
        trade_pnl=np.array([10.0, -11.0, 9.9]),
        trade_bars=np.array([2, 4, 3]),
        costs=3.0,
        traded_notional=1000.0,
        trials=3,
    )


def test_every_definition_is_measured_and_counted() -> None:
    found = measure(performance())
    assert list(found) == list(METRICS)
    assert all(m.n > 0 and m.counted for m in found.values())
    assert {m.counted for m in found.values()} == {"sessions", "bars", "trades", "wins", "losses"}


@pytest.mark.parametrize(
    ("name", "value", "n"),
    [
        ("total_return", 0.089, 4),
        ("annualised_return", 1.089**63 - 1, 4),
        ("best_session", 0.10, 4),
        ("worst_session", -0.10, 4),
        ("positive_sessions", 0.5, 4),
        ("max_drawdown", 0.20, 8),
        ("average_drawdown", 0.10, 4),
        ("longest_drawdown", 3, 4),
        ("time_under_water", 0.75, 4),
        ("longest_recovery", 0, 4),
        ("trades", 3, 3),
        ("win_rate", 2 / 3, 3),
        ("average_win", 9.95, 2),
        ("average_loss", -11.0, 1),
        ("profit_factor", 19.9 / 11, 3),
        ("expectancy", 8.9 / 3, 3),
        ("trades_per_session", 0.75, 4 - 1),
        ("cost_per_turnover", 30.0, 4),
        ("total_costs", 3.0, 4),
        ("annual_turnover", 1000 / 101.1125 * 63, 4),
        ("cost_drag", 3 / 101.1125 * 63, 4),
        ("average_gross_exposure", 0.3125, 8),
        ("time_in_market", 5 / 8, 8),
        ("average_positions", 1.0, 8),
    ],
)
def test_values_by_hand(name: str, value: float, n: int) -> None:
    found = measure(performance())[name]
    assert found.value == pytest.approx(value, rel=1e-9, abs=1e-12)
    assert found.n == n


def test_gross_is_never_worse_than_net_in_these_sessions() -> None:
    found = measure(performance())
    assert found["gross_sharpe_ratio"].value > found["sharpe_ratio"].value
    assert found["sharpe_low"].value < found["sharpe_ratio"].value < found["sharpe_high"].value


def test_nothing_at_all_is_undefined_and_raises_nothing() -> None:
    empty = np.array([])
    nothing = DailyCurve(np.array([], dtype=np.int32), empty, 100.0)
    found = measure(
        Performance(nothing, nothing, None, empty, empty, empty, empty, empty, empty.astype(np.int64), 0.0, 0.0)
    )
    for name in ("total_return", "sharpe_ratio", "win_rate", "beta", "deflated_sharpe", "cost_per_turnover"):
        assert math.isnan(found[name].value), name


def test_without_a_benchmark_its_metrics_are_undefined_with_no_observations() -> None:
    found = measure(replace(performance(), benchmark=None))
    assert math.isnan(found["beta"].value)
    assert found["beta"].n == 0
