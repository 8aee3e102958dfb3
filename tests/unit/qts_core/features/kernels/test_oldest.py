"""The age of the oldest extreme against brute force on every window, with ties, gaps and any cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qts_core.features.kernels.oldest import bars_since_oldest_extreme

Floats = NDArray[np.float64]

ticks = st.lists(st.one_of(st.integers(0, 4).map(float), st.just(np.nan)), max_size=60)


def ages(x: Floats, window: int, side: float, cuts: list[int] | None = None) -> Floats:
    state, out = np.zeros((1, 3 + 2 * window)), np.full((len(x), 1), np.inf)
    for piece, answer in zip(np.split(x[:, None], cuts or []), np.split(out, cuts or []), strict=True):
        bars_since_oldest_extreme(np.ascontiguousarray(piece), answer, state, window, side)
    return out[:, 0]


def brute(x: Floats, window: int, side: float) -> Floats:
    out, there = np.full(len(x), np.nan), np.flatnonzero(~np.isnan(x))
    for i in range(window - 1, len(there)):
        # numpy's argmax takes the first of equal values, and the oldest comes first.
        out[there[i]] = window - 1 - np.argmax(side * x[there[i - window + 1 : i + 1]])
    return out


@settings(deadline=None)
@given(ticks, st.integers(1, 7), st.sampled_from([1.0, -1.0]), st.integers(0, 60))
def test_is_what_brute_force_finds_wherever_time_is_cut(
    values: list[float], window: int, side: float, cut: int
) -> None:
    x = np.array(values, dtype=np.float64)
    np.testing.assert_array_equal(ages(x, window, side), brute(x, window, side))
    np.testing.assert_array_equal(ages(x, window, side, [min(cut, len(x))]), brute(x, window, side))


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_of_equal_values_the_oldest_counts_until_it_leaves(side: float) -> None:
    assert ages(np.full(6, 7.0), 3, side)[2:].tolist() == [2.0, 2.0, 2.0, 2.0]
