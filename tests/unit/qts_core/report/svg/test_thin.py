"""Thinning keeps what the eye would see."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qts_core.report.svg.thin import kept_rows


def test_short_series_are_kept_whole() -> None:
    assert kept_rows(np.arange(40.0), 10).tolist() == list(range(40))


@given(st.integers(41, 3000), st.integers(1, 10), st.integers(0, 2**32 - 1))
def test_every_column_keeps_its_ends_and_extremes(n: int, columns: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=n)
    rows = kept_rows(values, columns)
    assert len(rows) <= 4 * columns
    assert (np.diff(rows) > 0).all()
    edges = np.linspace(0, n, columns + 1).astype(int)
    for first, after in pairwise(edges.tolist()):
        mine = rows[(rows >= first) & (rows < after)]
        assert mine[0] == first
        assert mine[-1] == after - 1
        assert values[mine].min() == values[first:after].min()
        assert values[mine].max() == values[first:after].max()


def test_a_gap_stays_a_gap() -> None:
    values = np.ones(1000)
    values[100:900] = np.nan
    assert np.isnan(values[kept_rows(values, 10)]).any()
