"""The loops over combinations, compiled for all cores: a thread runs a combination from first bar to last."""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from qts_core.backtest.vectorised.compiled import parallel_kernel
from qts_core.backtest.vectorised.loop import Actions, Bars, Ledger, Terms, simulate
from qts_core.backtest.vectorised.metrics import measure_ledger
from qts_core.backtest.vectorised.orders import HOLD, Directions, Wishes
from qts_core.features.kernels.jit import kernel
from qts_core.market.membership import Flags
from qts_core.market.panel import Floats

__all__ = ["run_crossings", "run_directions"]

Integers = NDArray[np.int64]


@kernel
def run_one(
    bars: Bars, actions: Actions, terms: Terms, cash: float, ends: Integers, wishes: Wishes, stop: Integers, out: Floats
) -> None:
    """Run one combination and measure its ledger, which keeps no positions."""
    count, breadth = bars.closes.shape
    curves = np.zeros((5, count))
    ledger = Ledger(
        curves[0], curves[1], curves[2], curves[3], curves[4], np.zeros((4, count)), np.zeros(count, dtype=np.int64),
        np.empty((0, breadth)),
    )  # fmt: skip
    stop[0], stop[1] = simulate(bars, wishes, actions, terms, ledger)
    measure_ledger(ledger, cash, ends, out)


@parallel_kernel
def run_directions(
    bars: Bars, actions: Actions, terms: Terms, cash: float, ends: Integers, batch: Directions, size: Floats,
    is_shares: bool, out: Floats,
) -> Integers:  # fmt: skip
    """Run each of the directions int8 [B, T, N]; return int64 [B, 2], the row and reason where one stopped.

    Parameters
    ----------
    out : float64 [B, M]
        Its metrics.
    """
    stops = np.zeros((len(batch), 2), dtype=np.int64)
    for each in prange(len(batch)):
        wishes = Wishes(np.zeros((0, len(size))), batch[each], size, is_shares)
        run_one(bars, actions, terms, cash, ends, wishes, stops[each], out[each])
    return stops


@parallel_kernel
def run_crossings(
    bars: Bars, actions: Actions, terms: Terms, cash: float, ends: Integers, lines: Floats, pairs: Integers,
    is_short: bool, members: Flags, size: Floats, is_shares: bool, out: Floats,
) -> Integers:  # fmt: skip
    """Run each pair, int64 [B, 2], of the lines float64 [L, T, N]; return as :func:`run_directions` does."""
    stops = np.zeros((len(pairs), 2), dtype=np.int64)
    for each in prange(len(pairs)):
        directions = compare(lines[pairs[each, 0]], lines[pairs[each, 1]], is_short, members)
        wishes = Wishes(np.zeros((0, len(size))), directions, size, is_shares)
        run_one(bars, actions, terms, cash, ends, wishes, stops[each], out[each])
    return stops


@kernel
def compare(fast: Floats, slow: Floats, is_short: bool, members: Flags) -> Directions:
    """Return 1 where `fast` is above `slow`, otherwise 0 or -1, and to leave it where one of them is not there."""
    bars, breadth = fast.shape
    out = np.empty((bars, breadth), dtype=np.int8)
    below = -1 if is_short else 0
    for row in range(bars):
        for i in range(breadth):
            x, y = fast[row, i], slow[row, i]
            found = 1 if x > y else below
            if np.isnan(x) or np.isnan(y):
                found = HOLD
            out[row, i] = found
    if len(members):
        for row in range(bars):
            for i in range(breadth):
                if not members[row, i]:
                    out[row, i] = 0
    return out
