"""How wide the quote is: by symbol, by volatility and by the time of day (specification 11.2)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from qts_core.exchange.conditions import Conditions
from qts_core.market.bars import BarSlice

__all__ = ["SpreadModel"]

SECONDS_PER_MINUTE = 60.0


def nothing() -> Mapping[str, float]:
    """Return an empty table."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SpreadModel:
    """A multiple of the settings' half spread; never below `floor` of it.

    Attributes
    ----------
    sensitivity : float
        Exponent of current over usual volatility: 0 ignores it, 1 is proportional.
    open_multiple, close_multiple : float
        How many times wider the quote is at the first instant and at the last of a session.
    fade_minutes : float
        Minutes over which that excess falls to 37 %.
    floor, ceiling : float
        Bounds of the whole multiple.
    by_symbol : mapping of str to float
        Half spread of single symbols, basis points, measured or estimated elsewhere; others have the settings' one.
    """

    sensitivity: float = 0.5
    open_multiple: float = 3.0
    close_multiple: float = 1.5
    fade_minutes: float = 15.0
    floor: float = 0.5
    ceiling: float = 10.0
    by_symbol: Mapping[str, float] = field(default_factory=nothing)

    def multiple(self, since_open: float, until_close: float, market: Conditions) -> float:
        """Return how many times the usual half spread is quoted, minutes after the open and before the close."""
        early = (self.open_multiple - 1.0) * math.exp(-since_open / self.fade_minutes)
        late = (self.close_multiple - 1.0) * math.exp(-until_close / self.fade_minutes)
        value = math.pow(market.turbulence, self.sensitivity) * (1.0 + early + late)
        return min(max(value, self.floor), self.ceiling)

    def half_spread(self, usual: float, symbol: str, bars: BarSlice, moment: datetime, market: Conditions) -> float:
        """Return the half spread as a ratio at `moment` of a bar; `usual` is the settings' one."""
        length = (bars.ts_known - bars.ts_event).total_seconds() / SECONDS_PER_MINUTE
        into_bar = (moment - bars.ts_event).total_seconds() / SECONDS_PER_MINUTE
        since_open = bars.slot * length + into_bar
        until_close = max(0.0, bars.slots * length - since_open)
        base = self.by_symbol[symbol] * 1e-4 if symbol in self.by_symbol else usual
        return base * self.multiple(since_open, until_close, market)
