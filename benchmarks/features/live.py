"""One live step of the whole default catalogue: a bar in, every feature of every symbol out."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.features.market import WHOLE, Market
from qts_core.features import FeatureBlock, FeatureEngine
from qts_core.market.bars import BarSlice

WARM_UP_ROWS, UNTIMED_STEPS = 600, 50


def measure(market: Market) -> dict[str, float]:
    """Print and return milliseconds of a step after a warm batch, and of a snapshot."""
    panel, bars = market.panel, market.live_bars
    engine = FeatureEngine(WHOLE, panel.symbols)
    start = len(panel) - bars
    engine.push(FeatureBlock.of(panel.rows(slice(max(0, start - WARM_UP_ROWS), start))))
    seconds = np.empty(bars)
    for i in range(bars):
        bar = BarSlice.of(panel, start + i)
        begin = time.perf_counter()
        engine.push(FeatureBlock.of_slice(bar))
        seconds[i] = time.perf_counter() - begin
    begin = time.perf_counter()
    engine.snapshot()
    snapshot = (time.perf_counter() - begin) * 1e3
    p50, p99 = np.percentile(seconds[min(UNTIMED_STEPS, bars // 2) :], [50, 99]) * 1e3
    print(f"{bars} steps: p50 {p50:.2f} ms, p99 {p99:.2f} ms; snapshot {snapshot:.1f} ms")
    return {"p50_ms": float(p50), "p99_ms": float(p99), "snapshot_ms": snapshot}
