"""The engine without tables: every call made from Python, where this numba cannot be asked how it calls its kernels.

The same kernels on the same buffers, so the same bits; only the interpreter's part of a live step is back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from qts_core.features.kernels.elementwise import absolute
from qts_core.features.program import NOWHERE, Call, Extra, Origin, Program
from qts_core.market.panel import Floats

__all__ = ["PlainProgram", "program_type"]

Part = Callable[[Floats, int, int], None]
"""Does one part of the work: values of the run, first row and number of rows."""


class PlainProgram(Program):
    """What :class:`Program` does, without compiled code around the kernels."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Part] = []

    def call(
        self, kernel: Callable[..., None], series: Sequence[Floats], more: Sequence[Extra] = (),
        origin: Origin = NOWHERE, *, is_flat: bool = False,
    ) -> None:  # fmt: skip
        """Append a call of `kernel`."""
        call = Call(kernel, tuple(series), tuple(more), origin)
        self._parts.append(lambda values, first, count: call.make(first, count))

    def copy(self, source: Floats, target: Floats) -> None:
        """Append a copy of rows between arrays [R, n]."""

        def part(values: Floats, first: int, count: int) -> None:
            target[first : first + count] = source[first : first + count]

        self._parts.append(part)

    def copy_part(self, source: Floats, target: Floats, part: int, column: int) -> None:
        """Append a copy of one of several results [W, B, N], some of its columns, to [W, B, n]."""

        def copied(values: Floats, first: int, count: int) -> None:
            whole, some = source.reshape(-1), target.reshape(-1)
            wide, narrow = source.shape[-1], target.shape[-1]
            found = whole[part * count * wide : (part + 1) * count * wide].reshape(count, wide)
            some[part * count * narrow : (part + 1) * count * narrow] = found[:, column : column + narrow].reshape(-1)

        self._parts.append(copied)

    def store(self, source: Floats, feature: int, column: int) -> None:
        """Append a copy of a buffer [R, n] to where feature and column are in the values of a run."""

        def part(values: Floats, first: int, count: int) -> None:
            rows = slice(first, first + count)
            values[feature, rows, column : column + source.shape[1]] = source[rows]

        self._parts.append(part)

    def fit(self, first: int, count: int) -> None:
        """Let the next runs use `count` rows from `first` on."""
        self._first, self._count = first, count

    def run(self, values: Floats) -> None:
        """Make all calls, the results into `values` [F, B, N]."""
        for part in self._parts:
            part(values, self._first, self._count)


@cache
def program_type() -> type[Program]:
    """Return how calls are made here: from compiled code, or from Python where that does not work, told once."""
    try:
        works = is_sound()
        why = "it gave other values"
    except Exception as error:  # noqa: BLE001  # whatever an unknown numba does, plain calls are right
        works, why = False, f"{type(error).__name__}: {error}"
    if works:
        return Program
    logging.getLogger(__name__).warning(
        "features are computed by plain calls, slower but the same bits: "
        "kernels cannot be called from compiled code with this numba (%s)", why
    )  # fmt: skip
    return PlainProgram


def is_sound() -> bool:
    """Try a table of one kernel and one copy."""
    x, out = np.array([[-1.0, np.nan], [2.0, -3.0]]), np.zeros((2, 2))
    values = np.zeros((1, 2, 2))
    program = Program()
    program.call(absolute, [x, out], is_flat=True)
    program.store(out, 0, 0)
    program.fit(0, 2)
    program.run(values)
    return bool(np.array_equal(values[0], np.abs(x), equal_nan=True))
