"""The minutes of one bar while it is being built: one word on each, the latest that may count."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qts_core.data.building.arithmetic import FLOW_FIELDS
from qts_core.market.panel import Floats

__all__ = ["NO_TIME", "Block", "Late"]

NO_TIME: Final = -(2**62)
"""When a word arrived that came without a time: before every other."""

Late = tuple[int, int, int, tuple[float, ...]]
"""A word that came too late: when it was known, minute, column, values."""


class Block:
    """Minutes of N symbols within one bar.

    Attributes
    ----------
    values : float64 [minutes, 7, N]
        ``FLOW_FIELDS``; NaN = no bar.
    known : int64 [minutes, N]
        When the word on each minute arrived, microseconds UTC.
    waiting : list of Late
        Words for after the close.
    """

    __slots__ = ("known", "values", "waiting")

    def __init__(self, minutes: int, symbols: int) -> None:
        self.values: Floats = np.full((minutes, len(FLOW_FIELDS), symbols), np.nan)
        self.known: NDArray[np.int64] = np.full((minutes, symbols), NO_TIME, dtype=np.int64)
        self.waiting: list[Late] = []

    def put(self, place: int, column: int, values: tuple[float, ...], known: int | None) -> None:
        """Take a word on a minute, unless a later one is there; without a time it is the latest."""
        if known is not None:
            if known < self.known[place, column]:
                return
            self.known[place, column] = known
        self.values[place, :, column] = values
