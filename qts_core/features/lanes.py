"""How a block is computed: buffers and bound kernel calls, for all symbols at once or shared between threads.

Symbols do not know each other except where an operation looks across them, so threads take whole columns and meet only
there. Every symbol sees the same arithmetic in the same order: the bits do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, pairwise

import numpy as np

from qts_core.features.block import FeatureBlock
from qts_core.features.operations import BAR_SOURCES, COUNTS, SOURCES, Scope
from qts_core.features.plan import Place, Plan, Step
from qts_core.features.roles import SymbolRoles
from qts_core.market.panel import Floats

__all__ = ["Lane", "ParallelLane", "shares"]

Call = tuple[Callable[..., None], tuple[object, ...]]


def shares(count: int, threads: int) -> tuple[slice, ...]:
    """Cut `count` columns into `threads` runs of nearly equal length."""
    ends = [round(count * i / threads) for i in range(threads + 1)]
    return tuple(slice(first, last) for first, last in pairwise(ends))


class Buffers:
    """Sources, intermediate results and outputs of a block, float64 [..., B, n] each."""

    def __init__(self, plan: Plan, rows: int, columns: int) -> None:
        self.values = np.empty((len(plan.names), rows, columns))
        self._sources = np.empty((len(SOURCES), rows, columns))
        scratch = np.empty((plan.scratch, rows, columns))
        wide = [np.empty((width, rows, columns)) for width in plan.wide]
        self._arrays: dict[str, Sequence[Floats] | Floats] = {
            "source": self._sources,
            "scratch": scratch,
            "wide": wide,
            "output": self.values,
        }
        reads = [place for step in plan.steps for place in step.inputs] + [place for _, place in plan.copies]
        self._used = sorted({place.index for place in reads if place.kind == "source"})

    def at(self, place: Place) -> Floats:
        """Return the array [B, n] of a place, [width, B, n] where there are several results."""
        array: Floats = self._arrays[place.kind][place.index]
        return array

    def call(self, step: Step, state: Floats, roles: SymbolRoles) -> Call:
        """Bind a step to these buffers, its state and what it is told of the columns."""
        arrays = [*(self.at(place) for place in step.inputs), self.at(step.output)]
        return step.operation.kernel, (*arrays, *beyond(step, state, roles))

    def load(self, block: FeatureBlock, columns: slice) -> None:
        """Take the sources of a block that anything reads."""
        for index in self._used:
            calendar = index - len(BAR_SOURCES)
            self._sources[index] = block.bars[index, :, columns] if calendar < 0 else block.calendar[calendar, :, None]


class Lane:
    """All symbols in one thread: made once for blocks of one size and run many times."""

    def __init__(self, plan: Plan, states: Sequence[Floats], roles: SymbolRoles, rows: int) -> None:
        self._buffers = Buffers(plan, rows, len(roles.counts))
        self._calls = [self._buffers.call(step, state, roles) for step, state in zip(plan.steps, states, strict=True)]
        self._copies = plan.copies

    def run(self, block: FeatureBlock, values: Floats) -> None:
        """Write the values of one block, float64 [F, B, N]."""
        self._buffers.load(block, slice(None))
        make(self._calls)
        values[:] = self._buffers.values
        for index, place in self._copies:
            values[index] = self._buffers.at(place)


class ParallelLane:
    """Shares of the symbols side by side; an operation across symbols gathers their parts and spreads its result."""

    def __init__(
        self, plan: Plan, states: Sequence[Floats], roles: SymbolRoles, rows: int, columns: Sequence[slice]
    ) -> None:
        self._columns = tuple(columns)
        self._parts = tuple(Buffers(plan, rows, part.stop - part.start) for part in columns)
        self._copies = plan.copies
        self._pool = ThreadPoolExecutor(len(self._parts), thread_name_prefix="features")
        self._stages: list[tuple[bool, list[list[Call]]]] = []
        numbered = zip(plan.steps, states, strict=True)
        for crosses, group in groupby(numbered, key=lambda pair: pair[0].operation.scope is Scope.CROSS_SECTION):
            steps = list(group)
            if crosses:
                self._stages.append((True, [[self._joined(step, state, roles, rows) for step, state in steps]]))
            else:
                shared = [
                    [buffers.call(step, state[part], roles) for step, state in steps]
                    for buffers, part in zip(self._parts, self._columns, strict=True)
                ]
                self._stages.append((False, shared))

    def run(self, block: FeatureBlock, values: Floats) -> None:
        """Write the values of one block, float64 [F, B, N]."""
        self._each(lambda i: self._parts[i].load(block, self._columns[i]))
        for crosses, calls in self._stages:
            if crosses:
                make(calls[0])
            else:
                self._each(lambda i, calls=calls: make(calls[i]))  # type: ignore[misc]  # a default binds the loop's value
        self._each(lambda i: self._store(i, values[:, :, self._columns[i]]))

    def _store(self, part: int, values: Floats) -> None:
        values[:] = self._parts[part].values
        for index, place in self._copies:
            values[index] = self._parts[part].at(place)

    def _each(self, work: Callable[[int], None]) -> None:
        for future in [self._pool.submit(work, part) for part in range(len(self._parts))]:
            future.result()

    def _joined(self, step: Step, state: Floats, roles: SymbolRoles, rows: int) -> Call:
        """Bind a step across symbols: gather its inputs, compute, spread its result."""
        count = self._columns[-1].stop
        inputs = [np.empty((rows, count)) for _ in step.inputs]
        width = step.operation.width
        output = np.empty((width, rows, count) if width > 1 else (rows, count))
        arguments = (*inputs, output, *beyond(step, state, roles))

        def compute() -> None:
            for joint, place in zip(inputs, step.inputs, strict=True):
                for buffers, part in zip(self._parts, self._columns, strict=True):
                    joint[:, part] = buffers.at(place)
            step.operation.kernel(*arguments)
            for buffers, part in zip(self._parts, self._columns, strict=True):
                buffers.at(step.output)[:] = output[..., part]

        return compute, ()


def make(calls: Sequence[Call]) -> None:
    """Make each call in turn."""
    for call, arguments in calls:
        call(*arguments)


def beyond(step: Step, state: Floats, roles: SymbolRoles) -> tuple[object, ...]:
    """Return the arguments of a kernel after its series: state, what it is told of the columns, parameters."""
    context = step.operation.context
    told = () if not context else (roles.counts if context == COUNTS else roles.columns[context],)
    return (*((state,) if step.state_size else ()), *told, *step.parameters)
