"""Which part each symbol plays for the features: the same in training, in a bundle and in the daemon (X-30)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qts_core.config.universe import UniverseSettings
from qts_core.data.actions.identity import carry_bars
from qts_core.data.ingest import load_actions
from qts_core.data.market_source import market_instruments
from qts_core.features.roles import SymbolRoles
from qts_core.market.instruments import Instrument
from qts_core.market.membership import member_days
from qts_core.ports.lake import LakePort

if TYPE_CHECKING:
    # A model brings its library along, which lists of features do without.
    from qts_core.models.bundle import LoadedModel

__all__ = [
    "SymbolPart",
    "lake_roles",
    "model_roles",
    "parts_of",
    "preferred_first",
    "research_symbols",
    "symbol_roles",
]

BARS = "clean_bars"

SymbolPart = tuple[str, str, str]
"""Symbol, sector, role."""


def preferred_first(universe: UniverseSettings, instruments: Sequence[Instrument]) -> tuple[Instrument, ...]:
    """Return `instruments`, the auxiliary ones first and in the order of universe.yaml: of two with one role the first
    counts.
    """
    place = {entry.symbol: number for number, entry in enumerate(universe.auxiliary)}
    return tuple(sorted(instruments, key=lambda each: (not each.is_auxiliary, place.get(each.symbol, 0))))


def symbol_roles(universe: UniverseSettings, lake: LakePort, symbols: Sequence[str]) -> SymbolRoles:
    """Return the parts of a lake's symbols."""
    return SymbolRoles.of(symbols, preferred_first(universe, market_instruments(lake, universe, symbols)))


def research_symbols(lake: LakePort) -> tuple[str, ...]:
    """Return every symbol that has a clean bar in any month, sorted: the columns of all research panels."""
    found: set[str] = set()
    actions = load_actions(lake)
    for month in lake.months(BARS):
        named = carry_bars(lake.read_month(BARS, month).select("symbol", "ts_event"), actions)
        found.update(named["symbol"].unique().to_list())
    return tuple(sorted(found))


def lake_roles(universe: UniverseSettings, lake: LakePort) -> SymbolRoles:
    """Return the parts of every symbol that has a clean bar; what no symbol plays here cannot be computed."""
    return symbol_roles(universe, lake, research_symbols(lake))


def parts_of(universe: UniverseSettings, instruments: Sequence[Instrument]) -> tuple[SymbolPart, ...]:
    """Return what a bundle remembers; nothing when no symbol is auxiliary."""
    if not any(each.is_auxiliary for each in instruments):
        return ()
    return tuple((each.symbol, each.sector, each.role) for each in preferred_first(universe, instruments))


def model_roles(model: LoadedModel, instruments: Sequence[Instrument]) -> SymbolRoles:
    """Return the parts that the symbols of `model` played when it was trained, on the days that `instruments` have now.

    What a symbol stands for belongs to the model; when it joins or leaves the universe is for the day to say.
    """
    span = model.manifest.training
    known = [Instrument(symbol, sector, role=role) for symbol, sector, role in span.parts]
    by_symbol = {each.symbol: each for each in instruments}
    symbols = tuple(sorted(span.symbols))
    listed = [by_symbol.get(symbol, Instrument(symbol)) for symbol in symbols]
    return SymbolRoles.of(symbols, known).during(member_days(listed))
