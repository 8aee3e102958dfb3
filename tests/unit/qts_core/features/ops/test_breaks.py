"""Watching for change: known breaks are found, and what cannot be is refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from qts_core.features import evaluate, ops
from qts_core.features.graph import Node
from qts_core.features.ops import breaks
from qts_core.market.errors import InvalidConfigError


def values(expression: Node, close: np.ndarray[tuple[int], np.dtype[np.float64]]) -> pl.Series:
    times = pl.datetime_range(
        pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 1) + pl.duration(minutes=len(close) - 1), "1m", eager=True
    )
    bars = pl.DataFrame(
        {"symbol": "AAA", "timestamp": times, "volume": 1.0} | dict.fromkeys(("open", "high", "low", "close"), close)
    )
    return evaluate({"x": expression}, bars)["x"]


def test_a_shift_of_the_mean_is_seen_soon_after_it_and_forgotten() -> None:
    random = np.random.default_rng(5)
    x = np.concatenate([random.standard_normal(150), 6.0 + random.standard_normal(150)]) + 100.0
    chance = values(breaks.change_probability(ops.close - 100.0, every=1, recent=12), x)
    assert max(chance[100:150]) < 0.5 < 0.9 < max(chance[150:160])
    length = values(breaks.run_length(ops.close - 100.0, every=1), x)
    assert length[149] > 2.0 * length[156]
    assert length[-1] > 2.0 * length[156]
    assert chance[-1] < 0.5


def test_a_kink_of_the_line_is_dated() -> None:
    random = np.random.default_rng(5)
    line = np.concatenate([np.zeros(60), 0.5 * np.arange(40.0)]) + 100.0 + 0.1 * random.standard_normal(100)
    size, age = breaks.trend_break(ops.close, 100, every=1)
    assert values(size, line)[-1] > 100.0
    assert abs(values(age, line)[-1] - 40.0) <= 3.0


@pytest.mark.parametrize("recent", [0, 61])
def test_what_is_recent_must_fit_the_runs(recent: int) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        breaks.change_probability(ops.close, every=1, recent=recent)


def test_a_hazard_that_is_no_probability_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        breaks.run_length(ops.close, every=1, hazard=1.0)
