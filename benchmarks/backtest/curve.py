"""What more bars cost: nanoseconds per symbol-bar at growing lengths, which stay the same where cost is linear."""

from __future__ import annotations

from argparse import Namespace

from benchmarks.backtest.market import endless, market
from benchmarks.backtest.own import signals, weights

__all__ = ["measure"]

STEPS = 5


def measure(options: Namespace) -> list[dict[str, float]]:
    """Time both vectorised runs from a sixteenth of the bars to all."""
    print(f"{'bars':>8} {'signals':>12} {'weights':>12}   nanoseconds of CPU per symbol-bar")
    rows = []
    for step in reversed(range(STEPS)):
        bars = options.bars >> step
        panel = endless(market(bars, options.symbols))
        per = 1e9 / panel["close"].size
        row = {"bars": float(bars), "signals": signals(panel).cpu * per, "weights": weights(panel).cpu * per}
        print(f"{bars:8,} {row['signals']:12.1f} {row['weights']:12.1f}", flush=True)
        rows.append(row)
    return rows
