"""The two benches agree on what a plain strategy earns, and neither knows what lies beyond its range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pytest

from qts_core.market.bars import BarSlice
from qts_core.research.walk_forward import EventBench, Market, VectorisedBench, WalkForwardSettings, run_walk_forward
from qts_core.research.walk_forward.strategies import Tunable, space_of
from qts_core.trading.settings import CoreSettings
from qts_core.trading.strategy import Strategy, View, Wanted
from qts_core.training.folds import RowRange
from qts_core.training.folds.walk_forward import Windows
from tests.support.walk_forward import Steady, asked, market, timeline

STEADY = Tunable("steady", Steady, space_of({"weight": (0.02, 0.2)}), 3)
ROWS = RowRange(30, 120)
SMALL: Mapping[str, float] = {"weight": 0.05}


class LastSeen(Strategy):
    """Holds a symbol at `weight` after a bar at which it rose; says no weights in advance."""

    name = "last-seen"
    space: ClassVar[Mapping[str, object]] = {"weight": {"choices": (0.02, 0.04, 0.06)}}
    horizon_bars = 3

    def __init__(self, weight: float = 0.04) -> None:
        self.weight = weight

    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        return np.where(bars.close > bars.open, self.weight, 0.0)


def small(*, seed: int = 6) -> Market:
    return market(timeline()[slice(0, 120)], 4, seed=seed)


def event(given: Market, *, warm_up_bars: int = 30) -> EventBench:
    return EventBench(STEADY, given, CoreSettings(), warm_up_bars=warm_up_bars)


def test_the_event_backtest_agrees_with_the_vectorised_one_where_no_limit_binds() -> None:
    given = small()
    fast, slow = VectorisedBench(STEADY, given).run(SMALL, ROWS), event(given).run(SMALL, ROWS)
    np.testing.assert_array_equal(slow.net.days, fast.net.days)
    assert slow.net.trades == fast.net.trades == 4
    np.testing.assert_allclose(slow.net.values, fast.net.values, atol=2e-4)
    assert slow.net.values.sum() == pytest.approx(fast.net.values.sum(), abs=5e-4)


def test_a_range_on_the_event_backtest_ends_flat_and_knows_nothing_of_what_follows() -> None:
    given, other = small(), small()
    for values in other.panel.fields.values():
        values[90:] *= 2.0
    rows = RowRange(30, 90)
    before, after = event(given).run(SMALL, rows), event(other).run(SMALL, rows)
    np.testing.assert_array_equal(before.net.values, after.net.values)
    assert before.net.traded[-1] == pytest.approx(4 * 0.05, rel=0.1)  # all four are sold in the last session


def test_a_strategy_that_sees_one_bar_earns_the_same_whatever_the_warm_up() -> None:
    given = small()
    tunable = Tunable("last-seen", LastSeen, space_of({"weight": (0.02, 0.2)}), 3)
    long, short = (EventBench(tunable, given, CoreSettings(), warm_up_bars=n).run(SMALL, ROWS) for n in (30, 6))
    np.testing.assert_allclose(long.net.values, short.net.values, atol=1e-12)


def test_a_walk_forward_on_the_event_backtest_finishes_and_is_judged() -> None:
    few = WalkForwardSettings(windows=Windows(30, 0, 20, 20), unit="sessions", purge_bars=3, fewest_trades=1)
    given = asked(LastSeen, market(timeline()[slice(0, 240)], 4, seed=2), few, engine="event")
    found = run_walk_forward(given)
    assert (found.engine, len(found.windows)) == ("event", 2)
    assert found.figures["sessions"] == sum(w.outside["sessions"] for w in found.windows) == 40
    assert {w.trials for w in found.windows} == {3}
    gates = {gate.name: gate for gate in found.verdict.gates}
    assert not gates["gate.permutation"].applies, "what is wanted is not known beside what is held"
    assert not found.verdict.passed
