"""A small made-up market and a core on it, for tests of the decision path."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np

from qts_core.alphas.ml import MlAlphaSettings
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.risk.settings import LimitSettings, LossSettings
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Hashes
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import Construction, CoreSettings

SECTORS = ("Energy", "Health", "Technology")
WIDE_LIMITS = LimitSettings(
    max_position_ratio=9.0, max_gross_ratio=9.0, max_net_ratio=9.0, max_sector_ratio=9.0, max_positions=999
)
NO_LADDER = LossSettings(daily_limit=9.0, weekly_limit=9.0, monthly_limit=9.0, daily_kill_limit=9.0, levels=())
WEIGHTS = CoreSettings(limits=WIDE_LIMITS, losses=NO_LADDER, construction=Construction.WEIGHTS)
"""Scores are target weights and nothing binds."""

QUICK = CoreSettings(
    alpha=MlAlphaSettings(smoothing_bars=2), portfolio=PortfolioSettings(volatility_bars=26, entry_threshold=0.3)
)
"""The usual path, quick enough for a few sessions."""


def symbols(count: int) -> tuple[str, ...]:
    """Return ``AA``, ``AB``, ... in order."""
    return tuple(f"A{chr(65 + i)}" for i in range(count))


def instruments(count: int) -> tuple[Instrument, ...]:
    """Return tradable instruments over three sectors."""
    return tuple(Instrument(s, sector=SECTORS[i % len(SECTORS)]) for i, s in enumerate(symbols(count)))


def panel(
    *, breadth: int = 6, first: date = date(2024, 3, 4), last: date = date(2024, 3, 8), seed: int = 1,
    missing: float = 0.0, volatility: float = 0.004,
) -> Panel:  # fmt: skip
    """Return a random walk with prices in cents; a share `missing` of the bars is not there."""
    rng = np.random.default_rng(seed)
    line = Timeline.between(xnys(), first, last)
    shape = (len(line), breadth)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, volatility, shape), axis=0)), 2)
    start = np.round(np.vstack([close[:1], close[:-1]]) * (1.0 + rng.normal(0.0, volatility / 4, shape)), 2)
    high, low = np.maximum(start, close) + 0.05, np.minimum(start, close) - 0.05
    fields = {"open": start, "high": high, "low": low, "close": close, "volume": np.full(shape, 10_000.0)}
    gone = rng.random(shape) < missing
    for values in fields.values():
        values[gone] = np.nan
    return Panel(line, symbols(breadth), {**fields, "factor": np.ones(shape)})


def scores(bars: Panel, *, seed: int = 2, half_life: float = 6.0) -> Floats:
    """Return persistent random scores of the size of expected returns, NaN where there is no bar."""
    rng = np.random.default_rng(seed)
    keep = 0.5 ** (1.0 / half_life)
    value = rng.normal(size=len(bars.symbols))
    rows = []
    for _ in range(len(bars)):
        value = keep * value + np.sqrt(1.0 - keep * keep) * rng.normal(size=len(value))
        rows.append(value)
    return np.where(np.isnan(bars["close"]), np.nan, np.array(rows) * 1e-3)


def core(bars: Panel, values: Floats, settings: CoreSettings = QUICK, cash: int = 100_000) -> TradingCore:
    """Return a core that reads `values` as stored predictions."""
    return TradingCore(
        settings,
        instruments(len(bars.symbols)),
        StoredPredictor(bars.timeline, bars.symbols, values),
        account="TEST",
        strategy="ml",
        hashes=Hashes(configuration="c", catalogue="f", model="m", code="x", data="d"),
        cash=Decimal(cash),
    )


def slices(bars: Panel) -> list[BarSlice]:
    """Return every bar of the panel."""
    return [BarSlice.of(bars, row) for row in range(len(bars))]
