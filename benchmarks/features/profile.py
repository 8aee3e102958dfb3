"""Where the time of a batch goes: processor time by operation, one thread, each kernel called by itself."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np

from benchmarks.features.market import WHOLE, Market, blocks_of
from qts_core.features import FeatureBlock, Plan
from qts_core.features.lanes import Buffers
from qts_core.features.operations import COUNTS
from qts_core.features.plan import Step
from qts_core.features.roles import SymbolRoles
from qts_core.market.panel import Floats

BLOCKS = 5
"""How many are measured, after the first: enough for a share, too few for the schedules of weekly statistics."""
SHOWN = 40


def measure(market: Market) -> dict[str, float]:
    """Print what each operation costs, the dearest first; return nanoseconds per bar of a symbol by operation."""
    plan, blocks = Plan.of(WHOLE), blocks_of(market.panel)[: BLOCKS + 1]
    symbols = len(market.panel.symbols)
    buffers = Buffers(plan, len(blocks[0]), slice(0, symbols))
    roles = SymbolRoles.of(market.panel.symbols)
    states = [np.zeros((symbols, step.state_size)) for step in plan.steps]
    calls = [(step, arguments(step, buffers, state, roles)) for step, state in zip(plan.steps, states, strict=True)]
    run(calls, buffers, blocks[0])
    spent: Counter[str] = Counter()
    for block in blocks[1:]:
        if len(block) == len(blocks[0]):
            spent.update(run(calls, buffers, block))
    values = symbols * sum(len(block) for block in blocks[1:] if len(block) == len(blocks[0]))
    count = Counter(step.operation.name for step in plan.steps)
    total = sum(spent.values())
    print(f"{'operation':24} {'calls':>6} {'ns/value':>9} {'ns/bar':>8} {'share':>7}")
    for name, nanoseconds in spent.most_common(SHOWN):
        each = nanoseconds / values
        print(f"{name:24} {count[name]:6} {each / count[name]:9.1f} {each:8.0f} {nanoseconds / total:7.1%}")
    print(f"{'all':24} {len(plan.steps):6} {'':9} {total / values:8.0f}")
    return {name: nanoseconds / values for name, nanoseconds in spent.items()}


def arguments(step: Step, buffers: Buffers, state: Floats, roles: SymbolRoles) -> tuple[object, ...]:
    """Return everything that the kernel of a step takes."""
    context = step.operation.context
    arrays = [buffers.at(place) for place in (*step.inputs, step.output)]
    everybody = np.ones(arrays[0].shape[-2:], dtype=np.bool_)
    told = () if not context else (everybody if context == COUNTS else roles.columns[context],)
    return (*arrays, *((state,) if step.state_size else ()), *told, *step.parameters)


def run(calls: list[tuple[Step, tuple[object, ...]]], buffers: Buffers, block: FeatureBlock) -> Counter[str]:
    """Make every call on a block; return the processor time of each operation, nanoseconds."""
    buffers.load(block)
    spent: Counter[str] = Counter()
    for step, given in calls:
        begin = time.thread_time_ns()
        step.operation.kernel(*given)
        spent[step.operation.name] += time.thread_time_ns() - begin
    return spent
