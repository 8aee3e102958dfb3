"""Splits inside the training rows, purged, for methods that judge a choice on rows it was not fitted on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.training.selection.base import TrainingRows

__all__ = ["Places", "purged_splits", "purged_tail"]

Places = NDArray[np.int64]
TAIL_RATIO = 0.3


def purged_splits(rows: TrainingRows, count: int = 3) -> tuple[tuple[Places, Places], ...]:
    """Return places of (fitted, judged) rows for `count` blocks of time (Lopez de Prado 2018, section 7.4.1, p. 105).

    A row is fitted on only when its label's life shares no bar with that of any row judged.
    """
    edges = np.quantile(rows.row, np.linspace(0.0, 1.0, count + 1), method="nearest")
    splits = []
    for index in range(count):
        is_last = index == count - 1
        after = rows.row <= edges[index + 1] if is_last else rows.row < edges[index + 1]
        splits.append(_purged(rows, (rows.row >= edges[index]) & after))
    return tuple((fitted, judged) for fitted, judged in splits if len(fitted) and len(judged))


def purged_tail(rows: TrainingRows) -> tuple[Places, Places]:
    """Return places of the rows to fit on and of the last 30 % to judge on."""
    return _purged(rows, rows.row >= np.quantile(rows.row, 1.0 - TAIL_RATIO, method="nearest"))


def _purged(rows: TrainingRows, is_judged: NDArray[np.bool_]) -> tuple[Places, Places]:
    judged = np.flatnonzero(is_judged)
    if not len(judged):
        return judged, judged
    first, last = rows.row[judged[0]], rows.end_row[judged].max()
    return np.flatnonzero((rows.end_row < first) | (rows.row > last)), judged
