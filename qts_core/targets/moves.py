"""Labels of moves: three-way direction, large moves, continuation, reversal, regime, event (checklist 6.5-29 to 39).

All of them are entered at the open of bar t + 1 and left at the open of bar t + 1 + h; what they are compared with (s,
the deviation of one bar; the average true range; the move before) is known when bar t closes. NaN where either is not.
"""

from __future__ import annotations

import numpy as np

from qts_core.market.membership import Flags
from qts_core.market.panel import Floats, Panel
from qts_core.targets.labels import LabelPanel, forward_return
from qts_core.targets.paths import known_scale, past_move, path_steps
from qts_core.targets.risk import volatility

__all__ = [
    "EVENT_DEVIATIONS",
    "FLAT_DEVIATIONS",
    "TURBULENT_RATIO",
    "direction_flat",
    "event",
    "large_move",
    "regime",
    "reversal",
    "trend_continuation",
]

FLAT_DEVIATIONS = 0.5
"""A move within so many expected deviations is none; 38 % of normal moves are."""
TURBULENT_RATIO = 1.5
"""Volatility above so many times that of the last ten sessions is turbulent."""
EVENT_DEVIATIONS = 4.0
"""A return beyond so many deviations of one bar is an event."""


def direction_flat(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return 0 down, 1 flat, 2 up: flat where ``|R| <= s sqrt(h) / 2``."""
    labels = forward_return(panel, horizon_bars)
    band = FLAT_DEVIATIONS * _expected(panel, horizon_bars)
    side = 1.0 + (labels.values > band) - (labels.values < -band)
    return _where_known(np.asarray(side, dtype=np.float64), labels, band)


def large_move(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return 1 where ``|R|`` is above ``ATR / close * sqrt(h)``: for h = 1, more than one average true range."""
    labels = forward_return(panel, horizon_bars)
    reach = known_scale(panel).atr * np.sqrt(horizon_bars)
    return _where_known((np.abs(labels.values) > reach).astype(np.float64), labels, reach)


def trend_continuation(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return 1 where the move of the last h bars goes on: R beyond ``s sqrt(h) / 2`` the same way, else 0.

    NaN where the last h bars moved no further than that: there is no trend to continue, and that is known at t.
    """
    return _after_trend(panel, horizon_bars, sign=1.0)


def reversal(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return 1 where the move of the last h bars turns: R beyond ``s sqrt(h) / 2`` the other way, else 0.

    NaN where there was no move to turn, as for :func:`trend_continuation`.
    """
    return _after_trend(panel, horizon_bars, sign=-1.0)


def regime(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return the state of the market over the horizon: 0 falling, 1 quiet, 2 rising, 3 turbulent.

    Turbulent where the realised volatility is above 1.5 s; else falling or rising where ``|R| > s sqrt(h)``.
    """
    labels, known = forward_return(panel, horizon_bars), known_scale(panel).deviation
    reach = known * np.sqrt(horizon_bars)
    side = 1.0 + (labels.values > reach) - (labels.values < -reach)
    is_turbulent = volatility(panel, horizon_bars).values > TURBULENT_RATIO * known
    return _where_known(np.where(is_turbulent, 3.0, side), labels, known)


def event(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return 1 where one of the h returns from open to open is beyond 4 s.

    A model's probability of class 1 is that of the event.
    """
    labels, known = forward_return(panel, horizon_bars), known_scale(panel).deviation
    largest = np.zeros(known.shape)
    rows = len(panel) - horizon_bars - 1
    for step in path_steps(panel, horizon_bars):
        largest[:rows] = np.maximum(largest[:rows], np.abs(step))
    return _where_known((largest > EVENT_DEVIATIONS * known).astype(np.float64), labels, known)


def _expected(panel: Panel, horizon_bars: int) -> Floats:
    return np.asarray(known_scale(panel).deviation * np.sqrt(horizon_bars), dtype=np.float64)


def _after_trend(panel: Panel, horizon_bars: int, *, sign: float) -> LabelPanel:
    labels = forward_return(panel, horizon_bars)
    band = FLAT_DEVIATIONS * _expected(panel, horizon_bars)
    before = past_move(panel, horizon_bars)
    trend = np.where(np.abs(before) > band, np.sign(before), np.nan)
    follows = (sign * trend * labels.values > band).astype(np.float64)
    return _where_known(follows, labels, band + trend)


def _where_known(values: Floats, labels: LabelPanel, known: Floats) -> LabelPanel:
    is_known: Flags = np.isfinite(labels.values) & np.isfinite(known)
    return LabelPanel(np.where(is_known, values, np.nan), labels.end_row)
