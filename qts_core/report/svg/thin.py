"""Fewer points, same picture: what a long series looks like at a given width."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["kept_rows"]


def kept_rows(values: Floats, columns: int) -> NDArray[np.int64]:
    """Return the rows to draw of `values` [n]: first, lowest, highest and last of each of `columns` columns.

    Drawn at `columns` pixels the line equals that through all rows; short series are kept whole. NaN gaps survive
    because each column keeps its first and last row whatever they hold.

    References
    ----------
    Jugel et al. (2014), "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 7(10).
    """
    n = len(values)
    if n <= 4 * columns:
        return np.arange(n)
    edges = np.linspace(0, n, columns + 1).astype(np.int64)
    kept: set[int] = set()
    for first, after in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        piece = values[first:after]
        kept.update((first, after - 1))
        if not np.isnan(piece).all():
            kept.update((first + int(np.nanargmin(piece)), first + int(np.nanargmax(piece))))
    return np.array(sorted(kept), dtype=np.int64)
