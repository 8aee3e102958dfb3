"""The only arithmetic of bar building: shorter bars of one bar's time become that bar, for stream and batch alike."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["FIELDS", "FLOW_FIELDS", "aggregate_minutes", "inside"]

FIELDS: Final = ("open", "high", "low", "close", "volume")
FLOW_FIELDS: Final = (*FIELDS, "vwap", "trade_count")
ROUNDING: Final = 1e-12
"""A mean may leave the range of what it averages by this share, through rounding alone."""


def aggregate_minutes(block: Floats) -> Floats:
    """Aggregate minutes to one bar.

    Every sum is taken in the order of time, so that neither the order of arrival nor empty minutes change a bit.

    Parameters
    ----------
    block : float64 [minutes, 5 or 7, N]
        ``FIELDS`` or ``FLOW_FIELDS`` of each minute; NaN = no bar, or no vwap or count known.

    Returns
    -------
    float64 [5 or 7, N]
        First open, highest high, lowest low, last close and the sum of volumes; NaN where no minute has a bar. Then
        the volume-weighted mean of the vwaps, NaN where a minute that traded has none or nothing was traded, and the
        sum of the trade counts, NaN where a minute has none.
    """
    present = ~np.isnan(block[:, 3])
    first = present.argmax(axis=0)
    last = len(block) - 1 - present[::-1].argmax(axis=0)
    column = np.arange(block.shape[2])
    bar = np.empty(block.shape[1:])
    bar[0] = block[first, 0, column]
    bar[1] = np.where(present, block[:, 1], -np.inf).max(axis=0)
    bar[2] = np.where(present, block[:, 2], np.inf).min(axis=0)
    bar[3] = block[last, 3, column]
    volume = np.where(present, block[:, 4], 0.0)
    bar[4] = _sum_in_order(volume)
    if len(bar) > len(FIELDS):
        traded = volume > 0
        value = _sum_in_order(np.where(traded, block[:, 5] * volume, 0.0))
        mean = np.divide(value, bar[4], out=np.full(len(column), np.nan), where=bar[4] > 0)
        bar[5] = inside(mean, bar[2], bar[1])
        bar[6] = _sum_in_order(np.where(present, block[:, 6], 0.0))
    bar[:, ~present.any(axis=0)] = np.nan
    return bar


def inside(mean: Floats, low: Floats, high: Floats) -> Floats:
    """Return `mean` with what rounding alone carried over the edge of [low, high] put back on it."""
    edge = np.clip(mean, low, high)
    is_rounding: NDArray[np.bool_] = np.abs(mean - edge) <= ROUNDING * np.abs(edge)
    result: Floats = np.where(is_rounding, edge, mean)
    return result


def _sum_in_order(values: Floats) -> Floats:
    # cumsum adds one after the other; a pairwise sum would round differently when empty minutes lie between.
    total: Floats = np.cumsum(values, axis=0)[-1]
    return total
