"""A scheduled statistic is computed when its window is full and at every k-th value after, and held between."""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels import scheduled
from qts_core.features.operations import OPERATIONS

WINDOW, EVERY = 12, 5


def computed(x: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    state = np.zeros((1, OPERATIONS["variance_break"].state_size((WINDOW, EVERY))))
    out = np.empty((len(x), 1))
    scheduled.variance_break(x.reshape(-1, 1), out, state, WINDOW, EVERY)
    return out[:, 0]


def test_it_appears_with_the_full_window_and_changes_at_the_schedule_only() -> None:
    out = computed(np.random.default_rng(1).standard_normal(40))
    assert np.isnan(out[: WINDOW - 1]).all()
    changes = np.flatnonzero(np.diff(out[WINDOW - 1 :]) != 0.0) + WINDOW
    assert changes.tolist() == [16, 21, 26, 31, 36]


def test_missing_values_have_none_and_do_not_move_the_schedule() -> None:
    x = np.random.default_rng(1).standard_normal(40)
    with_gaps = np.insert(x, [3, 17, 17], np.nan)
    out = computed(with_gaps)
    np.testing.assert_array_equal(np.isnan(out[[3, 18, 19]]), True)
    np.testing.assert_array_equal(out[~np.isnan(with_gaps)], computed(x))


def test_an_undefined_statistic_is_not_replaced_by_an_old_one() -> None:
    x = np.concatenate([np.random.default_rng(1).standard_normal(WINDOW), np.full(30, 7.0)])
    out = computed(x)
    assert np.isfinite(out[WINDOW - 1])
    assert np.isnan(out[-1])
