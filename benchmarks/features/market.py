"""The drawn bars that every part measures on, and how an engine is pushed through them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qts_core.features import FeatureBlock, FeatureEngine, Plan, default_catalogue
from qts_core.features.engine import BLOCK_ROWS
from qts_core.market.calendar import xnys
from qts_core.market.panel import Panel
from qts_core.market.timeline import Timeline

Floats = NDArray[np.float64]
WHOLE = default_catalogue().readable(())
"""Every feature that reads no auxiliary symbol."""


@dataclass(frozen=True)
class Columns:
    """One symbol's contiguous series, as libraries that know one symbol want them."""

    high: Floats
    low: Floats
    close: Floats
    volume: Floats


@dataclass(frozen=True)
class Market:
    """The bars, and the sizes of what is measured on them."""

    panel: Panel
    live_bars: int
    qlib: Path | None = None
    """An interpreter that has qlib."""

    @classmethod
    def drawn(cls, symbols: int, bars: int, *, live_bars: int = 2_000, qlib: Path | None = None) -> Market:
        """Draw a market of this size."""
        panel = make_panel(symbols, bars)
        return cls(panel, min(live_bars, len(panel) - 1), qlib)

    @property
    def values(self) -> int:
        """Values of one feature: bars times symbols."""
        return len(self.panel) * len(self.panel.symbols)

    @cached_property
    def columns(self) -> list[Columns]:
        """The series of each symbol."""
        fields = ("high", "low", "close", "volume")
        return [
            Columns(*(np.ascontiguousarray(self.panel[field][:, n]) for field in fields))
            for n in range(len(self.panel.symbols))
        ]

    @cached_property
    def blocks(self) -> list[FeatureBlock]:
        """The bars in blocks; paid once for a whole catalogue, so no part of an indicator's cost."""
        return blocks_of(self.panel)


def make_panel(symbols: int, bars: int) -> Panel:
    """Return random bars in cents on the exchange's timeline, without gaps."""
    line = Timeline.between(xnys(), date(2015, 1, 2), date(2024, 12, 31))[-bars:]
    random = np.random.default_rng(1)
    shape = (len(line), symbols)
    close = np.round(100.0 * np.exp(np.cumsum(0.002 * random.standard_normal(shape), axis=0)), 2)
    open_ = np.round(np.vstack([close[:1], close[:-1]]) * np.exp(0.0005 * random.standard_normal(shape)), 2)
    high = np.round(np.maximum(open_, close) * (1.0 + 0.001 * random.random(shape)), 2)
    low = np.round(np.minimum(open_, close) * (1.0 - 0.001 * random.random(shape)), 2)
    volume = np.round(random.lognormal(10.0, 1.0, shape))
    fields = {"open": open_, "high": high, "low": low, "close": close, "volume": volume, "factor": np.ones(shape)}
    return Panel(line, tuple(f"S{i:04}" for i in range(symbols)), fields)


def blocks_of(panel: Panel) -> list[FeatureBlock]:
    """Lay out bars in blocks of the engine's size."""
    cuts = range(0, len(panel), BLOCK_ROWS)
    return [FeatureBlock.of(panel.rows(slice(first, min(first + BLOCK_ROWS, len(panel))))) for first in cuts]


def run_plan(plan: Plan, symbols: tuple[str, ...], blocks: list[FeatureBlock], *, threads: int = 1) -> None:
    """Push all blocks; results are dropped, as TA-Lib's are."""
    engine = FeatureEngine(plan, symbols, threads=threads)
    out = np.empty((len(plan.names), BLOCK_ROWS, len(symbols)))
    for block in blocks:
        engine.push_into(block, out[:, : len(block)])
