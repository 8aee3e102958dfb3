"""How a block is computed: the symbols shared between threads, each with its own buffers and tables of calls.

Symbols do not know each other except where an operation looks across them. So threads take whole columns; where a step
looks across symbols at one instant they take rows instead, after gathering the columns; and where it also remembers,
one thread does it. They wait for each other only at these borders, of which a plan has as few as possible. Every value
sees the same arithmetic in the same order: the bits do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier, BrokenBarrierError

import numpy as np

from qts_core.features.block import FeatureBlock
from qts_core.features.compiling import compile_kernels
from qts_core.features.operations import BAR_SOURCES, COUNTS, SOURCES
from qts_core.features.plain import program_type
from qts_core.features.plan import Place, Plan, Reach, Step
from qts_core.features.program import Extra, Origin, Program
from qts_core.features.roles import SymbolRoles
from qts_core.market.panel import Floats

__all__ = ["Lane", "shares"]


def shares(count: int, parts: int) -> tuple[slice, ...]:
    """Cut `count` columns or rows into runs of nearly equal length."""
    ends = [round(count * i / parts) for i in range(parts + 1)]
    return tuple(slice(first, last) for first, last in pairwise(ends))


class Buffers:
    """Sources and intermediate results of some columns, float64 [..., R, n] each."""

    def __init__(self, plan: Plan, rows: int, columns: slice) -> None:
        self.columns = columns
        shape = (rows, columns.stop - columns.start)
        self._sources = np.empty((len(SOURCES), *shape))
        self._arrays: dict[str, Sequence[Floats] | Floats] = {
            "source": self._sources,
            "scratch": np.empty((plan.scratch, *shape)),
            "wide": [np.empty((width, *shape)) for width in plan.wide],
        }

    def at(self, place: Place) -> Floats:
        """Return the array [R, n] of a place, [width, R, n] where there are several results."""
        array: Floats = self._arrays[place.kind][place.index]
        return array

    def load(self, block: FeatureBlock) -> None:
        """Take the sources of a block."""
        rows, bars = len(block), len(BAR_SOURCES)
        self._sources[:bars, :rows] = block.bars[:, :, self.columns]
        self._sources[bars:, :rows] = block.calendar[:, :, None]


class Lane:
    """Buffers and tables to compute blocks of up to R rows in some threads; made once and run many times."""

    def __init__(self, plan: Plan, states: Sequence[Floats], roles: SymbolRoles, rows: int, threads: int = 1) -> None:
        compile_kernels(plan)
        count = len(roles.counts)
        self._parts = tuple(Buffers(plan, rows, columns) for columns in shares(count, threads))
        self._roles = roles
        self._joint = np.empty((1 + max((len(step.inputs) for step in plan.steps), default=0), rows, count))
        # Who counts at each row; written once unless symbols come and go.
        self._counts = np.repeat(roles.counts[None], rows, axis=0)
        self._fitted = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="features") if threads > 1 else None
        self._stages: list[tuple[Reach, list[Program]]] = []
        own = self._stage(Reach.SYMBOL)  # always the first: whoever looks across waits until all sources are there
        for feature, place in plan.copies:
            for program, part in zip(own, self._parts, strict=True):
                program.store(part.at(place), feature, part.columns.start)
        for number, (step, state) in enumerate(zip(plan.steps, states, strict=True)):
            programs = self._stage(step.reach)
            if step.reach is Reach.SYMBOL or threads == 1:
                for program, part in zip(programs, self._parts, strict=True):
                    self._apart(program, part, number, step, state)
            else:
                for program in programs:
                    self._across(program, number, step, state)

    def run(self, block: FeatureBlock, values: Floats) -> None:
        """Write the values of one block of at most R rows into float64 [F, B, N] of any strides."""
        if values.dtype != np.float64 or values.strides[-1] != values.itemsize:
            within = np.empty(values.shape)
            self.run(block, within)
            values[:] = within
            return
        self._fit(len(block))
        if self._roles.days is not None:
            self._counts[: len(block)] = self._roles.counted(block.calendar[0])
        if self._pool is None:
            self._work(0, block, values)
            return
        border, parts = Barrier(len(self._parts)), range(len(self._parts))
        futures = [self._pool.submit(self._work, part, block, values, border) for part in parts]
        errors = [error for future in futures if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda each: isinstance(each, BrokenBarrierError)):
            raise error  # the cause before those who waited in vain

    def _work(self, part: int, block: FeatureBlock, values: Floats, border: Barrier | None = None) -> None:
        """Do one thread's share of a block."""
        try:
            self._parts[part].load(block)
            for place, (_, programs) in enumerate(self._stages):
                if place and border is not None:
                    border.wait()
                if part < len(programs):
                    programs[part].run(values)
        except BaseException:
            if border is not None:
                border.abort()
            raise

    def _fit(self, rows: int) -> None:
        """Set all tables to blocks of `rows`."""
        if rows == self._fitted:
            return
        for reach, programs in self._stages:
            cuts = shares(rows, len(programs)) if reach is Reach.INSTANT else [slice(0, rows)] * len(programs)
            for program, cut in zip(programs, cuts, strict=True):
                program.fit(cut.start, cut.stop - cut.start)
        self._fitted = rows

    def _stage(self, reach: Reach) -> list[Program]:
        """Return the tables of the last stage; another one begins where a step looks at something else."""
        reach = reach if len(self._parts) > 1 else Reach.SYMBOL
        kind = program_type()
        if not self._stages or self._stages[-1][0] is not reach:
            count = 1 if reach is Reach.EVERYTHING else len(self._parts)
            self._stages.append((reach, [kind() for _ in range(count)]))
        return self._stages[-1][1]

    def _apart(self, program: Program, part: Buffers, number: int, step: Step, state: Floats) -> None:
        """Append a step on the columns of one part."""
        series = [part.at(place) for place in (*step.inputs, step.output)]
        # What neither remembers nor looks aside goes value by value.
        is_flat = step.reach is Reach.SYMBOL and not step.state_size and all(each.ndim == 2 for each in series)
        origin = Origin(number, part.columns.start if step.reach is Reach.SYMBOL else None, bool(step.state_size))
        program.call(step.operation.kernel, series, self._beyond(step, state[part.columns]), origin, is_flat=is_flat)
        for feature in step.features:
            program.store(series[-1], feature, part.columns.start)

    def _across(self, program: Program, number: int, step: Step, state: Floats) -> None:
        """Append a step on all columns: gather its inputs, compute, spread its result."""
        inputs = self._joint[1 : 1 + len(step.inputs)]
        for joint, place in zip(inputs, step.inputs, strict=True):
            for part in self._parts:
                program.copy(part.at(place), joint[:, part.columns])
        width = step.operation.width
        output = self._joint[0] if width == 1 else np.empty((width, *self._joint.shape[1:]))
        origin = Origin(number, None, bool(step.state_size))
        program.call(step.operation.kernel, [*inputs, output], self._beyond(step, state), origin)
        for part in self._parts:
            if width == 1:
                program.copy(output[:, part.columns], part.at(step.output))
            for result in range(width if width > 1 else 0):
                program.copy_part(output, part.at(step.output), result, part.columns.start)
        for feature in step.features:
            program.store(output, feature, 0)

    def _beyond(self, step: Step, state: Floats) -> tuple[Extra, ...]:
        """Return the arguments of a kernel after its series: state, what it is told of the columns, parameters."""
        context = step.operation.context
        told = () if not context else (self._counts if context == COUNTS else self._roles.columns[context],)
        return (*((state,) if step.state_size else ()), *told, *step.parameters)
