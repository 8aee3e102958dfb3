"""Longer bars by hand: what closes when, with half-days, gaps and unknown ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.features import FeatureBlock, FeatureEngine, Node, Plan, ops

Floats = NDArray[np.float64]
nan = np.nan


def run(
    expression: Node,
    close: list[float],
    session: list[int],
    slot: list[int],
    *,
    bars_left: list[float] | None = None,
    minutes: int = 30,
) -> list[float | None]:
    """Push bars of half an hour; None stands for no value."""
    bars = np.tile(np.array(close)[None, :, None], (5, 1, 1))
    start = np.array(slot) * float(minutes)
    left = np.full(len(close), nan) if bars_left is None else np.array(bars_left)
    calendar = np.zeros((11, len(close)))
    calendar[:4] = np.array(session, dtype=float), start, start + minutes, left
    block = FeatureBlock(np.arange(len(close)), bars, calendar)
    out = FeatureEngine(Plan.of({"x": expression}), ("A",)).push(block)[0, :, 0]
    return [None if np.isnan(v) else float(v) for v in out]


def test_an_hour_shows_on_the_bar_that_ends_it_and_the_last_one_may_be_short() -> None:
    hours = ops.closed(ops.close, "last", 60)
    found = run(hours, [1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 2], [0, 1, 2, 3, 4, 0], bars_left=[4, 3, 2, 1, 0, 4])
    assert found == [None, 2.0, None, 4.0, 5.0, None]


def test_an_hour_whose_last_bar_is_missing_closes_on_the_clock_with_what_there_was() -> None:
    hours = ops.closed(ops.close, "sum", 60)
    found = run(hours, [1, nan, 3, 4], [1, 1, 1, 1], [0, 1, 2, 3], bars_left=[3, 2, 1, 0])
    assert found == [None, 1.0, None, 7.0]


def test_an_hour_whose_last_row_is_absent_shows_on_the_next_row() -> None:
    hours = ops.closed(ops.close, "max", 60)
    found = run(hours, [5, 3, 4], [1, 1, 1], [0, 2, 3], bars_left=[3, 1, 0])
    assert found == [None, 5.0, 4.0]


def test_a_session_of_unknown_length_closes_when_the_next_begins() -> None:
    days = ops.closed(ops.close, "last")
    assert run(days, [1, 2, 3, 4], [1, 1, 2, 3], [0, 1, 0, 0]) == [None, None, 2.0, 3.0]


def test_a_window_over_hours_counts_closed_hours_and_is_held_between() -> None:
    mean = ops.hold(ops.sma(ops.closed(ops.close, "last", 60), 2))
    found = run(mean, [1, 2, 3, 4, nan, 8], [1] * 6, [0, 1, 2, 3, 4, 5], bars_left=[5, 4, 3, 2, 1, 0])
    assert found == [None, None, None, 3.0, None, 6.0]


def test_the_previous_session_is_the_last_one_with_a_bar() -> None:
    before = ops.previous_session(ops.close, "last")
    found = run(before, [1, 2, nan, nan, 5, 6], [1, 1, 2, 2, 3, 3], [0, 1, 0, 1, 0, 1])
    assert found == [None, None, None, None, 2.0, 2.0]


def test_today_so_far_starts_anew_each_session() -> None:
    sessions, slots = [1, 1, 2, 2], [0, 1, 0, 1]
    assert run(ops.so_far(ops.close, "first"), [1, 2, 3, 4], sessions, slots) == [1, 1, 3, 3]
    assert run(ops.so_far(ops.close, "sum"), [1, 2, 3, 4], sessions, slots) == [1, 3, 3, 7]
    assert run(ops.so_far(ops.close, "min"), [2, 1, 4, 3], sessions, slots) == [2, 1, 4, 3]


def test_a_value_of_yesterday_is_not_held_today_unless_asked() -> None:
    first = ops.keep_where(ops.close, 2.5 - ops.close)
    sessions, slots = [1, 1, 2, 2], [0, 1, 0, 1]
    assert run(ops.hold_today(first), [1, 3, 4, 5], sessions, slots) == [1, 1, None, None]
    assert run(ops.hold(first), [1, 3, 4, 5], sessions, slots) == [1, 1, 1, 1]
