"""A list of kernel calls and copies as one table that compiled code walks, for any part of a block's rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from struct import Struct
from typing import TypeGuard

import numpy as np
from numba import types
from numpy.typing import NDArray

from qts_core.features.failure import KernelFailure
from qts_core.features.native import COPY, Types, array_type, code_of, stub_of, walker
from qts_core.market.panel import Floats

__all__ = ["Extra", "Form", "Origin", "Program", "linked"]

ITEM = 8
"""Bytes of a word, and of a value."""

WORD, FLOAT = Struct("q"), Struct("d")

Extra = NDArray[np.generic] | int | float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call comes from, to say so when it fails.

    Attributes
    ----------
    step : int
        Number in the plan.
    column : int or None
        The symbol of the first column; None where the symbols cannot be taken one by one.
    has_state : bool
        Whether it remembers something, so that a second call is not the first again.
    """

    step: int = 0
    column: int | None = None
    has_state: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call as Python makes it: of a function that is not compiled, or to say what went wrong in one that is."""

    kernel: Callable[..., None]
    series: tuple[Floats, ...]
    more: tuple[Extra, ...]
    origin: Origin

    def make(self, first: int, count: int) -> None:
        """Call the kernel on some rows.

        Raises
        ------
        KernelFailure
            If it raises anything.
        """
        try:
            self._make(first, count)
        except Exception as error:
            raise self._failure(first, count) from error

    def _make(self, first: int, count: int) -> None:
        rows = slice(first, first + count)
        flat = (each if each.ndim == 2 else rows_of(each, count) for each in self.series)
        more = (each[rows] if follows(each) else each for each in self.more)
        self.kernel(*(each[..., rows, :] for each in flat), *more)

    def _failure(self, first: int, count: int) -> KernelFailure:
        """Find the bar, and the symbol, by one call for each."""
        step, column = self.origin.step, self.origin.column
        if self.origin.has_state or any(each.ndim > 2 for each in self.series):
            return KernelFailure(step)
        for row in range(first, first + count):
            if not self._fails(row, slice(None)):
                continue
            columns = range(self.series[0].shape[1] if column is not None else 0)
            place = next((n for n in columns if self._fails(row, slice(n, n + 1))), None)
            return KernelFailure(step, row, None if place is None or column is None else column + place)
        return KernelFailure(step)

    def _fails(self, row: int, columns: slice) -> bool:
        rows = slice(row, row + 1)
        more = (each[rows, columns].copy() if follows(each) else each for each in self.more)
        try:
            self.kernel(*(each[rows, columns].copy() for each in self.series), *more)
        except Exception:  # noqa: BLE001  # whatever it is, the first of its kind is what the caller tells
            return True
        return False


NOWHERE = Origin()


class Program:
    """Calls in order, on buffers [..., R, n] of which a run uses the first rows, or some of them.

    Append with :meth:`call`, :meth:`copy` and :meth:`store`; then :meth:`fit` says which rows, and :meth:`run` makes
    the calls. The addresses stay valid because the buffers are kept here.
    """

    def __init__(self) -> None:
        self._words: list[int] = []
        self._calls: dict[int, Call | None] = {}
        self._plain: list[tuple[int, Call]] = []
        self._signatures: list[tuple[int, Types]] = []
        # Words that follow the rows: base + first * per_first + count * per_count.
        self._moving: list[tuple[int, int, int, int]] = []
        self._stores: list[tuple[int, int, int]] = []
        self._kept: list[NDArray[np.generic]] = []
        self._table: NDArray[np.int64] | None = None

    def call(
        self,
        kernel: Callable[..., None],
        series: Sequence[Floats],
        more: Sequence[Extra] = (),
        origin: Origin = NOWHERE,
        *,
        is_flat: bool = False,
    ) -> None:
        """Append a call of `kernel` on `series`, inputs and output, and whatever comes after them; `origin` names it.

        Of flags [R, n] among that the kernel gets the rows of the run, like those of a series.

        With `is_flat` the rows are handed over end to end as one long row: the same to a kernel that goes value by
        value, and much faster.
        """
        code, signature = linked(kernel, tuple([each.ndim for each in series]), tuple([form_of(each) for each in more]))
        call = Call(kernel, tuple(series), tuple(more), origin)
        if not code:
            self._plain.append((len(self._words), call))
            return
        start = self._begin(signature, code, call)
        for each in series:
            row = each.shape[-1]
            if each.ndim > 2:
                self._words += [address_of(each), *each.shape[:-2]]
            else:
                self._move(address_of(each), per_first=row * ITEM)
                if is_flat:
                    self._words.append(1)
                    self._move(0, per_count=row)
                    continue
            self._move(0, per_count=1)
            self._words.append(row)
        for extra in more:
            if follows(extra):
                self._kept.append(extra)
                self._move(address_of(extra), per_first=extra.shape[1])
                self._move(0, per_count=1)
                self._words.append(extra.shape[1])
            elif isinstance(extra, np.ndarray):
                self._kept.append(extra)
                self._words += [address_of(extra), *extra.shape]
            else:
                self._words.append(extra if isinstance(extra, int) else bits_of(extra))
        self._end(start)

    def copy(self, source: Floats, target: Floats) -> None:
        """Append a copy of rows, between arrays [R, n] whose rows may lie apart."""
        start = self._begin(COPY, 0, None)
        self._kept += [source, target]
        for each in (source, target):
            self._move(address_of(each), per_first=each.strides[0])
        self._words += [source.strides[0], target.strides[0]]
        self._move(0, per_count=1)
        self._words.append(source.shape[1] * ITEM)
        self._end(start)

    def copy_part(self, source: Floats, target: Floats, part: int, column: int) -> None:
        """Append a copy of one of several results [W, B, N], some of its columns, to [W, B, n]."""
        start = self._begin(COPY, 0, None)
        self._kept += [source, target]
        wide, narrow = (each.shape[-1] * ITEM for each in (source, target))
        self._move(address_of(source) + column * ITEM, per_count=part * wide)
        self._move(address_of(target), per_count=part * narrow)
        self._words += [wide, narrow]
        self._move(0, per_count=1)
        self._words.append(narrow)
        self._end(start)

    def store(self, source: Floats, feature: int, column: int) -> None:
        """Append a copy of a buffer [R, n] to where feature and column are in the values of a run."""
        start = self._begin(COPY, 0, None)
        self._kept.append(source)
        self._move(address_of(source), per_first=source.strides[0])
        self._stores.append((len(self._words), feature, column))
        self._words += [0, source.strides[0], 0]
        self._move(0, per_count=1)
        self._words.append(source.shape[1] * ITEM)
        self._end(start)

    def fit(self, first: int, count: int) -> None:
        """Let the next runs use `count` rows from `first` on."""
        if self._table is None:
            self._seal()
        at, base, per_first, per_count = self._moving_words
        assert self._table is not None
        self._table[at] = base + first * per_first + count * per_count
        self._first, self._count = first, count

    def run(self, values: Floats) -> None:
        """Make all calls, the results into `values` [F, B, N], whose last axis must be contiguous.

        Raises
        ------
        KernelFailure
            If a kernel raised an error; those after it were not called.
        """
        table = self._table
        assert table is not None
        assert values.strides[2] == ITEM
        at, feature, column = self._store_words
        per_feature, per_row, _ = values.strides
        table[at] = address_of(values) + self._first * per_row + feature * per_feature + column * ITEM
        table[at + 2] = per_row
        place = 0
        for stop, call in self._plain:
            self._walk(place, stop)
            call.make(self._first, self._count)
            place = stop
        self._walk(place, len(table))

    def _walk(self, start: int, stop: int) -> None:
        """Make the calls of some words of the table."""
        assert self._table is not None
        begin = address_of(self._table)
        failed = walker()(begin + start * ITEM, begin + stop * ITEM)
        if not failed:
            return
        call = self._calls[(failed - begin) // ITEM]
        assert call is not None
        call.make(self._first, self._count)  # raises again, with its own words as the cause
        raise KernelFailure(call.origin.step)

    def _begin(self, signature: Types, code: int, call: Call | None) -> int:
        start = len(self._words)
        self._calls[start] = call
        self._signatures.append((start, signature))
        self._words += [0, 0, code]
        return start

    def _end(self, start: int) -> None:
        self._words[start] = len(self._words) - start

    def _move(self, base: int, *, per_first: int = 0, per_count: int = 0) -> None:
        self._moving.append((len(self._words), base, per_first, per_count))
        self._words.append(0)

    def _seal(self) -> None:
        """Turn the lists into arrays and name the stubs."""
        stubs = stub_of(signature for _, signature in self._signatures)
        table = np.array(self._words, dtype=np.int64)
        table[[start + 1 for start, _ in self._signatures]] = [stubs[signature] for _, signature in self._signatures]
        self._table = table
        self._moving_words = np.array(self._moving, dtype=np.int64).reshape(-1, 4).T
        self._store_words = np.array(self._stores, dtype=np.int64).reshape(-1, 3).T
        self._words.clear()


def rows_of(wide: Floats, count: int) -> Floats:
    """Return the first values of a buffer [W, R, n] as the array [W, count, n] that compiled code sees there."""
    width, _, columns = wide.shape
    return wide.reshape(-1)[: width * count * columns].reshape(width, count, columns)


Form = tuple[int, str]
"""Dimensions and kind of number of what a kernel takes."""

NUMBERS = {"f": types.float64, "i": types.int64, "b": types.boolean}


def follows(extra: Extra) -> TypeGuard[NDArray[np.bool_]]:
    """Return whether an array has rows of its own, as a block has: flags [R, n]."""
    return isinstance(extra, np.ndarray) and extra.dtype == np.bool_


def form_of(extra: Extra) -> Form:
    """Return the form of what a kernel takes after its series."""
    if isinstance(extra, np.ndarray):
        return extra.ndim, extra.dtype.kind
    return 0, "i" if isinstance(extra, int) else "f"


@cache
def linked(kernel: Callable[..., None], series: tuple[int, ...], more: tuple[Form, ...]) -> tuple[int, Types]:
    """Return the machine code of a kernel and the types that it takes."""
    forms = (*((dimensions, "f") for dimensions in series), *more)
    signature = tuple(array_type(size, NUMBERS[kind]) if size else NUMBERS[kind] for size, kind in forms)
    return code_of(kernel, signature), signature


def bits_of(number: float) -> int:
    """Return the bits of a float as a signed integer."""
    bits: int = WORD.unpack(FLOAT.pack(number))[0]
    return bits


def address_of(array: NDArray[np.generic]) -> int:
    """Return where the first value is."""
    address: int = array.__array_interface__["data"][0]
    return address
