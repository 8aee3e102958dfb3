"""A kernel that raises an error: told in one line, with its features, and symbol and bar where they can be found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qts_core.features.plan import Plan
from qts_core.market.errors import InvalidConfigError
from qts_core.market.time import from_micros

__all__ = ["KernelFailure", "told"]

SHOWN = 3


class KernelFailure(Exception):
    """A step raised an error, its cause.

    Attributes
    ----------
    step : int
        Number in the plan.
    row, column : int or None
        Where in the block, if it is found again there: what remembers something has gone on since.
    """

    def __init__(self, step: int, row: int | None = None, column: int | None = None) -> None:
        super().__init__(step, row, column)
        self.step, self.row, self.column = step, row, column


def told(failure: KernelFailure, plan: Plan, symbols: Sequence[str], ts_event: NDArray[np.int64]) -> InvalidConfigError:
    """Return the error for people; `ts_event` are the bars of the block, microseconds UTC."""
    operation = plan.steps[failure.step].operation.name.partition("@")[0]
    names = plan.features_of(failure.step)
    more = f" and {len(names) - SHOWN} more features" if len(names) > SHOWN else ""
    rows = [failure.row] if failure.row is not None else [0, len(ts_event) - 1]
    times = [f"{from_micros(int(ts_event[row])):%Y-%m-%d %H:%M}" for row in rows]
    bar = f"the bar {times[0]} UTC" if failure.row is not None else f"the bars {times[0]} to {times[1]} UTC"
    whose = "" if failure.column is None else f"{symbols[failure.column]}, "
    cause = failure.__cause__
    return InvalidConfigError(
        "QTS-FEAT-019",
        "A kernel raised an error.",
        where=f"{operation} in {', '.join(names[:SHOWN])}{more}, {whose}{bar}",
        found="an error that did not come again" if cause is None else f"{type(cause).__name__}: {cause}",
        expected="a value, or NaN where there is none",
        fix="mend the kernel; `qts features audit` proves it on your own bars",
    )
