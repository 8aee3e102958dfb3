"""What is traded: symbols with their sector, limits by sector, black list, hours (specification 15.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Self

from pydantic import Field, field_validator, model_validator

from qts_core.config.section import ClockTime, Day, Fraction, OpenFraction, Section
from qts_core.market.instruments import Instrument, canonical_symbol

__all__ = [
    "OTHER_SECTOR",
    "BlacklistSettings",
    "ExtendedHours",
    "RegularHours",
    "SymbolSettings",
    "TradingHours",
    "UniverseIdentity",
    "UniverseSettings",
]

OTHER_SECTOR = "Other"


class UniverseIdentity(Section):
    """Which universe this is."""

    name: str = "US_EQUITIES_50"
    """Name shown in reports."""
    version: str = "1.0.0"
    """Version; change it with the list."""
    update_date: Day = date(2025, 1, 1)
    """Day the list was last reviewed."""


class SymbolSettings(Section):
    """One symbol and the facts about it."""

    symbol: str
    """Ticker as Alpaca writes it: `AAPL`, `BRK.B`. Quote words that YAML reads as values, such as "ON"."""
    sector: str = OTHER_SECTOR
    """Sector, the unit of the sector limits."""
    industry: str = ""
    """Industry within the sector."""
    weight: OpenFraction | None = None
    """Benchmark weight, normalised over the universe; none means equal."""
    tradeable: bool = True
    """Whether orders may be sent; false keeps the data and trades nothing."""

    @field_validator("symbol")
    @classmethod
    def _canonical(cls, value: str) -> str:
        symbol = canonical_symbol(value)
        if symbol is None:
            raise ValueError("not a US ticker such as AAPL or BRK.B")
        return symbol


class BlacklistSettings(Section):
    """Symbols that are never traded, and why."""

    symbols: tuple[str, ...] = ()
    """Tickers."""
    reasons: dict[str, str] = Field(default_factory=dict)
    """Reason by ticker."""


class RegularHours(Section):
    """Regular session, New York time; half-days come from the exchange calendar."""

    start: ClockTime = "09:30"
    """First minute."""
    end: ClockTime = "16:00"
    """First minute after."""


class ExtendedHours(Section):
    """Sessions outside regular hours."""

    pre_market: bool = False
    """Whether to trade before the open."""
    after_hours: bool = False
    """Whether to trade after the close."""


class TradingHours(Section):
    """When to trade."""

    regular: RegularHours = RegularHours()
    """Regular session."""
    extended: ExtendedHours = ExtendedHours()
    """Extended sessions, off."""


class UniverseSettings(Section):
    """config/universe.yaml."""

    universe: UniverseIdentity = UniverseIdentity()
    """Name, version and date of the list."""
    symbols: tuple[SymbolSettings, ...] = ()
    """The symbols."""
    sector_limits: dict[str, OpenFraction] = Field(default_factory=dict)
    """Largest gross exposure by sector, fraction of equity. `Other` holds for each sector not named here. May only tighten `risk.portfolio.max_sector_exposure`."""  # noqa: E501
    other_sectors: dict[str, str] = Field(default_factory=dict)
    """Sector of symbols outside the universe that you may import."""
    blacklist: BlacklistSettings = BlacklistSettings()
    """Never traded."""
    trading_hours: TradingHours = TradingHours()
    """When to trade."""

    @model_validator(mode="after")
    def _unique(self) -> Self:
        seen: dict[str, int] = {}
        for place, entry in enumerate(self.symbols):
            if entry.symbol in seen:
                raise ValueError(f"{entry.symbol} is listed twice: symbols[{seen[entry.symbol]}] and symbols[{place}]")
            seen[entry.symbol] = place
        both = sorted(set(self.other_sectors) & set(seen))
        if both:
            raise ValueError(f"{', '.join(both)} stands in symbols and in other_sectors")
        return self

    @property
    def tradable(self) -> tuple[str, ...]:
        """Symbols that may be traded, ascending: tradeable and not on the black list."""
        banned = set(self.blacklist.symbols)
        return tuple(sorted(s.symbol for s in self.symbols if s.tradeable and s.symbol not in banned))

    def sector_of(self, symbol: str) -> str:
        """Return the sector of `symbol`, ``"Other"`` when unknown."""
        return self.instrument(symbol).sector

    def instrument(self, symbol: str) -> Instrument:
        """Return what is known of `symbol`; an unknown one is tradable, of sector ``"Other"``."""
        banned = symbol in self.blacklist.symbols
        for entry in self.symbols:
            if entry.symbol == symbol:
                return Instrument(symbol, entry.sector, entry.industry, entry.tradeable and not banned)
        return Instrument(symbol, self.other_sectors.get(symbol, OTHER_SECTOR), is_tradable=not banned)

    def instruments(self, symbols: Iterable[str]) -> tuple[Instrument, ...]:
        """Return the instruments of `symbols`, in their order."""
        return tuple(self.instrument(symbol) for symbol in symbols)

    def sector_limit(self, sector: str, default: Fraction) -> float:
        """Return the limit of `sector`, fraction of equity.

        Parameters
        ----------
        sector : str
            Name of the sector; one that `sector_limits` does not name falls under its ``Other``.
        default : float
            ``risk.portfolio.max_sector_exposure``, which the result never exceeds.
        """
        return min(default, self.sector_limits.get(sector, self.sector_limits.get(OTHER_SECTOR, default)))

    def benchmark_weights(self) -> Mapping[str, float]:
        """Return the weights of the tradable symbols, adding up to one."""
        stated = {s.symbol: s.weight for s in self.symbols}
        raw = {symbol: stated[symbol] or 1.0 / len(self.symbols) for symbol in self.tradable}
        total = sum(raw.values())
        return {symbol: weight / total for symbol, weight in raw.items()}
