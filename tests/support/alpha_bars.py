"""Bars made of given closes, for folds that look at bars alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats

START = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
SLOTS = 26


def bars_of(closes: Floats, *, high: Floats | None = None, low: Floats | None = None) -> Iterator[BarSlice]:
    """Yield one bar for each row of `closes` [T, N]; volume is a million shares, no bar where the close is NaN."""
    breadth = closes.shape[1]
    symbols = tuple(f"S{i}" for i in range(breadth))
    for i, close in enumerate(closes):
        begin = START + timedelta(minutes=15 * i)
        yield BarSlice(
            begin, begin + timedelta(minutes=15), i % SLOTS, SLOTS, symbols, close, close if high is None else high[i],
            close if low is None else low[i], close, np.where(np.isnan(close), np.nan, 1e6), np.ones(breadth),
        )  # fmt: skip


def random_closes(rng: np.random.Generator, bars: int, breadth: int, *, missing: float = 0.0) -> Floats:
    """Return geometric random walks [T, N] with a share of bars missing."""
    closes: Floats = 100.0 * np.exp(np.cumsum(rng.normal(scale=0.01, size=(bars, breadth)), axis=0))
    closes[rng.random(closes.shape) < missing] = np.nan
    return closes
