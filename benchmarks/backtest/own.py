"""The time of our own engines: the whole decision path, signals, weights at every bar, and a sweep of pairs."""

from __future__ import annotations

import itertools
import time
from argparse import Namespace
from decimal import Decimal

import numpy as np

from benchmarks.backtest.event import crossover, decision_path
from benchmarks.backtest.market import CASH, FAST, SLOW, averages, costs, endless, market, shares_of
from benchmarks.backtest.timing import Timed, best_of
from qts_core.backtest.vectorised import Crossings, Size, run_vectorised_backtest, run_vectorised_signals, sweep
from qts_core.market.panel import Panel

__all__ = ["all_pairs", "measure", "signals", "sweep_of", "weights"]


def signals(panel: Panel) -> Timed:
    """Run the crossover long or flat from its averages: directions, fills, equity curve and metrics."""
    size, line = Size(shares_of(panel), is_shares=True), averages(panel)

    def run() -> tuple[float, int]:
        directions = (line(FAST) > line(SLOW)).view(np.int8)
        result = run_vectorised_signals(
            panel, directions, fills=costs(), size=size, cash=Decimal(CASH), keep_positions=False
        )
        return result.metrics["final_equity"], int(result.metrics["fills"])

    run()
    return best_of(run)


def weights(panel: Panel) -> Timed:
    """Run the crossover as target weights at every bar, fractions of shares allowed, metrics included."""
    line = averages(panel)
    target = np.where(line(FAST) > line(SLOW), 0.5 / len(panel.symbols), 0.0)

    def run() -> tuple[float, int]:
        result = run_vectorised_backtest(
            panel, target, fills=costs(), cash=Decimal(CASH), fractional=True, keep_positions=False
        )
        return result.metrics["final_equity"], int(result.metrics["fills"])

    run()
    return best_of(run)


def all_pairs(count: int) -> list[dict[str, object]]:
    """Return pairs of averages."""
    pairs = itertools.product(range(5, 55, 5), range(60, 260, 20))
    return [{"fast": fast, "slow": slow} for fast, slow in itertools.islice(pairs, count)]


def sweep_of(panel: Panel, count: int, *, cores: int | None = None) -> Timed:
    """Run a sweep of `count` pairs from their averages."""

    def run(bars: Panel, pairs: list[dict[str, object]]) -> None:
        size = Size(shares_of(bars), is_shares=True)
        sweep(bars, Crossings(line), pairs, fills=costs(), size=size, cash=Decimal(CASH), cores=cores)

    few = panel.rows(slice(0, 400))
    line = averages(few)
    run(few, all_pairs(2))
    line = averages(panel)
    for window in {each for pair in all_pairs(count) for each in pair.values()}:
        line(window)
    wall, cpu = time.perf_counter(), time.process_time()
    run(panel, all_pairs(count))
    return Timed(time.perf_counter() - wall, time.process_time() - cpu)


def measure(options: Namespace) -> dict[str, object]:
    """Measure and print a line each."""
    panel = market(options.bars, options.symbols)
    free, cells = endless(panel), panel["close"].size
    figures: dict[str, object] = {}

    def line(name: str, took: Timed, runs: int = 1) -> None:
        rate = cells * runs / took.cpu
        note = f"{took.fills:,} fills, {took.final_equity:,.2f} USD" if took.fills else ""
        print(f"{name:32} {took.seconds:9.4f} s wall {took.cpu:9.4f} s CPU {rate:15,.0f} symbol-bars/CPU s   {note}",
              flush=True)  # fmt: skip
        figures[name] = {"seconds": took.seconds, "cpu": took.cpu, "symbol_bars_per_cpu_second": rate, "note": note}

    line("signals", signals(free))
    line("weights at every bar", weights(free))
    for cores in (1, 2):
        line(
            f"sweep of {options.pairs} pairs, {cores} threads",
            sweep_of(free, options.pairs, cores=cores),
            options.pairs,
        )
    line("event engine, crossover", crossover(free))
    line("event engine, decision path", decision_path(panel))
    return figures
