"""An own kernel by one decorated function: one value at a time, or a block for those who need it.

The function becomes an operation that expressions use like any of ``ops``. Its name carries the hash of its source, so
that every hash of an expression changes with it.
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import cast

import numpy as np

from qts_core.features.graph import Node, apply
from qts_core.features.kernels.jit import checked_kernel
from qts_core.features.operations import Operation, Parameters, adopt
from qts_core.features.own.sources import compilable, place_of, source_digest
from qts_core.market.errors import InvalidConfigError

__all__ = ["OwnKernel", "block_kernel", "kernel"]

Count = int | Callable[..., int]
"""A number, or a function of the kernel's parameters by their names."""
Function = Callable[..., object]
KINDS: Mapping[object, type[int] | type[float]] = {"int": int, "float": float, int: int, float: float}
STATE, OUT = "state", "out"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a kernel takes: series, whether it remembers, and parameters with their kinds and defaults."""

    inputs: tuple[str, ...]
    has_state: bool
    parameters: Mapping[str, type[int] | type[float]]
    defaults: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class OwnKernel:
    """An operation of one's own: call it with expressions, and with its parameters by name.

    Attributes
    ----------
    operation : Operation
        Under ``name@hash``.
    defaults : mapping of str to float
    place : str
        File and line.
    """

    operation: Operation
    defaults: Mapping[str, float]
    place: str

    def __call__(self, *inputs: Node, **parameters: float) -> Node:
        """Return the expression of the kernel on `inputs`."""
        return apply(self.operation.name, *inputs, **{**self.defaults, **parameters})


def kernel(*, state: Count = 0, warm_up: Count = 0, waits: bool = False) -> Callable[[Function], OwnKernel]:
    """Make an operation of a function that computes one value of one symbol.

    ``step([state,] x, ..., window: int) -> float`` gets the values of the bar, one for each series, and remembers in
    `state` whatever later bars need. It sees neither other bars nor other symbols, so no way of cutting time can change
    its results. Where a series has no value it is not called: the result is missing and the state stays.

    Parameters
    ----------
    state : int or callable, default 0
        Floats remembered per symbol, zeros at first; a number or a function of the parameters by name. With any, the
        first argument is called ``state``.
    warm_up : int or callable, default 0
        Values seen before the first result.
    waits : bool, default False
        Whether the first result may come later still, because it waits for something to happen.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-015 if the function does not have that form, QTS-FEAT-016 if it reads what may change.

    Notes
    -----
    Arguments annotated ``int`` or ``float`` are parameters; the others are series. An ``int`` called ``window``,
    ``bars``, ``every`` or ``runs`` is at least 1. Compiled by numba: numbers, arrays, ``math`` and ``numpy``.
    """

    def decorate(function: Function) -> OwnKernel:
        plain = checked_function(function)
        signature = signature_of(plain, forbidden=(OUT,))
        return operator(plain, signature, _stepping(plain, signature), state=state, warm_up=warm_up, waits=waits)

    return decorate


def block_kernel(*, state: Count = 0, warm_up: Count = 0, waits: bool = False) -> Callable[[Function], OwnKernel]:
    """Make an operation of a function that computes B bars of N symbols at once, for those who need the speed.

    ``block(x, ..., out, [state,] window: int) -> None`` reads float64 [B, N] for each series and writes every value of
    `out`; `state` is float64 [N, S] and changed in place. How time is cut into blocks must not change a bit: nothing
    may depend on B, a row may read no later row, a missing input (NaN) gives NaN and leaves no trace, inputs are not
    written, symbols do not know each other. All that is tested when the file is loaded.

    Parameters
    ----------
    state, warm_up, waits
        As :func:`kernel`.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-015, QTS-FEAT-016, as :func:`kernel`.
    """

    def decorate(function: Function) -> OwnKernel:
        plain = checked_function(function)
        signature = signature_of(plain, needed=OUT)
        return operator(plain, signature, compilable(plain), state=state, warm_up=warm_up, waits=waits)

    return decorate


def operator(
    function: FunctionType, signature: Signature, block: FunctionType, *, state: Count, warm_up: Count, waits: bool
) -> OwnKernel:
    """Return the operation of a function whose block form is `block`."""
    if signature.has_state == (state == 0):
        raise unfit(
            function, "What an own kernel remembers does not fit its arguments.",
            found=f"state={state!r}" if isinstance(state, int) else "a state",
            expected="an argument called state exactly where it remembers something",
        )  # fmt: skip
    digest = source_digest(function, *(each for each in (state, warm_up) if callable(each)))
    name = f"{function.__name__}@{digest[:8]}"
    # The cache on disk finds compiled code by this name: other source, other name.
    block.__qualname__ = f"{function.__name__}_{digest[:16]}"
    block.__doc__ = function.__doc__ or f"{function.__name__}, a kernel of one's own."
    operation = Operation(
        name, checked_kernel(block), len(signature.inputs), signature.parameters,
        _count(function, state, signature), _count(function, warm_up, signature), waits=waits,
    )  # fmt: skip
    return OwnKernel(adopt(operation), signature.defaults, place_of(function))


def signature_of(function: FunctionType, *, needed: str = "", forbidden: tuple[str, ...] = ()) -> Signature:
    """Read what a kernel takes from its arguments.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-015
    """
    given = list(inspect.signature(function).parameters.values())
    plain = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    kinds = {p.name: KINDS.get(p.annotation) for p in given}
    parameters = {name: kind for name, kind in kinds.items() if kind is not None}
    series = [name for name in kinds if name not in {STATE, OUT, *parameters}]
    order = [*series, *([OUT] if needed else []), *([STATE] if STATE in kinds else []), *parameters]
    if not needed and STATE in kinds:
        order = [STATE, *(name for name in order if name != STATE)]
    odd = any(p.kind not in plain for p in given) or any(name in kinds for name in forbidden)
    if odd or not series or list(kinds) != order or not set(parameters).isdisjoint({STATE, OUT}):
        form = "(x, ..., out, [state,] parameter: int, ...)" if needed else "([state,] x, ..., parameter: int, ...)"
        raise unfit(
            function, "An own kernel does not have the arguments it must have.", found=f"({', '.join(kinds)})",
            expected=f"{function.__name__}{form}, parameters annotated int or float",
        )  # fmt: skip
    defaults = {p.name: p.default for p in given if p.default is not inspect.Parameter.empty}
    return Signature(tuple(series), STATE in kinds, parameters, defaults)


def checked_function(function: object) -> FunctionType:
    """Return the plain function behind what was decorated."""
    plain = getattr(function, "py_func", function)
    if not isinstance(plain, FunctionType) or not plain.__name__.isidentifier() or keyword.iskeyword(plain.__name__):
        raise InvalidConfigError(
            "QTS-FEAT-015", "An own kernel is no function.", found=type(function).__name__, expected="def name(...)"
        )
    return plain


def unfit(function: FunctionType, what: str, *, found: object, expected: str) -> InvalidConfigError:
    """Return the error of a kernel that is not declared as it must be."""
    return InvalidConfigError(
        "QTS-FEAT-015", what, where=f"{place_of(function)} {function.__name__}", found=found, expected=expected,
        fix="see docs/concepts/own-features.md",
    )  # fmt: skip


def _count(function: FunctionType, given: Count, signature: Signature) -> Callable[[Parameters], int]:
    """Return a count as a function of the parameters in order; it asks for those it names."""
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return lambda parameters: given
    wanted = tuple(inspect.signature(given).parameters) if callable(given) else ("",)
    if not set(wanted) <= set(signature.parameters):
        raise unfit(
            function, "The state or warm-up of an own kernel cannot be found.", found=f"({', '.join(wanted)})",
            expected=f"a whole number, or a function of {', '.join(signature.parameters) or 'nothing'}",
        )  # fmt: skip
    rule = cast(Callable[..., object], given)

    def count(parameters: Parameters) -> int:
        named = dict(zip(signature.parameters, parameters, strict=True))
        found = rule(*(named[name] for name in wanted))
        if not isinstance(found, int) or found < 0:
            raise unfit(
                function, "The state or warm-up of an own kernel is no number of values.", found=found,
                expected="a whole number of at least 0",
            )  # fmt: skip
        return found

    return count


def _stepping(function: FunctionType, signature: Signature) -> FunctionType:
    """Return the block form of a step: every symbol by itself, every bar after the one before, gaps left out."""
    series, values = _numbered("x", signature.inputs), _numbered("v", signature.inputs)
    parameters = _numbered("p", signature.parameters)
    state, memory = (["state"], ["memory"]) if signature.has_state else ([], [])
    lines = [
        f"def block({', '.join([*series, 'out', *state, *parameters])}):",
        "    for n in range(out.shape[1]):",
        *(f"        {name} = state[n]" for name in memory),
        "        for t in range(out.shape[0]):",
        *(f"            {value} = {name}[t, n]" for value, name in zip(values, series, strict=True)),
        f"            if {' or '.join(f'{value} != {value}' for value in values)}:",
        "                out[t, n] = nan",
        "            else:",
        f"                out[t, n] = step({', '.join([*memory, *values, *parameters])})",
    ]
    scope: dict[str, object] = {
        "__name__": __name__,
        "nan": np.nan,
        "step": checked_kernel(compilable(function), is_cached=False),
    }
    # Nothing of the text comes from outside; it stands for the file that it wraps, where numba keeps what it compiles.
    exec(compile("\n".join(lines), function.__code__.co_filename, "exec"), scope)  # noqa: S102
    block = cast(FunctionType, scope["block"])
    block.__code__ = block.__code__.replace(co_firstlineno=function.__code__.co_firstlineno)
    return block


def _numbered(letter: str, names: Iterable[str]) -> list[str]:
    return [f"{letter}{place}" for place, _ in enumerate(names)]
