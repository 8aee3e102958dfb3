"""What a run keeps from bar to bar, as rows of two arrays: passing more of them at every bar costs more than their use.

`shares` is int64 [6, N], `figures` float64 [8, N]. Columns are symbols in the rows before ``COLUMN`` and ``OPEN``; in
the rows from there on the fills of one bar stand side by side, in the order of their symbols.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BUYING_POWER", "COLUMN", "DELTA", "FIGURES", "FRACTIONAL_SHORT", "HALF", "HELD", "LOST", "MARGIN_CALL", "MARK",
    "NOTHING", "NO_SHORTING", "OPEN", "OPENING", "PENDING", "QUANTITY", "REST", "SHARES", "TOO_LARGE", "TURNED",
    "VALUE", "WORTH", "Integers",
]  # fmt: skip

Integers = NDArray[np.int64]

NOTHING, TOO_LARGE, FRACTIONAL_SHORT, BUYING_POWER, MARGIN_CALL, NO_SHORTING = 0, 1, 2, 3, 4, 5
"""Why a run cannot go on."""

HELD, PENDING, COLUMN, DELTA, VALUE, REST = 0, 1, 2, 3, 4, 5
"""Signed billionths of a share held and on order; of a fill its column, signed billionths, and its value in units
and crumbs."""

QUANTITY, MARK, WORTH, OPENING, OPEN, LOST, HALF, TURNED = 0, 1, 2, 3, 4, 5, 6, 7
"""Signed shares, last close in USD (0 before the first), value and what an order that opens needs, USD; of a fill the
open, what its price differs from it in all and for the spread, and its value, USD."""

SHARES, FIGURES = 6, 8
"""How many rows there are."""
