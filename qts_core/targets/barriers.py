"""The triple-barrier label: which comes first, a loss, a gain or the end of time (Lopez de Prado 2018).

Advances in Financial Machine Learning, Wiley, section 3.4, pp. 45-48, with the dynamic width of section 3.3, p. 44.
"""

from __future__ import annotations

import numpy as np

from qts_core.market.panel import Floats, Panel
from qts_core.targets.labels import ENTRY_DELAY_BARS, LabelPanel, horizon_end
from qts_core.targets.paths import known_scale

__all__ = ["LOWER", "TIME", "UPPER", "triple_barrier"]

LOWER, TIME, UPPER = 0.0, 1.0, 2.0


def triple_barrier(panel: Panel, horizon_bars: int, *, lower: float = 1.0, upper: float = 1.0) -> LabelPanel:
    """Return 0 where the lower barrier is touched first, 2 the upper one, 1 where neither is within the horizon.

    Entered at the open of bar t + 1. The barriers lie at ``entry * (1 - lower * s * sqrt(h))`` and
    ``entry * (1 + upper * s * sqrt(h))``, s being the deviation of one bar known at t; they stand from bar t + 1 to
    bar t + h.

    Parameters
    ----------
    panel : Panel
        Bars, ``BAR_FIELDS``.
    horizon_bars : int
        h, at least 1.
    lower, upper : float
        Width of each side in expected deviations.

    Returns
    -------
    LabelPanel
        `end_row` is the bar of the first touch, else t + h. NaN where the entry or s is missing, and where nothing was
        touched before the data ends.

    Notes
    -----
    A bar whose range spans both barriers counts as the lower one, unless it opens beyond the upper one: inside a bar
    the order is unknown, and the pessimistic one is assumed, as the simulated exchange does. A missing bar touches
    nothing.
    """
    if horizon_bars < 1 or lower <= 0 or upper <= 0:
        raise ValueError("horizon_bars must be at least 1 and both widths above 0")
    factor = panel["factor"]
    opens, highs, lows = panel["open"] * factor, panel["high"] * factor, panel["low"] * factor
    reach = known_scale(panel).deviation * np.sqrt(horizon_bars)
    rows = len(panel)
    entry = _ahead(opens, ENTRY_DELAY_BARS)
    floor, ceiling = entry * (1.0 - lower * reach), entry * (1.0 + upper * reach)
    values = np.full(opens.shape, np.nan)
    end_row = horizon_end(opens.shape, horizon_bars).copy()
    is_open = np.isfinite(floor)
    for k in range(1, min(horizon_bars, rows - 1) + 1):
        first, low, high = _ahead(opens, k), _ahead(lows, k), _ahead(highs, k)
        falls = is_open & (low <= floor) & ~(first >= ceiling)
        rises = is_open & (high >= ceiling) & ~falls
        touched = falls | rises
        values[falls], values[rises] = LOWER, UPPER
        end_row -= np.where(touched, horizon_bars - k, 0).astype(np.int32)
        is_open &= ~touched
    is_whole = (np.arange(rows) + horizon_bars < rows)[:, None]
    values[is_open & is_whole] = TIME
    return LabelPanel(values, end_row)


def _ahead(values: Floats, bars: int) -> Floats:
    """Return what stands `bars` rows later, NaN beyond the end."""
    moved = np.full(values.shape, np.nan)
    moved[: max(len(values) - bars, 0)] = values[bars:]
    return moved
