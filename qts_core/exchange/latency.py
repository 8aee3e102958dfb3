"""How late data and orders are, and what that costs (specification 11.2).

A decision is taken on data that is already old, and its order reaches the venue later still. An order that reaches it
inside a bar no longer gets the bar's opening price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from qts_core.exchange.liquidity import chance
from qts_core.market.bars import BarSlice

__all__ = ["Latency", "late_price"]

Span = tuple[float, float]
EIGHT_PLACES = Decimal("0.00000001")
ON_THE_WAY_IN = ("feed", "processing", "signal", "transmit", "exchange")


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of each step, lowest and highest; one even draw for each order, the same in every replay.

    Attributes
    ----------
    feed, processing : pair of float
        From the event to our program, and to its being usable: the data that a decision sees is this old.
    signal, transmit, exchange : pair of float
        From there to the decision, to the venue, and within it.
    confirm : pair of float
        From a fill to our knowing of it.
    """

    feed: Span = (10.0, 100.0)
    processing: Span = (10.0, 50.0)
    signal: Span = (50.0, 200.0)
    transmit: Span = (10.0, 50.0)
    exchange: Span = (1.0, 10.0)
    confirm: Span = (10.0, 50.0)

    def __post_init__(self) -> None:
        for name in (*ON_THE_WAY_IN, "confirm"):
            low, high = getattr(self, name)
            if not 0.0 <= low <= high < math.inf:
                raise ValueError(f"latency {name} is {low} to {high} ms, expected 0 <= lowest <= highest")

    def inbound(self, order: str) -> timedelta:
        """Return the time from the market event to the order's being at the venue."""
        return timedelta(milliseconds=sum(self._draw(order, step) for step in ON_THE_WAY_IN))

    def outbound(self, execution: str) -> timedelta:
        """Return the time from a fill to our knowing of it."""
        return timedelta(milliseconds=self._draw(execution, "confirm"))

    def _draw(self, key: str, step: str) -> float:
        low, high = getattr(self, step)
        return float(low + (high - low) * float(chance("latency", key, step))) if high > low else float(low)


def late_price(bars: BarSlice, column: int, sign: int, arrived_at: datetime) -> Decimal:
    """Return the price that an order of `sign` meets when it arrives inside a bar, before costs.

    The path inside a bar is unknown: the price is taken to have moved from the open towards the bar's extreme on the
    order's bad side, by the square root of the part of the bar that has passed, as a random walk's range grows.
    """
    start = float(bars.open[column])
    length = (bars.ts_known - bars.ts_event).total_seconds()
    passed = (arrived_at - bars.ts_event).total_seconds() / length if length > 0.0 else 1.0
    worst = float(bars.high[column] if sign > 0 else bars.low[column])
    price = start + (worst - start) * math.sqrt(min(max(passed, 0.0), 1.0))
    return Decimal(repr(price)).quantize(EIGHT_PLACES, ROUND_HALF_EVEN)
