"""The whole default catalogue over all bars, from one thread up to two."""

from __future__ import annotations

import time

from benchmarks.features.market import WHOLE, Market, blocks_of, run_plan
from qts_core.features import Plan


def measure(market: Market) -> dict[str, float]:
    """Print and return the seconds of wall time, and of the first push that compiles or loads kernels."""
    plan = Plan.of(WHOLE)
    begin = time.perf_counter()
    run_plan(plan, market.panel.symbols, blocks_of(market.panel.rows(slice(0, 600))))
    first = time.perf_counter() - begin
    print(f"{len(plan.names)} features in {len(plan.steps)} kernel calls; first push {first:.1f} s")
    figures = {"features": float(len(plan.names)), "kernel_calls": float(len(plan.steps)), "first_push_seconds": first}
    for threads in (1, 2):
        begin = time.perf_counter()
        run_plan(plan, market.panel.symbols, market.blocks, threads=threads)
        seconds = time.perf_counter() - begin
        each = seconds / (market.values * len(plan.steps)) * 1e9
        print(f"{threads} thread{'s' * (threads > 1)}: {seconds:.2f} s, {each:.1f} ns per kernel value")
        figures[f"seconds_{threads}_threads"] = seconds
    return figures
