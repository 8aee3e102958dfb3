"""How fast the backtests are: the whole decision path on stored predictions, and target weights in one compiled pass.

Run ``python -m benchmarks.backtest [--bars 32700] [--symbols 50]``. Figures are printed, never asserted.
"""

from __future__ import annotations

import argparse
import time
from datetime import date

import numpy as np

from qts_core.backtest import run_event_backtest, run_vectorised_backtest
from qts_core.exchange import fill_settings
from qts_core.market.calendar import xnys
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import CoreSettings

SEED = 7
SECTORS = 11


def market(bars: int, breadth: int) -> Panel:
    """Return a random walk of `bars` 15-minute bars up to the end of 2024, prices in cents."""
    rng = np.random.default_rng(SEED)
    line = Timeline.between(xnys(), date(2018, 1, 1), date(2024, 12, 31))
    line = line[slice(len(line) - bars, None)]
    shape = (len(line), breadth)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.002, shape), axis=0)), 2)
    start = np.vstack([close[:1], close[:-1]])
    fields = {"open": start, "high": np.maximum(start, close), "low": np.minimum(start, close), "close": close,
              "volume": np.full(shape, 1e4), "factor": np.ones(shape)}  # fmt: skip
    return Panel(line, tuple(sorted(f"S{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(breadth))), fields)


def predictions(bars: Panel, half_life: float = 26.0) -> Floats:
    """Return random scores that persist for about a session, as a model's do."""
    rng = np.random.default_rng(SEED + 1)
    keep = 0.5 ** (1.0 / half_life)
    noise = rng.normal(size=bars["close"].shape)
    value = np.empty_like(noise)
    value[0] = noise[0]
    for row in range(1, len(noise)):
        value[row] = keep * value[row - 1] + np.sqrt(1.0 - keep * keep) * noise[row]
    return value * 1e-3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=32_700)
    parser.add_argument("--symbols", type=int, default=50)
    options = parser.parse_args()
    bars = market(options.bars, options.symbols)
    scores = predictions(bars)
    instruments = [Instrument(s, sector=f"Sector {i % SECTORS}") for i, s in enumerate(bars.symbols)]
    cells = bars["close"].size
    print(f"{len(bars):,} bars x {options.symbols} symbols = {cells:,} symbol-bars; one process")

    started, worked = time.perf_counter(), time.process_time()
    result = run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, scores), CoreSettings(), instruments=instruments,
        fills=fill_settings("realistic"),
    )  # fmt: skip
    report("event engine, whole decision path", cells, len(bars), time.perf_counter() - started,
           time.process_time() - worked)  # fmt: skip
    print(f"    {result.decision_count:,} decisions, {len(result.fills):,} fills, {len(result.trades):,} round trips")

    weights = np.where(np.abs(scores) > 1.5e-3, np.sign(scores) * 0.02, 0.0)
    run_vectorised_backtest(bars.rows(slice(0, 100)), weights[:100], fills=fill_settings("realistic"))
    started, worked = time.perf_counter(), time.process_time()
    run_vectorised_backtest(bars, weights, fills=fill_settings("realistic"))
    report("vectorised engine, target weights", cells, len(bars), time.perf_counter() - started,
           time.process_time() - worked)  # fmt: skip


def report(what: str, cells: int, bars: int, wall: float, cpu: float) -> None:
    """Print one line of figures."""
    rate, step = cells / wall, wall / bars * 1e6
    print(f"{what}: {wall:.2f} s wall, {cpu:.2f} s CPU, {rate:,.0f} symbol-bars/s, {step:.1f} us/bar")


if __name__ == "__main__":
    main()
