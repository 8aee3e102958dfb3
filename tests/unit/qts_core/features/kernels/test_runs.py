"""Streaks and sums since a turn, by hand."""

from __future__ import annotations

import numpy as np

from qts_core.features import ops
from qts_core.features.kernels import runs
from qts_core.features.ops.runs import streak
from tests.unit.qts_core.features.kernels.test_windows import run

NAN = np.nan


def test_a_streak_counts_up_and_down_and_is_ended_by_an_equal_value() -> None:
    x = np.array([5.0, 6.0, 7.0, NAN, 8.0, 8.0, 7.0, 6.0, 9.0])
    np.testing.assert_array_equal(run(streak(ops.close), x), [NAN, 1, 2, NAN, 3, 0, -1, -2, 1])


def test_a_run_gathers_while_the_direction_holds_and_begins_with_the_value_before_a_turn() -> None:
    x = np.array([4.0, 1.0, 2.0, NAN, 3.0, 5.0, 1.0])[:, None]
    way = np.array([1.0, 1.0, 1.0, 1.0, -1.0, -1.0, 1.0])[:, None]
    out = np.empty_like(x)
    runs.run_total(x, way, out, np.zeros((1, 4)))
    np.testing.assert_array_equal(out[:, 0], [NAN, 1.0, 3.0, NAN, 5.0, 10.0, 6.0])
