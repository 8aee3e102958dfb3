"""How fast the feature engine is: against TA-Lib, the whole catalogue in batch, one live bar.

    python -m benchmarks.features [--symbols 50] [--bars 32700] [--live-bars 2000] [--json PATH]

Both sides of a ratio run on the same bars in the same process, best of five, in processor time of the one thread, so
that other work on the machine counts for neither. Batch and live are wall time; the live step starts warm.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(os.environ.get("QTS_HOME", ".qts")) / "cache" / "numba"))

import numpy as np
import talib
from numpy.typing import NDArray

from qts_core.features import FeatureBlock, FeatureEngine, Node, Plan, default_catalogue, ops
from qts_core.features.engine import BLOCK_ROWS
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.panel import Panel
from qts_core.market.timeline import Timeline

Floats = NDArray[np.float64]
WHOLE = default_catalogue().readable(())
"""Every feature that reads no auxiliary symbol."""


@dataclass(frozen=True)
class Columns:
    """One symbol's contiguous series, as TA-Lib wants them."""

    high: Floats
    low: Floats
    close: Floats
    volume: Floats


SHARED: Mapping[str, tuple[tuple[Node, ...], Callable[[Columns], object]]] = {
    "SMA 20": ((ops.sma(ops.close, 20),), lambda c: talib.SMA(c.close, 20)),
    "SMA 200": ((ops.sma(ops.close, 200),), lambda c: talib.SMA(c.close, 200)),
    "EMA 26": ((ops.ema(ops.close, 26),), lambda c: talib.EMA(c.close, 26)),
    "WMA 20": ((ops.wma(ops.close, 20),), lambda c: talib.WMA(c.close, 20)),
    "KAMA 10": ((ops.kama(ops.close, 10),), lambda c: talib.KAMA(c.close, 10)),
    "RSI 14": ((ops.rsi(ops.close, 14),), lambda c: talib.RSI(c.close, 14)),
    "MACD 12 26 9": (ops.macd(ops.close), lambda c: talib.MACD(c.close)),
    "ATR 14": ((ops.atr(14),), lambda c: talib.ATR(c.high, c.low, c.close, 14)),
    "ADX 14": ((ops.adx(14),), lambda c: talib.ADX(c.high, c.low, c.close, 14)),
    "SAR": ((ops.parabolic_stop(),), lambda c: talib.SAR(c.high, c.low)),
    "AROON 25": (ops.aroon(25), lambda c: talib.AROON(c.high, c.low, 25)),
    "WILLR 14": ((ops.stochastic(14) - 100.0,), lambda c: talib.WILLR(c.high, c.low, c.close, 14)),
    "CCI 20": ((ops.cci(20),), lambda c: talib.CCI(c.high, c.low, c.close, 20)),
    "STDDEV 20": ((ops.std(ops.close, 20, ddof=0),), lambda c: talib.STDDEV(c.close, 20)),
    "MAX 100": ((ops.rolling_max(ops.close, 100),), lambda c: talib.MAX(c.close, 100)),
    "LINEARREG_SLOPE 60": (
        (ops.beta(ops.close, ops.count_bars(ops.close), 60),),
        lambda c: talib.LINEARREG_SLOPE(c.close, 60),
    ),
    "CORREL 60": (
        (ops.correlation(ops.close, ops.volume, 60),),
        lambda c: talib.CORREL(c.close, c.volume, 60),
    ),
    "OBV": ((ops.on_balance_volume(),), lambda c: talib.OBV(c.close, c.volume)),
}


