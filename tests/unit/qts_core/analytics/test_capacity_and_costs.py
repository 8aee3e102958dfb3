"""Capacity, cost sweep and sensitivity: closed forms and hand calculation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qts_core.analytics.analysis import AnalysisInput, analyse
from qts_core.analytics.capacity import capacity, impact_ratio
from qts_core.analytics.cost_sweep import cost_sweep
from qts_core.analytics.returns import DailyCurve
from qts_core.analytics.sensitivity import main_effects, plateau


def test_constant_impact_halves_the_sharpe_ratio_where_it_takes_half_of_the_mean() -> None:
    net = 0.001 + 0.01 * np.tile([1.0, -1.0], 100)
    found = capacity(net, np.full(200, 1e-7))
    assert found.half == pytest.approx((0.0005 / 1e-7) ** 2, rel=1e-6)
    assert found.lines[0].sharpe < found.small
    assert [line.sharpe for line in found.lines] == sorted((line.sharpe for line in found.lines), reverse=True)


def test_impact_of_an_order_by_hand() -> None:
    # 10 % of 1 USD in a symbol with 2 % daily volatility and 40 USD traded a day: 0.02 x 0.1 x sqrt(0.1 / 40)
    assert impact_ratio(np.array([0.1]), np.array([0.02]), np.array([40.0])) == pytest.approx(0.0001)


def test_no_profit_no_capacity_and_no_impact_no_limit() -> None:
    net = 0.01 * np.tile([1.0, -1.0], 50)
    assert math.isnan(capacity(net - 0.001, np.full(100, 1e-6)).half)
    assert math.isinf(capacity(net + 0.001, np.zeros(100)).half)
    with pytest.raises(ValueError, match="100 returns but 2"):
        capacity(net, np.zeros(2))


def test_costs_are_scaled_and_the_break_even_is_where_nothing_is_left() -> None:
    net, costs = np.array([0.01, 0.0, 0.02]), np.array([0.01, 0.01, 0.01])
    found = cost_sweep(net, costs, multiples=(0.0, 1.0, 2.0))
    assert [line.total for line in found.lines] == pytest.approx(
        [1.02 * 1.01 * 1.03 - 1, 1.01 * 1.02 - 1, 0.99 * 1.01 - 1]
    )
    assert found.break_even == pytest.approx(2.0)
    assert math.isinf(cost_sweep(net, np.zeros(3)).break_even)
    assert math.isnan(cost_sweep(-2 * net, np.zeros(3)).break_even)


def test_an_additive_function_is_explained_by_its_parts() -> None:
    x, y = (axis.ravel() for axis in np.meshgrid([0.0, 0.5, 1.0], [0.0, 0.5, 1.0]))
    found = main_effects(("x", "y"), np.column_stack([x, y]), 3 * x + y)
    # variances 9 : 1
    assert [each.share for each in found] == pytest.approx([0.9, 0.1])
    assert found[0].means == pytest.approx((0.5, 2.0, 3.5))


def test_a_spike_has_worse_neighbours_than_a_plateau() -> None:
    points = np.linspace(0, 1, 9)[:, None]
    flat, spike = np.full(9, 1.0), np.where(np.arange(9) == 4, 1.0, 0.1)
    assert plateau(points, flat, 4).share_better_than_half == 1.0
    found = plateau(points, spike, 4)
    assert (found.neighbours, found.median, found.share_better_than_half) == (4, 0.1, 0.0)
    assert plateau(points, spike, 4, radius=0.01).neighbours == 0


def test_everything_at_once_is_seeded_and_states_its_n() -> None:
    rng = np.random.default_rng(2)
    r = 0.01 * rng.standard_normal(120) + 0.001
    given = AnalysisInput(
        DailyCurve(np.arange(17_500, 17_620, dtype=np.int32), np.multiply(100.0, np.cumprod(1 + r)), 100.0),
        np.full(120, 1e-4), np.array([1.0, -1.0, 2.0]), np.array([3, 4, 5]),
        {"SPY": 0.01 * rng.standard_normal(120)}, impact=np.full(120, 1e-7),
    )  # fmt: skip
    first, second = analyse(given, draws=50), analyse(given, draws=50)
    assert first == second
    assert (first.sharpe.n, first.mean.n, first.tails.n, first.costs.n, first.signs.n) == (120,) * 5
    assert [line.window.name for line in first.stress] == ["2018-02"]
    assert first.benchmarks["SPY"].comparison.n == 120
    assert first.capacity is not None
    assert len(first.regimes) == 6
