"""Bars as they may come, made of bars that are there: other futures, gaps, half-days, listings, standstill.

Every function returns another panel and leaves the one it is given as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline

__all__ = [
    "at_rows",
    "constant",
    "disturbed",
    "frozen",
    "gap_rows",
    "half_days",
    "permuted",
    "with_volume",
    "without_bars",
]

PRICES = ("open", "high", "low", "close")
SHORT, LONG = 3.5, 6.5
"""Hours of a session that closes early, and of a whole one."""


def disturbed(panel: Panel, rows: slice, columns: slice, random: np.random.Generator) -> Panel:
    """Rescale every bar of a part at random, remove one in ten, and change its split factors."""
    fields = copied(panel)
    shape = fields["close"][rows, columns].shape
    scale = np.exp(0.05 * random.standard_normal(shape))
    gone = random.random(shape) < 0.1
    for name, values in fields.items():
        if name == "factor":
            values[rows, columns] *= 3.0
        else:
            # Prices of a bar move together, so that the bar stays one.
            values[rows, columns] *= scale
            values[rows, columns][gone] = np.nan
    return Panel(panel.timeline, panel.symbols, fields)


def permuted(panel: Panel, order: NDArray[np.int64]) -> Panel:
    """Let the symbols change places; the names stay where they are."""
    fields = {name: np.ascontiguousarray(values[:, order]) for name, values in panel.fields.items()}
    return Panel(panel.timeline, panel.symbols, fields)


def at_rows(panel: Panel, keep: NDArray[np.bool_]) -> Panel:
    """Leave the rows out that are not kept, as if their time had never been."""
    line = panel.timeline
    kept = Timeline(line.ts_event[keep], line.ts_known[keep], line.session[keep], line.slot[keep], line.slots[keep])
    return Panel(kept, panel.symbols, {name: values[keep] for name, values in panel.fields.items()})


def without_bars(panel: Panel, gone: NDArray[np.bool_]) -> Panel:
    """Remove bars, bool [T, N], but keep their rows."""
    fields = copied(panel)
    for name, values in fields.items():
        if name != "factor":
            values[gone] = np.nan
    return Panel(panel.timeline, panel.symbols, fields)


def gap_rows(panel: Panel, random: np.random.Generator) -> NDArray[np.bool_]:
    """Choose rows that a market-wide halt takes away, bool [T]: single bars, runs of up to forty, a whole session."""
    rows = len(panel)
    gone = np.zeros(rows, dtype=bool)
    for length in (1, 1, 1, 2, 3, 5, 13, 40):
        start = int(random.integers(1, max(2, rows - length)))
        gone[start : start + length] = True
    sessions = np.unique(panel.timeline.session)
    gone |= panel.timeline.session == sessions[len(sessions) // 2]
    # something must be left of a panel of a few bars
    gone[:1] = False
    return gone


def half_days(panel: Panel) -> Panel:
    """Let every second session close early: what came after is gone, and the calendar knew it in the morning."""
    line = panel.timeline
    number = np.unique(line.session, return_inverse=True)[1]
    short = number % 2 == 1
    length = np.where(short, np.ceil(line.slots * (SHORT / LONG)), line.slots).astype(np.int16)
    keep = line.slot < length
    cut = at_rows(panel, keep)
    slots = np.minimum(cut.timeline.slots, length[keep]).astype(np.int16)
    told = Timeline(cut.timeline.ts_event, cut.timeline.ts_known, cut.timeline.session, cut.timeline.slot, slots)
    return Panel(told, cut.symbols, dict(cut.fields))


def constant(panel: Panel, price: float = 123.45, volume: float = 1000.0) -> Panel:
    """Let no price ever have moved, and every bar have been traded alike."""
    shape = panel["close"].shape
    fields = {name: np.full(shape, price) for name in PRICES}
    return Panel(panel.timeline, panel.symbols, fields | {"volume": np.full(shape, volume), "factor": np.ones(shape)})


def frozen(panel: Panel, row: int) -> Panel:
    """Let prices stand still from `row` on: each bar repeats the close before, with its own volume."""
    fields = copied(panel)
    linked = panel["close"][:row] * panel["factor"][:row]
    last = np.full(linked.shape[1], np.nan)
    for values in linked:
        last = np.where(np.isnan(values), last, values)
    still = np.where(np.isnan(last), 1.0, last) / panel["factor"][row:]
    there = ~np.isnan(panel["close"][row:])
    for name in PRICES:
        fields[name][row:] = np.where(there, still, np.nan)
    return Panel(panel.timeline, panel.symbols, fields)


def with_volume(panel: Panel, traded: NDArray[np.bool_]) -> Panel:
    """Let bars have no volume where they were not `traded`, bool [T, N]."""
    fields = copied(panel)
    fields["volume"][~traded & ~np.isnan(fields["volume"])] = 0.0
    return Panel(panel.timeline, panel.symbols, fields)


def copied(panel: Panel) -> dict[str, Floats]:
    """Return the fields of a panel, to be changed."""
    return {name: values.copy() for name, values in panel.fields.items()}
