"""A stopwatch that other work on the machine does not disturb, and the table of two columns and their ratio."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from benchmarks.features.market import Market, run_plan
from qts_core.features import Node, Plan

Row = dict[str, float | str]


def best_of(run: Callable[[], object], times: int = 5) -> float:
    """Return the least processor time of some runs, seconds; that of all threads counts."""
    found = []
    for _ in range(times):
        begin = time.process_time()
        run()
        found.append(time.process_time() - begin)
    return min(found)


def compare(
    market: Market, pairs: Mapping[str, tuple[Sequence[Node], Callable[[], object]]], other: str, times: int = 5
) -> list[Row]:
    """Time indicators on both sides and print nanoseconds per value and ours over the other's.

    Parameters
    ----------
    market : Market
        The bars; our side starts from blocks already laid out.
    pairs : mapping of str to (nodes, call)
        Our expressions of an indicator, and the other side's computation of the same for all symbols.
    other : str
        Name of the other side: the key in the rows and the heading.
    times : int
        Runs of each side; the best counts.
    """
    print(f"{'indicator':24} {'QTS ns':>9} {other + ' ns':>16} {'ratio':>8}")
    rows: list[Row] = []
    for name, (nodes, referee) in pairs.items():
        plan = Plan.of({str(i): node for i, node in enumerate(nodes)})
        run_plan(plan, market.panel.symbols, market.blocks[:3])
        ours = best_of(partial(run_plan, plan, market.panel.symbols, market.blocks), times)
        theirs = best_of(referee, times)
        print(f"{name:24} {ours / market.values * 1e9:9.1f} {theirs / market.values * 1e9:16.1f} {ours / theirs:7.2f}x")
        rows.append({"indicator": name, "ours": ours / market.values * 1e9, other: theirs / market.values * 1e9})
    return rows
