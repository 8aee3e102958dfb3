"""One bar of one symbol, and one instant of all symbols (specification 4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from qts_core.market.light import light
from qts_core.market.panel import BAR_FIELDS, Floats, Panel
from qts_core.market.time import from_micros

__all__ = ["Bar", "BarSlice"]

Price = Annotated[Decimal, Field(gt=0, decimal_places=8)]


class Bar(BaseModel):
    """One bar as it crosses a boundary; `timestamp` is its start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    symbol: str
    timestamp: AwareDatetime
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Annotated[Decimal, Field(ge=0)]
    vwap: Price | None = None
    trade_count: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high:
            raise ValueError(f"low <= open, close <= high is broken by {self.symbol} {self.timestamp.isoformat()}")
        return self


@light
@dataclass(frozen=True, slots=True, eq=False)
class BarSlice:
    """One closed bar of N symbols; raw prices in USD, NaN = no bar.

    Attributes
    ----------
    ts_event, ts_known : datetime
        Start of the bar and the moment it could be known, aware UTC.
    slot, slots : int
        Place of the bar in its session and how many there are.
    symbols : tuple of str
        The N columns.
    open, high, low, close, volume, factor : float64 [N]
        `factor` is the chain-link factor in force (1 before any split).
    """

    ts_event: datetime
    ts_known: datetime
    slot: int
    slots: int
    symbols: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    factor: Floats

    @classmethod
    def of(cls, panel: Panel, row: int) -> BarSlice:
        """Return row `row` of a bar panel as views."""
        line = panel.timeline
        fields = panel.fields
        return cls(
            from_micros(int(line.ts_event[row])), from_micros(int(line.ts_known[row])), int(line.slot[row]),
            int(line.slots[row]), panel.symbols, fields["open"][row], fields["high"][row], fields["low"][row],
            fields["close"][row], fields["volume"][row], fields["factor"][row],
        )  # fmt: skip

    @classmethod
    def each(cls, panel: Panel) -> Iterator[BarSlice]:
        """Yield every row of a bar panel as views, oldest first; cheaper than row by row."""
        line, fields, symbols = panel.timeline, panel.fields, panel.symbols
        columns = (line.ts_event.tolist(), line.ts_known.tolist(), line.slot.tolist(), line.slots.tolist())
        arrays = (fields[name] for name in BAR_FIELDS)
        last, known_at = -1, from_micros(0)
        for ts_event, ts_known, slot, slots, *values in zip(*columns, *arrays, strict=True):
            # Within a session a bar starts when the one before it could be known.
            starts_at = known_at if ts_event == last else from_micros(ts_event)
            last, known_at = ts_known, from_micros(ts_known)
            yield cls(starts_at, known_at, slot, slots, symbols, *values)

    @property
    def is_last_of_session(self) -> bool:
        """Whether the session ends with this bar."""
        return self.slot == self.slots - 1

    def present(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which symbols have a bar, bool [N]."""
        return ~np.isnan(self.close)
