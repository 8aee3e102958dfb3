"""Where a lake's bars come from: one market for each lake, recorded beside the bars so that two can never mix."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from qts_core.config.universe import UniverseSettings
from qts_core.data.ingest import load_instruments, register_bars, register_instruments
from qts_core.data.market_record import MarketSource, record_source, recorded_source, refuse_another_market
from qts_core.data.panels import month_expression
from qts_core.data.reading.adjustment import Adjustment
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError
from qts_core.market.instruments import Instrument
from qts_core.ports.lake import LakePort, Partition

if TYPE_CHECKING:
    # Making a market costs two seconds of imports that the daemon does without.
    from qts_core.data.synthetic import SyntheticMarket, SyntheticMarketSettings

__all__ = [
    "MarketSource",
    "default_source",
    "ensure_month",
    "imported_source",
    "market_instruments",
    "market_of",
    "record_source",
    "recorded_source",
    "refuse_another_market",
]

MAX_ORIGIN = 200
DEFAULT_LAST = date(2024, 12, 31)
DEFAULT_SEED = 7
DEFAULT_SYMBOLS = 50
SESSION_DAY = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()


def default_source(
    *, years: int = 2, symbols: int = DEFAULT_SYMBOLS, seed: int = DEFAULT_SEED, signal_strength: float = 1.0
) -> MarketSource:
    """Describe the synthetic market that a newcomer starts with: `years` full years up to the end of 2024."""
    from qts_core.data.synthetic import SyntheticMarketSettings
    from qts_core.data.synthetic.listing import list_symbols

    settings = SyntheticMarketSettings(
        symbols=symbols,
        first=date(DEFAULT_LAST.year - years + 1, 1, 1),
        last=DEFAULT_LAST,
        seed=seed,
        signal_strength=signal_strength,
    )
    return MarketSource(
        kind="synthetic",
        first=settings.first,
        last=settings.last,
        symbols=tuple(i.symbol for i in list_symbols(settings).instruments),
        origin=f"synthetic market, {symbols} symbols, seed {seed}, signal strength {signal_strength:g}",
        seed=seed,
        signal_strength=signal_strength,
    )


def imported_source(lake: LakePort, frame: pl.DataFrame, origin: str, adjustment: Adjustment = "raw") -> MarketSource:
    """Describe the market that `lake` holds once the bars of `frame` are added to it.

    Of an imported market that is there the symbols stay and the span never shrinks; whether the new bars may join it
    is asked by :func:`record_source`.
    """
    first, last = frame.select(SESSION_DAY.min().alias("first"), SESSION_DAY.max().alias("last")).row(0)
    symbols = set(frame["symbol"].unique().to_list())
    known = recorded_source(lake)
    if known is not None and not known.is_synthetic:
        first, last = min(first, known.first), max(last, known.last)
        symbols |= set(known.symbols)
        origin = known.origin if origin in known.origin.split(" + ") else f"{known.origin} + {origin}"
        if len(origin) > MAX_ORIGIN:
            origin = f"{known.origin.split(' + ')[0]} and others"
    return MarketSource("imported", first, last, tuple(sorted(symbols)), origin, adjustment=adjustment)


def market_instruments(lake: LakePort, universe: UniverseSettings, symbols: Sequence[str]) -> tuple[Instrument, ...]:
    """Return the instruments of `symbols`: as universe.yaml has them, else as the lake's market, else unknown ones."""
    known = load_instruments(lake)
    return tuple(universe.instrument(s) if universe.lists(s) or s not in known else known[s] for s in symbols)


def market_of(source: MarketSource) -> SyntheticMarket:
    """Generate the synthetic market that `source` describes (kept for the life of the process)."""
    from qts_core.data.synthetic import SyntheticMarketSettings

    return _generate(
        SyntheticMarketSettings(
            symbols=len(source.symbols),
            first=source.first,
            last=source.last,
            seed=source.seed,
            signal_strength=source.signal_strength,
        )
    )


def ensure_month(lake: LakePort, month: str, source: MarketSource, *, calendar: TradingCalendar) -> Partition:
    """Make sure that the raw bars of `month` are in the lake, intact, and return their partition.

    Raises
    ------
    DataNotFoundError
        If an imported market has no bars in that month.
    DataCorruptionError
        If the stored bytes are not those that were written.
    """
    # Raw bars never change: what the generator once gave is read, not generated again.
    if source.is_synthetic and lake.partition("raw_bars", month) is None:
        market = market_of(source)
        register_instruments(lake, market.instruments)
        bars = market.bars.filter(month_expression() == month)
        register_bars(lake, bars, calendar=calendar, now=None, source=source.origin, actions=market.corporate_actions)
    partition = lake.partition("raw_bars", month)
    if partition is None:
        raise DataNotFoundError(
            "QTS-DATA-013",
            "the lake holds no bars of that month",
            where=f"raw_bars {month}",
            fix="import them with `qts data import PATH`",
        )
    lake.read_month("raw_bars", month)
    return partition


@lru_cache(maxsize=1)
def _generate(settings: SyntheticMarketSettings) -> SyntheticMarket:
    from qts_core.data.synthetic import synthetic_market

    return synthetic_market(settings)
