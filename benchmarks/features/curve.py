"""How the cost of the default catalogue grows with bars and with symbols, within symbols and across them.

The cost is processor time of one thread; an exponent of 1 is cost in proportion. Features across symbols bring along
the series that they read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.features.market import WHOLE, Market, blocks_of, make_panel, run_plan
from benchmarks.features.timing import best_of
from qts_core.features import Catalogue, Plan
from qts_core.features.operations import Scope

SHARES_OF_BARS = (0.125, 0.25, 0.5, 1.0)
SHARES_OF_SYMBOLS = (0.2, 0.5, 1.0, 2.0)


def measure(market: Market) -> dict[str, object]:
    """Print and return seconds by size and the fitted exponents, for both scopes."""
    figures: dict[str, object] = {}
    bars, symbols = len(market.panel), len(market.panel.symbols)
    longer = sorted({max(64, math.ceil(share * bars)) for share in SHARES_OF_BARS})
    wider = sorted({max(2, math.ceil(share * symbols)) for share in SHARES_OF_SYMBOLS})
    for scope in Scope:
        plan = Plan.of(Catalogue([spec for spec in WHOLE if spec.scope is scope]))
        print(f"{scope.value}: {len(plan.names)} features")
        figures[scope.value] = {
            "bars": grown(plan, longer, "bars", lambda size: (symbols, size)),
            "symbols": grown(plan, wider, "symbols", lambda size: (size, max(64, bars // 4))),
        }
    return figures


def grown(plan: Plan, sizes: Sequence[int], of: str, shape: Callable[[int], tuple[int, int]]) -> dict[str, object]:
    """Time one plan at growing sizes."""
    seconds: list[float] = []
    for size in sizes:
        panel = make_panel(*shape(size))
        blocks = blocks_of(panel)
        if not seconds:
            run_plan(plan, panel.symbols, blocks[:2])
        seconds.append(best_of(partial(run_plan, plan, panel.symbols, blocks), 1))
    exponent = float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
    steps = "  ".join(f"{size:,}: {each:.2f} s" for size, each in zip(sizes, seconds, strict=True))
    print(f"  by {of:8} {steps}   exponent {exponent:.2f}")
    return {"sizes": list(sizes), "seconds": seconds, "exponent": exponent}
