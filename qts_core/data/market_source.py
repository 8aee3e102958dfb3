"""Where a lake's bars come from: one market for each lake, recorded beside the bars so that two can never mix."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import polars as pl

from qts_core.config.universe import UniverseSettings
from qts_core.data.ingest import load_instruments, register_bars, register_instruments
from qts_core.data.panels import month_expression
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError, DataValidationError
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
]

SOURCE_BLOB = "market/source.json"
DEFAULT_LAST = date(2024, 12, 31)
DEFAULT_SEED = 7
DEFAULT_SYMBOLS = 50
SESSION_DAY = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()


@dataclass(frozen=True, slots=True)
class MarketSource:
    """One market.

    Attributes
    ----------
    kind : "synthetic" or "imported"
        Synthetic bars are generated again, bit for bit, whenever a month is asked for; imported ones are already
        in the lake.
    first, last : date
        First and last session day.
    symbols : tuple of str
        Every symbol, ascending. The columns of all panels of this lake.
    origin : str
        For people: the file it came from, or the generator with its parameters.
    seed, signal_strength
        Of the synthetic market; 0 and 0.0 for an imported one.
    """

    kind: Literal["synthetic", "imported"]
    first: date
    last: date
    symbols: tuple[str, ...]
    origin: str
    seed: int = 0
    signal_strength: float = 0.0

    @property
    def is_synthetic(self) -> bool:
        """Whether the bars are invented."""
        return self.kind == "synthetic"

    @property
    def months(self) -> tuple[str, ...]:
        """Every month from first to last, ``YYYY-MM``."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        zero = self.first.year * 12 + self.first.month - 1
        return tuple(f"{(zero + i) // 12:04d}-{(zero + i) % 12 + 1:02d}" for i in range(count))

    def to_json(self) -> str:
        """Return the record kept in the lake."""
        return json.dumps(asdict(self), sort_keys=True, default=str)

    @classmethod
    def from_json(cls, text: str) -> MarketSource:
        """Read what :meth:`to_json` wrote."""
        record: Mapping[str, object] = json.loads(text)
        fields = dict(record) | {
            "first": date.fromisoformat(str(record["first"])),
            "last": date.fromisoformat(str(record["last"])),
            "symbols": tuple(record["symbols"]),  # type: ignore[arg-type]
        }
        return cls(**fields)  # type: ignore[arg-type]


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


def imported_source(lake: LakePort, frame: pl.DataFrame, origin: str) -> MarketSource:
    """Describe the market that `lake` holds once the bars of `frame` are added to it."""
    first, last = frame.select(SESSION_DAY.min().alias("first"), SESSION_DAY.max().alias("last")).row(0)
    known = recorded_source(lake)
    if known is not None:
        first, last = min(first, known.first), max(last, known.last)
    return MarketSource("imported", first, last, tuple(frame["symbol"].unique().sort()), origin)


def recorded_source(lake: LakePort) -> MarketSource | None:
    """Return the market of `lake`, None when the lake is new."""
    return MarketSource.from_json(lake.read_blob(SOURCE_BLOB).decode()) if lake.has_blob(SOURCE_BLOB) else None


def record_source(lake: LakePort, source: MarketSource) -> None:
    """Declare that `lake` holds `source`.

    Raises
    ------
    DataValidationError
        If the lake already holds another market; an imported market may only grow at its ends.
    """
    known = recorded_source(lake)
    if known is not None and not _continues(known, source):
        raise DataValidationError(
            "QTS-DATA-017",
            "this lake holds another market and two markets never mix",
            found=source.origin,
            expected=known.origin,
            fix="choose another QTS_HOME for the new bars",
        )
    if known != source:
        lake.write_blob(SOURCE_BLOB, source.to_json().encode())


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


def _continues(known: MarketSource, source: MarketSource) -> bool:
    if known.is_synthetic or source.is_synthetic:
        return known == source
    return known.symbols == source.symbols and source.first <= known.first and source.last >= known.last
