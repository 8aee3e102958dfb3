"""The first run compiles kernels for a minute or so: all of a plan in one go, and whoever waits is told of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

import numpy as np

from qts_core.features.compiling_aside import compiling_aside
from qts_core.features.operations import COUNTS
from qts_core.features.plain import program_type
from qts_core.features.plan import Plan, Step
from qts_core.features.program import Form, Program, linked

__all__ = ["compile_kernels", "telling_of_compilation"]

Told = Callable[[str, int, int], None]
"""Takes the name of a kernel that was compiled, its number among the kernels of the plan, and how many they are."""

_told: ContextVar[Told | None] = ContextVar("told of compilation", default=None)


@contextmanager
def telling_of_compilation(told: Told) -> Iterator[None]:
    """Call `told` after each kernel that had to be compiled meanwhile; never for those found on disk.

    Examples
    --------
    >>> from qts_core.features import FeatureEngine, default_catalogue
    >>> with telling_of_compilation(lambda name, number, count: print(f"compiled {name} ({number} of {count})")):
    ...     engine = FeatureEngine(default_catalogue(), ("AAA",))  # and pushing bars
    """
    token = _told.set(told)
    try:
        yield
    finally:
        _told.reset(token)


def compile_kernels(plan: Plan) -> int:
    """Compile or load every kernel of a plan; return how many were compiled here.

    Where much is to be compiled another process begins at the other end; both keep what they make in the same place.
    """
    calls = {(step.operation.kernel, forms_of(step)): step for step in plan.steps}
    told, compiled, is_native = _told.get(), 0, program_type() is Program
    with ExitStack() as aside:
        for number, ((kernel, forms), step) in enumerate(calls.items(), start=1):
            with compiled_meanwhile() as events:
                code = linked(kernel, *forms)[0] if is_native else 0
                if not code:
                    try_once(plan, step)
            if not events:
                continue
            compiled += 1
            if told is not None:
                told(step.operation.name, number, len(calls))
            if compiled == 1:
                rest = list(calls.items())[number:]
                aside.enter_context(compiling_aside([(each.operation.name, *form) for (_, form), each in rest[::-1]]))
    return compiled


@contextmanager
def compiled_meanwhile() -> Iterator[Sequence[object]]:
    """Collect what numba compiles; nothing with a numba that does not tell."""
    try:
        from numba.core.event import install_recorder
    except ImportError:
        yield ()
        return
    with install_recorder("numba:compile") as events:
        yield events.buffer


def forms_of(step: Step) -> tuple[tuple[int, ...], tuple[Form, ...]]:
    """Return the dimensions of the series of a step, and the forms of what its kernel takes after them."""
    series = [3 if place.kind == "wide" else 2 for place in (*step.inputs, step.output)]
    more: list[Form] = [(2, "f")] if step.state_size else []
    if step.operation.context:
        more.append((2, "b") if step.operation.context == COUNTS else (1, "i"))
    return tuple(series), (*more, *((0, "i" if isinstance(each, int) else "f") for each in step.parameters))


def try_once(plan: Plan, step: Step) -> None:
    """Call a kernel that is not compiled itself on one missing bar, so that whatever it calls is."""
    places = (*step.inputs, step.output)
    arrays = [np.full((*((plan.wide[p.index],) if p.kind == "wide" else ()), 1, 1), np.nan) for p in places]
    state = (np.zeros((1, step.state_size)),) if step.state_size else ()
    context = step.operation.context
    told = () if not context else (np.ones((1, 1), dtype=bool) if context == COUNTS else np.zeros(1, dtype=np.int64),)
    step.operation.kernel(*arrays, *state, *told, *step.parameters)
