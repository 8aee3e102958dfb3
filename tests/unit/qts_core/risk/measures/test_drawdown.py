"""Drawdown as it is watched, against the plain definition over the whole window."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.analytics.drawdown import max_drawdown
from qts_core.risk.measures.drawdown import DrawdownWatch


def run(equity: list[float], *, bars: int = 3, sessions: int = 252) -> DrawdownWatch:
    watch = DrawdownWatch(equity[0], sessions=sessions)
    for i, value in enumerate(equity):
        watch.update(value, is_first_of_session=i > 0 and i % bars == 0)
    return watch


def test_drawdown_duration_and_the_way_back_by_hand() -> None:
    state = run([100.0, 110.0, 121.0, 110.0, 96.8, 108.9]).state()
    assert state.current == pytest.approx(0.1)
    assert state.worst == pytest.approx(0.2)
    assert state.bars == 3
    assert state.recovery_gain == pytest.approx(1 / 0.9 - 1), "what was lost is a larger share of what is left"


def test_at_a_new_high_there_is_nothing_to_recover() -> None:
    state = run([100.0, 90.0, 101.0]).state()
    assert (state.current, state.bars, state.recovery_gain, state.recovery_sessions) == (0.0, 0, 0.0, 0.0)


def test_the_way_back_takes_as_many_sessions_as_the_mean_growth_needs() -> None:
    # Sessions end at 100, 102, 104.04: 2 % each. Then a fall by 4 %.
    state = run([100.0, 102.0, 104.04, 104.04 * 0.96], bars=1).state()
    assert state.recovery_sessions == pytest.approx(-math.log(0.96) / math.log(1.02))
    assert run([100.0, 99.0, 98.0, 97.0], bars=1).state().recovery_sessions == math.inf


def test_the_rolling_worst_forgets_what_left_the_window() -> None:
    fall = [100.0, 60.0] + [60.0] * 10
    assert run(fall, bars=2, sessions=20).state().worst == pytest.approx(0.4)
    assert run(fall, bars=2, sessions=2).state().worst == 0.0
    assert run(fall, bars=2, sessions=2).state().current == pytest.approx(0.4), "the peak itself is never forgotten"


@given(st.lists(st.floats(50.0, 150.0), min_size=1, max_size=60), st.integers(1, 7), st.integers(1, 6))
def test_summaries_of_sessions_combine_to_the_drawdown_of_the_bars(
    equity: list[float], bars: int, sessions: int
) -> None:
    watch = run(equity, bars=bars, sessions=sessions)
    # A session opens at the last equity of the one before, so that bar belongs to the window as well.
    first = max(0, ((len(equity) - 1) // bars - sessions) * bars - 1)
    assert watch.state().worst == pytest.approx(max_drawdown(np.array(equity[first:])), abs=1e-12)


@given(st.lists(st.floats(50.0, 150.0), min_size=2, max_size=40), st.data())
def test_a_snapshot_in_the_middle_changes_nothing(equity: list[float], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(equity) - 1))
    whole = run(equity, bars=4, sessions=3)
    half, again = run(equity[:cut], bars=4, sessions=3), DrawdownWatch(1.0, sessions=3)
    again.restore(half.snapshot())
    for i in range(cut, len(equity)):
        again.update(equity[i], is_first_of_session=i % 4 == 0)
    assert again.state() == whole.state()