def make_panel(symbols: int, bars: int) -> Panel:
    """Return random bars on the exchange's timeline, without gaps."""
    line = Timeline.between(xnys(), date(2015, 1, 2), date(2024, 12, 31))[-bars:]
    random = np.random.default_rng(1)
    shape = (len(line), symbols)
    close = 100.0 * np.exp(np.cumsum(0.002 * random.standard_normal(shape), axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(0.0005 * random.standard_normal(shape))
    high = np.maximum(open_, close) * (1.0 + 0.001 * random.random(shape))
    low = np.minimum(open_, close) * (1.0 - 0.001 * random.random(shape))
    volume = np.round(random.lognormal(10.0, 1.0, shape))
    fields = {"open": open_, "high": high, "low": low, "close": close, "volume": volume, "factor": np.ones(shape)}
    return Panel(line, tuple(f"S{i:04}" for i in range(symbols)), fields)


def best_of(run: Callable[[], object], times: int = 5) -> float:
    """Return the least processor time of some runs, seconds."""
    found = []
    for _ in range(times):
        begin = time.thread_time()
        run()
        found.append(time.thread_time() - begin)
    return min(found)


def blocks_of(panel: Panel) -> list[FeatureBlock]:
    """Lay out the bars in blocks; paid once for a whole catalogue, so no part of an indicator's cost."""
    cuts = range(0, len(panel), BLOCK_ROWS)
    return [FeatureBlock.of(panel.rows(slice(first, min(first + BLOCK_ROWS, len(panel))))) for first in cuts]


def run_plan(plan: Plan, symbols: tuple[str, ...], blocks: list[FeatureBlock], *, threads: int = 1) -> None:
    """Push all blocks; results are dropped, as TA-Lib's are."""
    engine = FeatureEngine(plan, symbols, threads=threads)
    out = np.empty((len(plan.names), BLOCK_ROWS, len(symbols)))
    for block in blocks:
        engine.push_into(block, out[:, : len(block)])


def compare(panel: Panel) -> list[dict[str, float | str]]:
    """Return nanoseconds per value for both, and the ratio."""
    columns = [
        Columns(*(np.ascontiguousarray(panel[f][:, n]) for f in ("high", "low", "close", "volume")))
        for n in range(len(panel.symbols))
    ]
    values = len(panel) * len(columns)
    blocks = blocks_of(panel)
    rows: list[dict[str, float | str]] = []
    for name, (nodes, referee) in SHARED.items():
        plan = Plan.of({str(i): node for i, node in enumerate(nodes)})
        run_plan(plan, panel.symbols, blocks[:3])
        ours = best_of(lambda plan=plan: run_plan(plan, panel.symbols, blocks))  # type: ignore[misc]
        theirs = best_of(lambda referee=referee: [referee(c) for c in columns])  # type: ignore[misc]
        rows.append({"indicator": name, "ours": ours / values * 1e9, "talib": theirs / values * 1e9})
    return rows


def live(panel: Panel, bars: int) -> tuple[Floats, float]:
    """Return seconds of each live step after a warm batch, and of a snapshot."""
    engine = FeatureEngine(WHOLE, panel.symbols)
    warm = len(panel) - bars
    engine.push(FeatureBlock.of(panel.rows(slice(max(0, warm - 600), warm))))
    seconds = np.empty(bars)
    for i in range(bars):
        bar = BarSlice.of(panel, warm + i)
        begin = time.perf_counter()
        engine.push(FeatureBlock.of_slice(bar))
        seconds[i] = time.perf_counter() - begin
    begin = time.perf_counter()
    engine.snapshot()
    return seconds[50:], time.perf_counter() - begin


def main() -> None:
    """Run all parts and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--bars", type=int, default=32_700)
    parser.add_argument("--live-bars", type=int, default=2_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    panel = make_panel(options.symbols, options.bars)
    plan = Plan.of(WHOLE)
    begin = time.perf_counter()
    run_plan(plan, panel.symbols, blocks_of(panel.rows(slice(0, 600))))
    first = time.perf_counter() - begin
    print(
        f"{len(plan.names)} features in {len(plan.steps)} kernel calls; {len(panel):,} bars x {options.symbols} symbols"
    )
    print(f"first push, compiling or loading kernels: {first:.1f} s\n")
    rows = compare(panel)
    print(f"{'indicator':20} {'QTS ns':>8} {'TA-Lib ns':>10} {'ratio':>7}")
    for row in rows:
        ours, theirs = float(row["ours"]), float(row["talib"])
        print(f"{row['indicator']:20} {ours:8.1f} {theirs:10.1f} {ours / theirs:6.2f}x")
    blocks, kernel_values = blocks_of(panel), len(panel) * options.symbols * len(plan.steps)
    print()
    for threads in (1, 2):
        begin = time.perf_counter()
        run_plan(plan, panel.symbols, blocks, threads=threads)
        batch = time.perf_counter() - begin
        said = f"{batch:.2f} s, {batch / kernel_values * 1e9:.1f} ns per kernel value"
        print(f"whole catalogue, batch, {threads} thread{'s' * (threads > 1)}: {said}")
    seconds, snapshot = live(panel, min(options.live_bars, len(panel) - 1))
    p50, p99 = np.percentile(seconds, [50, 99]) * 1e3
    print(f"live step: p50 {p50:.2f} ms, p99 {p99:.2f} ms; snapshot {snapshot * 1e3:.1f} ms")
    if options.json:
        content = {"indicators": rows, "batch_seconds": batch, "live_p50_ms": p50, "live_p99_ms": p99}
        options.json.write_text(json.dumps(content, indent=2, default=float), encoding="utf-8")


if __name__ == "__main__":
    main()
