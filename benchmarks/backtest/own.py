"""The time of our own engines: the whole decision path, signals, weights at every bar, and a sweep of pairs."""

from __future__ import annotations

import itertools
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from benchmarks.backtest.market import CASH, FAST, SLOW, averages, costs, endless, market, predictions, shares_of
from qts_core.backtest import run_event_backtest
from qts_core.backtest.vectorised import (
    Crossings,
    VectorisedResult,
    run_vectorised_backtest,
    run_vectorised_signals,
    sweep,
)
from qts_core.exchange import fill_settings
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Panel
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import CoreSettings

__all__ = ["Timed", "all_pairs", "measure", "signals", "sweep_of", "weights"]

SECTORS = 11


@dataclass(frozen=True, slots=True)
class Timed:
    """Best of some runs."""

    seconds: float
    cpu: float
    final_equity: float
    fills: int


def best_of(run: Callable[[], VectorisedResult], times: int = 3) -> Timed:
    """Return the best times of a run and what it came to."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Timed(min(walls), min(cpus), float(result.equity[-1]), int(result.fills.sum()))


def signals(panel: Panel) -> Timed:
    """Run the crossover long or flat, averages, fills, equity curve and metrics included."""

    def run() -> VectorisedResult:
        line = averages(panel)
        directions = (line(FAST) > line(SLOW)).view(np.int8)
        return run_vectorised_signals(
            panel, directions, fills=costs(), size=shares_of(panel), cash=Decimal(CASH), keep_positions=False
        )

    run()
    return best_of(run)


def weights(panel: Panel) -> Timed:
    """Run the crossover as target weights at every bar, fractions of shares allowed, metrics included."""
    line = averages(panel)
    target = np.where(line(FAST) > line(SLOW), 0.5 / len(panel.symbols), 0.0)

    def run() -> VectorisedResult:
        return run_vectorised_backtest(
            panel, target, fills=costs(), cash=Decimal(CASH), fractional=True, keep_positions=False
        )

    run()
    return best_of(run)


def all_pairs(count: int) -> list[dict[str, object]]:
    """Return pairs of averages."""
    pairs = itertools.product(range(5, 55, 5), range(60, 260, 20))
    return [{"fast": fast, "slow": slow} for fast, slow in itertools.islice(pairs, count)]


def sweep_of(panel: Panel, count: int, *, cores: int | None = None) -> tuple[float, float]:
    """Return wall and processor seconds of a sweep of `count` pairs, averages included."""
    given = {"fills": costs(), "size": shares_of(panel), "cash": Decimal(CASH)}
    sweep(panel.rows(slice(0, 400)), Crossings(averages(panel.rows(slice(0, 400)))), all_pairs(2), **given)  # type: ignore[arg-type]
    wall, cpu = time.perf_counter(), time.process_time()
    sweep(panel, Crossings(averages(panel)), all_pairs(count), cores=cores, **given)  # type: ignore[arg-type]
    return time.perf_counter() - wall, time.process_time() - cpu


def event(panel: Panel) -> tuple[float, float, int]:
    """Return wall and processor seconds of the event engine's whole decision path, and its fills."""
    instruments = [Instrument(s, sector=f"Sector {i % SECTORS}") for i, s in enumerate(panel.symbols)]
    predictor = StoredPredictor(panel.timeline, panel.symbols, predictions(panel))
    wall, cpu = time.perf_counter(), time.process_time()
    result = run_event_backtest(
        panel, predictor, CoreSettings(), instruments=instruments, fills=fill_settings("realistic")
    )
    return time.perf_counter() - wall, time.process_time() - cpu, len(result.fills)


def measure(options: Namespace) -> dict[str, object]:
    """Measure and print a line each."""
    panel = market(options.bars, options.symbols)
    cells = panel["close"].size
    figures: dict[str, object] = {}

    def line(name: str, wall: float, cpu: float, note: str, runs: int = 1) -> None:
        rate = cells * runs / wall
        print(f"{name:34} {wall:9.4f} s wall {cpu:9.4f} s CPU {rate:15,.0f} symbol-bars/s   {note}", flush=True)
        figures[name] = {"seconds": wall, "cpu": cpu, "symbol_bars_per_second": rate, "note": note}

    for name, run in (("signals", signals), ("target weights at every bar", weights)):
        found = run(endless(panel))
        line(name, found.seconds, found.cpu, f"{found.fills:,} fills, {found.final_equity:,.2f} USD")
    for cores in (1, 2):
        wall, cpu = sweep_of(endless(panel), options.pairs, cores=cores)
        line(f"sweep of {options.pairs} pairs, {cores} threads", wall, cpu, "", options.pairs)
    wall, cpu, fills = event(panel)
    line("event engine, whole decision path", wall, cpu, f"{fills:,} fills")
    return figures
