"""One sorting for rank and quantiles, against scipy and numpy on every window, with ties, gaps and any cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import rankdata

from qts_core.features.kernels.order import rolling_order

Floats = NDArray[np.float64]

LOW, HIGH = 0.2, 0.8
ticks = st.lists(st.one_of(st.integers(0, 4).map(float), st.just(np.nan)), max_size=60)


def ordered(x: Floats, window: int, cut: int) -> Floats:
    state, out = np.zeros((1, 2 + 2 * window)), np.full((3, len(x), 1), np.inf)
    for rows in (slice(0, cut), slice(cut, None)):
        piece = np.empty_like(out[:, rows])
        rolling_order(np.ascontiguousarray(x[rows, None]), piece, state, window, LOW, HIGH)
        out[:, rows] = piece
    return out[:, :, 0]


def brute(x: Floats, window: int) -> Floats:
    out, there = np.full((3, len(x)), np.nan), np.flatnonzero(~np.isnan(x))
    for i in range(window - 1, len(there)):
        values = x[there[i - window + 1 : i + 1]]
        out[:, there[i]] = rankdata(values)[-1] / window, *np.quantile(values, [LOW, HIGH])
    return out


@settings(deadline=None)
@given(ticks, st.integers(1, 20), st.integers(0, 60))
def test_is_the_mean_rank_and_the_linear_quantiles_wherever_time_is_cut(
    values: list[float], window: int, cut: int
) -> None:
    x = np.array(values, dtype=np.float64)
    np.testing.assert_allclose(ordered(x, window, min(cut, len(x))), brute(x, window), rtol=1e-12, atol=1e-12)
