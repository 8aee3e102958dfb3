"""Labels of the forward return: what it is, how it compares, which way it goes (specification 6.5, 7.3; X-18)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.market.membership import Flags
from qts_core.market.panel import Floats, Panel

__all__ = ["ENTRY_DELAY_BARS", "LabelPanel", "direction", "forward_return", "horizon_end", "relative_return"]

ENTRY_DELAY_BARS = 1
"""A decision taken when bar t closes fills at the open of bar t + 1 at the earliest."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelPanel:
    """Labels of T bars and N symbols.

    Attributes
    ----------
    values : float64 [T, N]
        The label; NaN where it cannot be known (a bar is missing, or the data ends before).
    end_row : int32 [T, N]
        Last row whose bar the label uses; a sample is known only when that bar has closed. Never beyond t + 1 + h.
    """

    values: Floats
    end_row: NDArray[np.int32]


def horizon_end(shape: tuple[int, ...], bars: int) -> NDArray[np.int32]:
    """Return the row `bars` after each one, int32 [T, N], read-only."""
    rows = np.arange(shape[0], dtype=np.int32)[:, None] + np.int32(bars)
    return np.broadcast_to(rows, shape)


def forward_return(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return what an order decided at the close of bar t earns over `horizon_bars` bars.

    The label is ``open[t + 1 + h] / open[t + 1] - 1`` on chain-linked prices: entry and exit at the next open, as
    the simulated exchange fills them, so a split inside the horizon leaves no mark.

    Parameters
    ----------
    panel : Panel
        Bars, ``BAR_FIELDS``.
    horizon_bars : int
        h, at least 1.

    Returns
    -------
    LabelPanel
        Simple returns as ratios; NaN where either open is missing, as after a halt.
    """
    if horizon_bars < 1:
        raise ValueError(f"horizon_bars is {horizon_bars}, expected at least 1")
    opens = panel["open"] * panel["factor"]
    rows = len(panel)
    values = np.full(opens.shape, np.nan)
    known = rows - horizon_bars - ENTRY_DELAY_BARS
    if known > 0:
        entry = opens[ENTRY_DELAY_BARS : ENTRY_DELAY_BARS + known]
        values[:known] = opens[ENTRY_DELAY_BARS + horizon_bars :] / entry - 1.0
    return LabelPanel(values, horizon_end(opens.shape, horizon_bars + ENTRY_DELAY_BARS))


def relative_return(panel: Panel, horizon_bars: int, members: Flags | None = None) -> LabelPanel:
    """Return the forward return less the equal-weighted mean of all symbols that have one at that bar.

    With `members`, bool [T, N], the mean is theirs alone; the others have labels against it all the same.
    """
    labels = forward_return(panel, horizon_bars)
    known = np.isfinite(labels.values) if members is None else np.isfinite(labels.values) & members
    count = known.sum(axis=1, keepdims=True)
    total = np.where(known, labels.values, 0.0).sum(axis=1, keepdims=True)
    return LabelPanel(labels.values - total / np.maximum(count, 1), labels.end_row)


def direction(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return 1 where the forward return is above zero, 0 where it is not, NaN where it is unknown."""
    labels = forward_return(panel, horizon_bars)
    up = (labels.values > 0.0).astype(np.float64)
    return LabelPanel(np.where(np.isfinite(labels.values), up, np.nan), labels.end_row)
