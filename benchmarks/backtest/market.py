"""The bars, scores and the strategy of the backtest benchmarks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import numpy as np

from qts_core.exchange import FillSettings, fill_settings
from qts_core.market.calendar import xnys
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline

__all__ = [
    "CASH", "FAST", "SLOW", "averages", "costs", "endless", "market", "predictions", "shares_of", "write_market",
]  # fmt: skip

SEED = 7
CASH = 1_000_000
FAST, SLOW = 20, 100
FEE_BPS, SLIPPAGE_BPS = 1, 5


def market(bars: int, breadth: int) -> Panel:
    """Return a random walk of `bars` 15-minute bars up to the end of 2024, prices in cents."""
    rng = np.random.default_rng(SEED)
    line = Timeline.between(xnys(), date(2015, 1, 2), date(2024, 12, 31))
    line = line[slice(len(line) - bars, None)]
    shape = (len(line), breadth)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.002, shape), axis=0)), 2)
    start = np.vstack([close[:1], close[:-1]])
    fields = {"open": start, "high": np.maximum(start, close), "low": np.minimum(start, close), "close": close,
              "volume": np.full(shape, 1e6), "factor": np.ones(shape)}  # fmt: skip
    return Panel(line, tuple(sorted(f"S{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(breadth))), fields)


def endless(panel: Panel) -> Panel:
    """Return the same bars as one session without an end: no other program keeps orders from waiting overnight."""
    line = panel.timeline
    slot = np.arange(len(line), dtype=np.int16)
    slots = np.full(len(line), len(line) + 1, dtype=np.int16)
    return Panel(
        Timeline(line.ts_event, line.ts_known, line.session, slot, slots), panel.symbols,
        {name: panel[name] for name in panel.fields},
    )  # fmt: skip


def predictions(bars: Panel, half_life: float = 26.0) -> Floats:
    """Return random scores that persist for about a session, as a model's do."""
    rng = np.random.default_rng(SEED + 1)
    keep = 0.5 ** (1.0 / half_life)
    noise = rng.normal(size=bars["close"].shape)
    value = np.empty_like(noise)
    value[0] = noise[0]
    for row in range(1, len(noise)):
        value[row] = keep * value[row - 1] + np.sqrt(1.0 - keep * keep) * noise[row]
    return value * 1e-3


def costs() -> FillSettings:
    """Return 1 bp of fees and 5 bp of slippage on every fill, and nothing else."""
    return replace(
        fill_settings("realistic"), half_spread_bps=Decimal(0), slippage_bps=Decimal(SLIPPAGE_BPS),
        commission_bps=Decimal(FEE_BPS), sec_fee_per_million=Decimal(0), taf_per_share=Decimal(0),
    )  # fmt: skip


def shares_of(panel: Panel) -> Floats:
    """Return half of an equal part of the cash in whole shares of each symbol [N]: all can be held, nothing binds."""
    first = panel["close"][0]
    shares: Floats = np.floor(0.5 * CASH / len(first) / first)
    return shares


def averages(panel: Panel, kept: int = 64) -> Callable[[object], Floats]:
    """Return a function from a number of bars to the moving averages of the closes, [T, N], NaN until there are."""
    close = panel["close"]
    # In whole cents, so that two averages that are equal are equal here too.
    cents = np.rint(close * 100.0).astype(np.int64)
    total = np.vstack([np.zeros((1, close.shape[1]), np.int64), np.cumsum(cents, axis=0)])

    @lru_cache(maxsize=kept)
    def line(window: object) -> Floats:
        width = int(str(window))
        mean: Floats = np.full(close.shape, np.nan)
        np.divide(total[width:] - total[:-width], width, out=mean[width - 1 :])
        return mean

    return line


def write_market(panel: Panel, folder: Path) -> None:
    """Write the bars and what every program is told of the strategy into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("open", "high", "low", "close", "volume"):
        np.save(folder / f"{name}.npy", panel[name])
    np.save(folder / "ts.npy", panel.timeline.ts_event)
    told = {
        "symbols": list(panel.symbols), "shares": [int(n) for n in shares_of(panel)], "cash": CASH, "fast": FAST,
        "slow": SLOW, "fee": FEE_BPS / 1e4, "slippage": SLIPPAGE_BPS / 1e4,
    }  # fmt: skip
    (folder / "strategy.json").write_text(json.dumps(told), encoding="utf-8")
