"""What labels are measured with: the path ahead, and the scale that was known when it began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats, Panel
from qts_core.targets.labels import ENTRY_DELAY_BARS

__all__ = ["ATR_BARS", "DEVIATION_BARS", "Scale", "carried", "known_scale", "past_move", "path_steps"]

ATR_BARS = 14
"""Wilder's window of the average true range."""
DEVIATION_BARS = 260
"""Bars over which the deviation of one bar is measured: ten sessions."""


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """How much a bar moves, by bars up to and including t alone.

    Attributes
    ----------
    deviation : float64 [T, N]
        Standard deviation of the last 260 log returns from close to close, ratio; NaN before there are so many.
    atr : float64 [T, N]
        Average true range of 14 bars over the close, ratio (Wilder 1978, New Concepts in Technical Trading Systems,
        pp. 21-23).
    """

    deviation: Floats
    atr: Floats


def known_scale(panel: Panel) -> Scale:
    """Return the scale known at the close of each bar; the same kernels that compute features compute it."""
    from qts_core.features import FeatureBlock, FeatureEngine, Plan, ops  # compiled; names of targets need it not

    deviation = ops.std(ops.log_return(ops.close), DEVIATION_BARS)
    plan = Plan.of({"deviation": deviation, "atr": ops.atr(ATR_BARS) / ops.close})
    values = FeatureEngine(plan, panel.symbols).push(FeatureBlock.of(panel))
    return Scale(values[0], values[1])


def carried(values: Floats) -> Floats:
    """Return float64 [T, N] with each missing value replaced by the last one before it; NaN before the first."""
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(values), rows, 0), axis=0)
    return np.take_along_axis(values, last, axis=0)


def path_steps(panel: Panel, horizon_bars: int) -> Iterator[Floats]:
    """Yield the log return from open to open of each of the h bars held, float64 [T - h - 1, N] at a time.

    The k-th is ``log(open[t + 1 + k] / open[t + k])``, so that they sum to the log of the forward return. A bar that is
    missing returns nothing and the next one returns its move too.
    """
    opens = carried(panel["open"] * panel["factor"])
    steps = np.full(opens.shape, np.nan)
    steps[1:] = np.log(opens[1:] / opens[:-1])
    known = len(panel) - horizon_bars - ENTRY_DELAY_BARS
    for k in range(1, horizon_bars + 1 if known > 0 else 1):
        yield steps[ENTRY_DELAY_BARS + k : ENTRY_DELAY_BARS + k + known]


def past_move(panel: Panel, bars: int) -> Floats:
    """Return the return from close to close over the last `bars` bars, [T, N]; a missing close is the last one."""
    closes = carried(panel["close"] * panel["factor"])
    move = np.full(closes.shape, np.nan)
    move[bars:] = closes[bars:] / closes[: len(closes) - bars] - 1.0
    return move
