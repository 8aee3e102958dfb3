"""How much money a backtest's strategy would bear: the impact of its orders on the volume of their day (11.3)."""

from __future__ import annotations

import numpy as np

from qts_core.analytics.capacity import Capacity, capacity, impact_ratio
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import to_micros
from qts_core.research.model_backtest import ModelBacktest

__all__ = ["run_capacity", "session_impact"]

SIZES = (1e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 1e9)
"""USD to say the Sharpe ratio of."""
WINDOW = 20
"""Sessions over which volatility is measured, those before the order."""


def run_capacity(run: ModelBacktest) -> Capacity | None:
    """Return the capacity of a run; None where its bars were not kept or nothing was traded."""
    if run.panel is None or not run.result.fills:
        return None
    return capacity(run.returns, session_impact(run, run.panel), sizes=SIZES)


def session_impact(run: ModelBacktest, panel: Panel) -> Floats:
    """Return the impact of each session's orders if the equity were 1 USD, ratio [D]; multiply by its root.

    An order whose day has no volume or whose symbol has no volatility yet counts with the median of the others.
    """
    line, equity = panel.timeline, run.curve.equity
    session = np.unique(line.session)
    last = np.searchsorted(line.session, session, side="right") - 1
    starts = np.searchsorted(line.session, session)
    linked = panel["close"][last] * panel["factor"][last]
    moved = np.full_like(linked, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        moved[1:] = linked[1:] / linked[:-1] - 1.0
    deviation = np.full_like(moved, np.nan)
    for at in range(WINDOW, len(moved)):
        deviation[at] = moved[at - WINDOW : at].std(axis=0, ddof=1)
    value = np.add.reduceat(np.nan_to_num(panel["close"] * panel["volume"]), starts, axis=0)
    usual, thick = float(np.nanmedian(deviation)), float(np.median(value[value > 0]))
    deviation = np.where(deviation > 0, deviation, usual)
    value = np.where(value > 0, value, thick)
    column = {symbol: place for place, symbol in enumerate(panel.symbols)}
    day = np.searchsorted(line.ts_event, [to_micros(f.ts_event) for f in run.result.fills], side="right") - 1
    row = np.searchsorted(session, line.session[np.maximum(day, 0)])
    place = np.array([column[f.symbol] for f in run.result.fills])
    before = np.r_[run.result.initial_cash, equity[:-1]][row]
    traded = np.array([float(f.quantity * f.price) for f in run.result.fills]) / before
    return np.array(
        [
            impact_ratio(traded[row == d], deviation[d, place[row == d]], value[d, place[row == d]])
            for d in range(len(session))
        ]
    )
