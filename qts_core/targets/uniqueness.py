"""How much of a label is its own: weights of samples whose labels overlap (Lopez de Prado 2018).

Advances in Financial Machine Learning, Wiley, section 4.3, p. 60 (concurrent labels), section 4.4, p. 61 (average
uniqueness).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["average_uniqueness"]


def average_uniqueness(row: NDArray[np.int32], column: NDArray[np.int32], end_row: NDArray[np.int32]) -> Floats:
    """Return the average uniqueness of each sample's label among the samples given, in (0, 1].

    A label lives from the bar after its own, where it is entered, to `end_row`. At each bar its uniqueness is one over
    the number of labels of the same symbol alive there; the mean over its life is its weight.

    Parameters
    ----------
    row, column, end_row : int32 [R]
        Bar, symbol and last bar of each sample; samples in any order.

    Returns
    -------
    float64 [R]
    """
    if len(row) == 0:
        return np.empty(0)
    first, last = row.astype(np.int64) + 1, end_row.astype(np.int64)
    if (last < first).any():
        raise ValueError("a label must end after its own bar")
    begin, rows = int(first.min()), int(last.max()) - int(first.min()) + 1
    # One line of bars per symbol, with a spare bar at its end, laid end to end.
    place = column.astype(np.int64) * (rows + 1) - begin
    change = np.zeros((int(column.max()) + 1) * (rows + 1) + 1, dtype=np.int64)
    np.add.at(change, place + first, 1)
    np.add.at(change, place + last + 1, -1)
    alive = np.cumsum(change)
    share = np.concatenate([[0.0], np.cumsum(1.0 / np.maximum(alive, 1))])
    weights: Floats = (share[place + last + 1] - share[place + first]) / (last - first + 1)
    return weights
