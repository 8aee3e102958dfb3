"""The scalars of the trading core: latches, connection, last bar, hashes; restored exactly after a restart (12.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from qts_core.market.events import ConfigurationChanged, ConnectionChanged, ModelSwapped
from qts_core.risk.modes import RiskMode
from qts_core.trading.decision import Hashes
from qts_core.trading.exact_json import decode, encode

__all__ = ["CoreState"]


@dataclass(slots=True)
class CoreState:
    """What the core remembers beside its book and its decision path.

    Attributes
    ----------
    hashes : Hashes
        Enter every decision.
    is_killed, is_flattening : bool
        The kill latch, and whether it also closes positions; only a person releases it.
    is_connected : bool
        Whether every stream and the broker are there.
    last_ts_event : datetime or None
        Start of the last bar handled.
    """

    hashes: Hashes
    is_killed: bool = False
    is_flattening: bool = False
    is_connected: bool = True
    last_ts_event: datetime | None = None

    def mode(self, *, is_reduce_only: bool = False) -> RiskMode:
        """Return what is allowed; the strictest reason wins."""
        if self.is_flattening:
            return RiskMode.FLATTEN
        if self.is_killed:
            return RiskMode.HALTED
        return RiskMode.NORMAL if self.is_connected and not is_reduce_only else RiskMode.REDUCE_ONLY

    def note(self, event: ModelSwapped | ConnectionChanged | ConfigurationChanged) -> None:
        """Take an event that changes only what is remembered."""
        match event:
            case ModelSwapped():
                self.hashes = replace(self.hashes, model=event.model_id)
            case ConnectionChanged():
                self.is_connected = event.is_connected
            case ConfigurationChanged():
                self.hashes = replace(self.hashes, configuration=event.configuration_hash)

    def to_json(self) -> object:
        """Return the state as JSON values."""
        return encode(self)

    @classmethod
    def from_json(cls, value: object) -> CoreState:
        """Return the state that :meth:`to_json` wrote."""
        return decode(cls, value)
