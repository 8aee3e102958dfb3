"""What is traded and what only features read: symbols, auxiliary symbols, limits, black list, hours (15.2; X-30)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from qts_core.config.section import CONTRADICTION, ClockTime, Day, Fraction, OpenFraction, Section
from qts_core.config.universe_rules import SECTOR_ROLE, universe_contradictions
from qts_core.market.instruments import Instrument, canonical_symbol

if TYPE_CHECKING:
    # Settings are read by commands that do without arrays.
    from qts_core.market.membership import Flags
    from qts_core.market.timeline import Timeline

__all__ = [
    "OTHER_SECTOR",
    "AuxiliarySettings",
    "BlacklistSettings",
    "ExtendedHours",
    "RegularHours",
    "SymbolSettings",
    "TradingHours",
    "UniverseIdentity",
    "UniverseSettings",
]

OTHER_SECTOR = "Other"


def _ticker(value: str) -> str:
    symbol = canonical_symbol(value)
    if symbol is None:
        escaped = "" if value.isascii() else f"; written out it is {ascii(value)[1:-1][:60]}"
        raise ValueError(f"not a US ticker such as AAPL or BRK.B{escaped}")
    return symbol


def _one_spelling(given: object) -> object:
    """Refuse a mapping of which two keys are one ticker; its last value would win in silence."""
    if isinstance(given, dict):
        names = [canonical_symbol(key) or key for key in given if isinstance(key, str)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is given twice, in two spellings")
    return given


Ticker = Annotated[str, AfterValidator(_ticker)]
"""A symbol in whatever spelling, kept in the canonical one."""

ByTicker = Annotated[dict[Ticker, str], BeforeValidator(_one_spelling)]


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

    aliases: ClassVar[Mapping[str, str]] = MappingProxyType({"from": "from_date", "to": "to_date"})

    symbol: Ticker
    """Ticker as Alpaca writes it: `AAPL`, `BRK.B`. Quote words that YAML reads as values, such as "ON"."""
    sector: str = OTHER_SECTOR
    """Sector, the unit of the sector limits."""
    industry: str = ""
    """Industry within the sector."""
    weight: OpenFraction | None = None
    """Benchmark weight, normalised over the universe; none means equal."""
    tradeable: bool = True
    """Whether orders may be sent; false keeps the data and trades nothing."""
    from_date: Day | None = None
    """First trading day in the universe, New York; written `from`. Absent: since the beginning of the data."""
    to_date: Day | None = None
    """Last trading day in the universe; written `to`. What is held then is closed at the next session's first bar."""


class AuxiliarySettings(Section):
    """One symbol that features read and nobody trades."""

    symbol: Ticker
    """Ticker as Alpaca writes it."""
    role: str
    """What it stands for: `market`, `growth`, `small_cap`, `sector:<name>`, `rates`, `dollar`, `gold`, `bonds`, `cash` or `volatility`."""  # noqa: E501  # the page of settings is made of this line
    tradeable: bool = False
    """Always false."""


class BlacklistSettings(Section):
    """Symbols that are never traded, and why."""

    symbols: tuple[Ticker, ...] = ()
    """Tickers."""
    reasons: ByTicker = Field(default_factory=dict)
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
    auxiliary: tuple[AuxiliarySettings, ...] = ()
    """Symbols for features only: no labels, no weights, no orders. Several may share a role."""
    sector_limits: dict[str, OpenFraction] = Field(default_factory=dict)
    """Largest gross exposure by sector, fraction of equity. `Other` holds for each sector not named here. May only tighten `risk.portfolio.max_sector_exposure`."""  # noqa: E501  # the page of settings is made of this line
    other_sectors: ByTicker = Field(default_factory=dict)
    """Sector of symbols outside the universe that you may import."""
    blacklist: BlacklistSettings = BlacklistSettings()
    """Never traded."""
    trading_hours: TradingHours = TradingHours()
    """When to trade."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = universe_contradictions(self)
        if found:
            raise PydanticCustomError(CONTRADICTION, "{text}", {"text": "; ".join(found), "sentences": found})
        return self

    @property
    def tradable(self) -> tuple[str, ...]:
        """Symbols that may be traded while they are members, ascending: tradeable and not on the black list."""
        banned = set(self.blacklist.symbols)
        return tuple(sorted(s.symbol for s in self.symbols if s.tradeable and s.symbol not in banned))

    @property
    def auxiliary_symbols(self) -> tuple[str, ...]:
        """Symbols for features only, ascending."""
        return tuple(sorted(entry.symbol for entry in self.auxiliary))

    @property
    def all_symbols(self) -> tuple[str, ...]:
        """Every symbol whose bars are wanted, ascending: those of the universe and the auxiliary ones."""
        return tuple(sorted({*(s.symbol for s in self.symbols), *self.auxiliary_symbols}))

    def with_role(self, role: str) -> tuple[str, ...]:
        """Return the auxiliary symbols of a role, the preferred one first; none gives an empty tuple.

        Parameters
        ----------
        role : str
            Such as ``market`` or ``sector:Technology``.
        """
        return tuple(entry.symbol for entry in self.auxiliary if entry.role == role)

    def is_member(self, symbol: str, day: date) -> bool:
        """Return whether `symbol` belongs to the universe on a trading day; an unknown symbol always does."""
        return self.instrument(symbol).is_member(day)

    def members_on(self, day: date) -> tuple[str, ...]:
        """Return the symbols of the list that are members on a trading day, ascending."""
        return tuple(sorted(s.symbol for s in self.symbols if self.instrument(s.symbol).is_member(day)))

    def membership(self, timeline: Timeline, symbols: Iterable[str]) -> Flags:
        """Return where each of `symbols` is a member, bool [T, N]."""
        from qts_core.market.membership import membership_mask

        return membership_mask(self.instruments(symbols), timeline)

    def lists(self, symbol: str) -> bool:
        """Return whether the list says anything of `symbol`: as a member, auxiliary, banned or by its sector."""
        return symbol in {*self.all_symbols, *self.other_sectors, *self.blacklist.symbols}

    def sector_of(self, symbol: str) -> str:
        """Return the sector of `symbol`, ``"Other"`` when unknown."""
        return self.instrument(symbol).sector

    def instrument(self, symbol: str) -> Instrument:
        """Return what is known of `symbol`; an unknown one is tradable, of sector ``"Other"``."""
        banned = symbol in self.blacklist.symbols
        for entry in self.symbols:
            if entry.symbol == symbol:
                return Instrument(
                    symbol,
                    entry.sector,
                    entry.industry,
                    is_tradable=entry.tradeable and not banned,
                    member_from=entry.from_date,
                    member_to=entry.to_date,
                )
        for fund in self.auxiliary:
            if fund.symbol == symbol:
                return Instrument(symbol, _sector_of_role(fund.role), is_tradable=False, role=fund.role)
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


def _sector_of_role(role: str) -> str:
    return role.removeprefix(SECTOR_ROLE) if role.startswith(SECTOR_ROLE) else OTHER_SECTOR
