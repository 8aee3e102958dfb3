"""Which instruments stand behind symbols: universe.yaml's word first, then the lake's (specification 15.2)."""

from __future__ import annotations

from collections.abc import Iterable

from qts_core.config.universe import UniverseSettings
from qts_core.data.ingest import load_instruments
from qts_core.market.instruments import Instrument
from qts_core.ports.lake import LakePort

__all__ = ["research_instruments"]


def research_instruments(lake: LakePort, universe: UniverseSettings, symbols: Iterable[str]) -> tuple[Instrument, ...]:
    """Return the instrument of each symbol, in their order.

    A symbol that universe.yaml lists is as it says there. Another one, such as those of a synthetic market, is as the
    lake says, and a tradable share of the sector ``Other`` when neither knows it.
    """
    listed = {entry.symbol for entry in universe.symbols}
    stored = load_instruments(lake)
    return tuple(
        stored[symbol] if symbol in stored and symbol not in listed else universe.instrument(symbol)
        for symbol in symbols
    )
