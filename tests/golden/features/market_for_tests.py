"""A small market with everything that disturbs: gaps, a halt, a late listing, a split, flat and empty bars, ties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from qts_core.features import Catalogue, FeatureBlock, FeatureEngine
from qts_core.features.roles import SymbolRoles
from qts_core.market.calendar import xnys
from qts_core.market.panel import Panel
from qts_core.market.timeline import Timeline

Floats = NDArray[np.float64]

SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
FIRST, LAST = date(2024, 10, 21), date(2024, 12, 31)  # two half-days: 29 November and 24 December


@dataclass(frozen=True)
class Bars:
    """One symbol's own bars, those missing left out; chain-linked."""

    rows: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    session: NDArray[np.int64]
    start: Floats
    end: Floats
    left: NDArray[np.int64]

    @property
    def log_return(self) -> Floats:
        return self.before(np.log(self.close), lambda old, new: new - old)

    def before(self, x: Floats, function: Callable[[Floats, Floats], Floats], bars: int = 1) -> Floats:
        """Apply `function` to the value some bars ago and the value now."""
        out = np.full(len(x), np.nan)
        out[bars:] = function(x[:-bars], x[bars:])
        return out

    def roll(self, x: Floats, window: int, function: Callable[[Floats], Floats]) -> Floats:
        """Apply `function` to every window [K, window] of the values that exist."""
        out = np.full(len(x), np.nan)
        there = np.flatnonzero(~np.isnan(x))
        if len(there) >= window:
            out[there[window - 1 :]] = function(sliding_window_view(x[there], window))
        return out

    def mean(self, x: Floats, window: int) -> Floats:
        return self.roll(x, window, lambda w: w.mean(axis=1))

    def sum(self, x: Floats, window: int) -> Floats:
        return self.roll(x, window, lambda w: w.sum(axis=1))

    def max(self, x: Floats, window: int) -> Floats:
        return self.roll(x, window, lambda w: w.max(axis=1))

    def min(self, x: Floats, window: int) -> Floats:
        return self.roll(x, window, lambda w: w.min(axis=1))

    def std(self, x: Floats, window: int, ddof: int = 1) -> Floats:
        return self.roll(x, window, lambda w: w.std(axis=1, ddof=ddof))

    def pairs(self, x: Floats, y: Floats, window: int, function: Callable[[Floats, Floats], float]) -> Floats:
        """Apply `function` to every window of pairs that exist."""
        out = np.full(len(x), np.nan)
        there = np.flatnonzero(~np.isnan(x) & ~np.isnan(y))
        for i in range(window - 1, len(there)):
            picked = there[i - window + 1 : i + 1]
            out[there[i]] = function(x[picked], y[picked])
        return out

    def scheduled(self, x: Floats, window: int, every: int, function: Callable[[Floats], float]) -> Floats:
        """Apply `function` when a window is first full and at every `every`-th value after; held between."""
        out = np.full(len(x), np.nan)
        there = np.flatnonzero(~np.isnan(x))
        for i in range(window - 1, len(there), every):
            out[there[i : i + every]] = function(x[there[i - window + 1 : i + 1]])
        return out


@dataclass(frozen=True)
class Market:
    """The panel, each symbol's bars, and what the catalogue gives on it."""

    panel: Panel
    bars: tuple[Bars, ...]
    values: Mapping[str, Floats]

    def scatter(self, function: Callable[[Bars], Floats]) -> Floats:
        """Lay a per-symbol series back on the panel, [T, N]."""
        out = np.full((len(self.panel), len(self.bars)), np.nan)
        for column, bars in enumerate(self.bars):
            out[bars.rows, column] = function(bars)
        return out


def make_panel() -> Panel:
    """Build 50 sessions of 6 symbols: gaps, a halt, a late listing, a split, flat and empty bars, ties."""
    line = Timeline.between(xnys(), FIRST, LAST)
    rows, columns = len(line), len(SYMBOLS)
    random = np.random.default_rng(20241231)
    close = 100.0 * np.exp(np.cumsum(0.003 * random.standard_t(4, (rows, columns)), axis=0))
    close = np.round(close, 2)
    open_ = np.round(np.vstack([close[:1], close[:-1]]) * np.exp(0.001 * random.standard_normal((rows, columns))), 2)
    high = np.round(np.maximum(open_, close) * (1 + 0.001 * random.random((rows, columns))), 2)
    low = np.round(np.minimum(open_, close) * (1 - 0.001 * random.random((rows, columns))), 2)
    volume = np.round(random.lognormal(10.0, 0.8, (rows, columns)))
    flat = random.random((rows, columns)) < 0.01
    for field in (open_, high, low):
        field[flat] = close[flat]
    volume[random.random((rows, columns)) < 0.003] = 0.0
    factor = np.ones((rows, columns))
    factor[rows // 2 :, 1] = 2.0
    for field in (open_, high, low, close):
        field /= factor
    volume *= factor
    missing = random.random((rows, columns)) < 0.01
    missing[:150, 3] = True
    missing[600:640, 4] = True
    missing[[700, 701], :] = True
    for field in (open_, high, low, close, volume):
        field[missing] = np.nan
    fields = {"open": open_, "high": high, "low": low, "close": close, "volume": volume, "factor": factor}
    return Panel(line, SYMBOLS, fields)


def bars_of(panel: Panel, column: int) -> Bars:
    """Return one symbol's own bars."""
    line = panel.timeline
    rows = np.flatnonzero(~np.isnan(panel["close"][:, column]))
    linked = panel.chain_linked()
    open_, high, low, close, volume = (
        np.ascontiguousarray(linked[name][rows, column]) for name in ("open", "high", "low", "close", "volume")
    )
    start = 15.0 * line.slot[rows].astype(np.float64)
    left = (line.slots - line.slot - 1)[rows].astype(np.int64)
    return Bars(rows, open_, high, low, close, volume, line.session[rows].astype(np.int64), start, start + 15.0, left)


def market_of(catalogue: Catalogue, roles: SymbolRoles | None = None) -> Market:
    """Compute a catalogue on the market, by default without auxiliary symbols."""
    panel = make_panel()
    values = FeatureEngine(catalogue, panel.symbols, roles=roles).push(FeatureBlock.of(panel))
    bars = tuple(bars_of(panel, column) for column in range(len(SYMBOLS)))
    return Market(panel, bars, dict(zip(catalogue.names, values, strict=True)))
