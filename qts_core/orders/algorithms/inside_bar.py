"""A coarse bar divided by a stated profile, where slices are finer than the data (checklist X-36).

Only the exchange may see the parts: a schedule hears timers at their starts and the real bar at its end, for the parts
tell the bar's close before it is known. What was filled on parts carries a flag (`ParentTrade.is_divided`).
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

import numpy as np

from qts_core.market.bars import BarSlice
from qts_core.market.errors import OrderSubmissionError
from qts_core.market.panel import Floats

__all__ = ["InsideProfile", "divide", "part_of"]

MICROSECOND = timedelta(microseconds=1)


class InsideProfile(StrEnum):
    """How prices are taken to have moved within a bar; volume is spread evenly in all of them."""

    STRAIGHT = "straight"
    """From open to close in a line; the extremes are reached in no part, so that no limit gains by them."""
    LOW_FIRST = "low_first"
    """Open, low, high, close, a third of the time each."""
    HIGH_FIRST = "high_first"
    """Open, high, low, close, a third of the time each."""


def part_of(interval: timedelta, bar: timedelta) -> timedelta | None:
    """Return the longest part of a bar at whose ends every slice of `interval` is due; None when whole bars do."""
    part = math.gcd(interval // MICROSECOND, bar // MICROSECOND) * MICROSECOND
    return None if part == bar else part


def divide(bars: BarSlice, part: timedelta, profile: InsideProfile) -> list[BarSlice]:
    """Return `bars` as consecutive bars of length `part`; the first opens and the last closes as the whole does.

    Raises
    ------
    OrderSubmissionError
        QTS-EXEC-059: the bar's length is no multiple of `part`.
    """
    length = bars.ts_known - bars.ts_event
    if part <= timedelta(0) or length % part:
        raise OrderSubmissionError(
            "QTS-EXEC-059", "a bar cannot be divided", where=bars.ts_event.isoformat(), found=str(part),
            expected=f"a part of {length}",
        )  # fmt: skip
    parts = length // part
    knots = _knots(bars, profile)
    divided = []
    for k in range(parts):
        first, last = k / parts, (k + 1) / parts
        start, end = _at(knots, first), _at(knots, last)
        between = [knots[i] for i in range(1, len(knots) - 1) if first < i / (len(knots) - 1) < last]
        path = np.array([start, *between, end])
        divided.append(
            replace(
                bars,
                ts_event=bars.ts_event + k * part,
                ts_known=bars.ts_event + (k + 1) * part,
                slot=bars.slot * parts + k,
                slots=bars.slots * parts,
                open=start,
                high=path.max(axis=0),
                low=path.min(axis=0),
                close=end,
                volume=bars.volume / parts,
            )
        )
    return divided


def _knots(bars: BarSlice, profile: InsideProfile) -> list[Floats]:
    if profile is InsideProfile.STRAIGHT:
        return [bars.open, bars.close]
    extremes = [bars.low, bars.high] if profile is InsideProfile.LOW_FIRST else [bars.high, bars.low]
    return [bars.open, *extremes, bars.close]


def _at(knots: list[Floats], place: float) -> Floats:
    """Return the price at `place`, 0 to 1, on the line through the knots."""
    spot = place * (len(knots) - 1)
    whole = min(int(spot), len(knots) - 2)
    rest = spot - whole
    if rest in (0.0, 1.0):
        return knots[whole + int(rest)]
    return np.asarray(knots[whole] + rest * (knots[whole + 1] - knots[whole]), dtype=np.float64)
