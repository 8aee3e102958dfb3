"""Whether an own kernel keeps its contract, on made-up bars: the same bits however it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba.core.errors import NumbaError

from qts_core.features.graph import Node
from qts_core.features.operations import BUILT_IN, OPERATIONS, Operation, Parameters, Scope
from qts_core.market.errors import printable
from qts_core.market.panel import Floats

__all__ = ["KernelFault", "kernel_fault", "own_kernel_calls"]

SYMBOLS: Final = 3
ROWS: Final = 160
"""Rows beyond the warm-up on which a kernel is tried when its file is loaded."""
GAPS: Final = 0.08
UNWRITTEN: Final = -7.25e77
"""What stands in the output before a kernel writes it; no kernel writes this."""


@dataclass(frozen=True, slots=True)
class KernelFault:
    """How a kernel breaks its contract.

    Attributes
    ----------
    rule : str
        What it must do and does not.
    found : str
        Bar, symbol and values, or what was raised.
    is_compiled : bool
        False when numba could not compile it.
    """

    rule: str
    found: str
    is_compiled: bool = True


def own_kernel_calls(roots: Iterable[Node]) -> Iterator[tuple[Operation, Parameters]]:
    """Yield every own operation of the expressions with the parameters that it is used with, each once."""
    calls = {
        (node.operation, node.parameters): None
        for root in roots
        for node in root.walk()
        if node.operation in OPERATIONS and node.operation not in BUILT_IN
    }
    for name, parameters in calls:
        yield OPERATIONS[name], parameters


def kernel_fault(
    operation: Operation, parameters: Parameters, random: np.random.Generator, *, rows: int = ROWS
) -> KernelFault | None:
    """Try a kernel on random bars with gaps; return the first rule it breaks, None when it keeps them all.

    Parameters
    ----------
    operation : Operation
        Of time series, with one result.
    parameters : tuple
    random : Generator
        Makes bars and cuts.
    rows : int
        Bars beyond the warm-up.
    """
    assert operation.scope is Scope.TIME_SERIES
    assert operation.width == 1
    trial_rows = rows + 3 * operation.warm_up(parameters)
    try:
        return _Trial(operation, parameters, random, trial_rows).fault()
    except NumbaError as error:
        return KernelFault("numba can compile it", _sentence(error), is_compiled=False)
    except Exception as error:  # noqa: BLE001  # a kernel is anyone's code; whatever it raises is the finding
        return KernelFault("it raises nothing", f"{type(error).__name__}: {_sentence(error)}")


class _Trial:
    """One kernel with its parameters, and what it is tried on: series [T, N] with gaps, a different one per symbol."""

    def __init__(self, operation: Operation, parameters: Parameters, random: np.random.Generator, rows: int) -> None:
        self._operation = operation
        self._parameters = parameters
        self._random = random
        self._series = [self._walk(rows) for _ in range(operation.inputs)]
        for series in self._series:
            series[random.random(series.shape) < GAPS] = np.nan
            series[rows // 2 : rows // 2 + 3] = np.nan
        self._whole = np.empty(0)

    def fault(self) -> KernelFault | None:
        """Return the first rule that is broken."""
        self._whole = self._run(self._series)
        rules = (
            self._keeps_inputs, self._repeats, self._writes_everything, self._sees_no_later_bar, self._cuts_anywhere,
            self._knows_no_other_symbol, self._misses_where_an_input_misses, self._forgets_gaps, self._warms_up_as_told,
        )  # fmt: skip
        return next((fault for rule in rules if (fault := rule()) is not None), None)

    def _repeats(self) -> KernelFault | None:
        for _ in range(2):
            fault = self._compare("the same bars give the same values", self._whole, self._run(self._series))
            if fault is not None:
                return fault
        return None

    def _writes_everything(self) -> KernelFault | None:
        unwritten = np.argwhere(self._whole == UNWRITTEN)
        if not len(unwritten):
            return None
        row, column = unwritten[0]
        return KernelFault("every value of `out` is written", f"bar {row}, symbol {column}: nothing")

    def _keeps_inputs(self) -> KernelFault | None:
        copies = [series.copy() for series in self._series]
        self._call(copies, self._fresh())
        for series, copy in zip(self._series, copies, strict=True):
            fault = self._compare("inputs are not written", series, copy)
            if fault is not None:
                return fault
        return None

    def _sees_no_later_bar(self) -> KernelFault | None:
        rows = len(self._whole)
        for row in sorted(self._random.integers(1, rows, 3).tolist()):
            altered = [series.copy() for series in self._series]
            for series in altered:
                series[row:] *= self._random.uniform(0.5, 2.0, series[row:].shape)
            fault = self._compare("no value depends on a later bar", self._whole[:row], self._run(altered)[:row])
            if fault is not None:
                return fault
        return None

    def _cuts_anywhere(self) -> KernelFault | None:
        rows = len(self._whole)
        some = sorted(set(self._random.integers(1, rows, 5).tolist()))
        for how, cuts in (("bar by bar", list(range(1, rows))), ("in random blocks", some)):
            rule = f"the values are the same {how} as in one block"
            fault = self._compare(rule, self._whole, self._run(self._series, cuts))
            if fault is not None:
                return fault
        return None

    def _knows_no_other_symbol(self) -> KernelFault | None:
        alone = self._run([np.ascontiguousarray(series[:, :1]) for series in self._series])
        rule = "a symbol's values do not depend on other symbols"
        fault = self._compare(rule, self._whole[:, :1], alone)
        if fault is not None:
            return fault
        moved = self._run([np.ascontiguousarray(series[:, ::-1]) for series in self._series])
        return self._compare(rule, self._whole, moved[:, ::-1])

    def _misses_where_an_input_misses(self) -> KernelFault | None:
        missing = np.any(np.isnan(self._series), axis=0)
        expected = np.where(missing, np.nan, self._whole)
        return self._compare("a missing input gives a missing value", expected, self._whole)

    def _forgets_gaps(self) -> KernelFault | None:
        missing = np.any(np.isnan(self._series), axis=0)
        for column in range(SYMBOLS):
            kept = ~missing[:, column]
            dense = self._run([np.ascontiguousarray(series[kept, column : column + 1]) for series in self._series])
            expected = np.full_like(self._whole, np.nan)
            expected[kept, column] = dense[:, 0]
            found = np.full_like(self._whole, np.nan)
            found[:, column] = self._whole[:, column]
            fault = self._compare("a missing bar leaves no trace in later values", expected, found)
            if fault is not None:
                return fault
        return None

    def _warms_up_as_told(self) -> KernelFault | None:
        told = self._operation.warm_up(self._parameters)
        dense = self._run([self._walk(told + 20) for _ in self._series])
        early = np.argwhere(~np.isnan(dense[:told]))
        if len(early):
            return KernelFault("no value comes before the warm-up", f"a value at bar {early[0][0]}, warm-up {told}")
        if not self._operation.waits and np.isnan(dense[told]).all():
            return KernelFault(
                "the first value comes right after the warm-up (or waits=True)", f"none at bar {told}, warm-up {told}"
            )
        return None

    def _walk(self, rows: int) -> Floats:
        walk: Floats = 40.0 * np.exp(np.cumsum(0.01 * self._random.standard_normal((rows, SYMBOLS)), axis=0))
        return walk

    def _run(self, series: Sequence[Floats], cuts: Sequence[int] = ()) -> Floats:
        """Compute in pieces that end at `cuts`; at each the state is carried over as a snapshot is."""
        state = self._fresh(series[0].shape[1])
        pieces = []
        for first, last in zip([0, *cuts], [*cuts, len(series[0])], strict=True):
            state = state.copy()
            pieces.append(self._call([each[first:last].copy() for each in series], state))
        return np.concatenate(pieces)

    def _call(self, series: Sequence[Floats], state: Floats) -> Floats:
        out = np.full(series[0].shape, UNWRITTEN)
        call: Callable[..., object] = self._operation.kernel
        if call(*series, out, *((state,) if state.size else ()), *self._parameters) is not None:
            raise TypeError("it returns a value; a block kernel writes `out`")
        return out

    def _fresh(self, columns: int = SYMBOLS) -> Floats:
        return np.zeros((columns, self._operation.state_size(self._parameters)))

    def _compare(self, rule: str, expected: Floats, found: Floats) -> KernelFault | None:
        same = (expected == found) | (np.isnan(expected) & np.isnan(found))
        if same.all():
            return None
        row, column = np.argwhere(~same)[0]
        values = f"{found[row, column]!r} instead of {expected[row, column]!r}".replace("np.float64", "")
        return KernelFault(rule, f"bar {row}, symbol {column}: {values}")


def _sentence(error: BaseException) -> str:
    """Return the first lines of a message that say something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("Failed in", "During:", "-"))]
    return printable("; ".join(told[:2]))
