"""A small market with a halt, single missing bars and a split, for labels."""

from __future__ import annotations

from datetime import date

import numpy as np

from qts_core.market.calendar import xnys
from qts_core.market.panel import BAR_FIELDS, Panel
from qts_core.market.timeline import Timeline


def market(*, sessions: int = 16, symbols: int = 3, seed: int = 5) -> Panel:
    """Random walks; symbol 1 splits 2 for 1 in the middle, symbol 2 is halted for a while."""
    calendar, first = xnys(), date(2024, 1, 2)
    line = Timeline.between(calendar, first, calendar.shift(first, sessions - 1))
    rng = np.random.default_rng(seed)
    shape = (len(line), symbols)
    close = 100.0 * np.exp(np.cumsum(0.003 * rng.standard_t(4, shape), axis=0))
    opens = np.vstack([np.full((1, symbols), 100.0), close[:-1]]) * np.exp(0.0005 * rng.standard_normal(shape))
    high = np.maximum(opens, close) * np.exp(0.001 * rng.random(shape))
    low = np.minimum(opens, close) * np.exp(-0.001 * rng.random(shape))
    factor = np.ones(shape)
    factor[len(line) // 2 :, 1] = 2.0
    fields = {"open": opens / factor, "high": high / factor, "low": low / factor, "close": close / factor}
    fields["volume"] = np.full(shape, 1000.0)
    gone = rng.random(shape) < 0.01
    gone[300:320, 2] = True
    for values in fields.values():
        values[gone] = np.nan
    return Panel(line, tuple("ABCDEFG"[:symbols]), {**fields, "factor": factor})


def altered(panel: Panel, rows: slice, by: float = 1.7) -> Panel:
    """Return the panel with other prices in `rows`."""
    fields = {name: panel[name].copy() for name in BAR_FIELDS}
    for name in ("open", "high", "low", "close"):
        count = len(fields[name][rows])
        fields[name][rows] *= by + 0.4 * np.sin(np.arange(count))[:, None]
    return Panel(panel.timeline, panel.symbols, fields)
