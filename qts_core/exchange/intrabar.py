"""Where one bar could have gone either way: which path was taken, and what the other would pay (specification 11.2).

A bar tells its extremes and not their order. When both a stop and a target lie within it, the simulation takes one path
and writes down the other, so that the profit can be told as an interval.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from qts_core.market.money import ZERO

__all__ = ["Ambiguity", "AmbiguityKind", "IntrabarPath", "pnl_interval"]


class IntrabarPath(StrEnum):
    """Which path inside a bar is taken where its extremes leave the choice."""

    WORST = "worst"
    """The stop before the target."""
    BEST = "best"
    """The target before the stop."""


class AmbiguityKind(StrEnum):
    """What a bar left open."""

    STOP_OR_TARGET = "stop_or_target"
    """Both exits of one position lie within the bar."""
    TARGET_AFTER_ENTRY = "target_after_entry"
    """The bar that filled the entry also holds its target, before or after; the target waited."""
    TRAIL = "trail"
    """The bar's best price may have come before its worst and moved a trailing stop within reach; it waited."""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """One bar that could have gone either way.

    Attributes
    ----------
    order_ids : tuple of str
        Broker's ids of the orders concerned.
    low, high : Decimal
        What the worst and the best path would have added to the profit that was booked, USD, valued at the bar's close:
        ``low <= 0 <= high``. Later consequences are not in it.
    """

    ts_event: datetime
    symbol: str
    kind: AmbiguityKind
    order_ids: tuple[str, ...]
    low: Decimal
    high: Decimal

    @classmethod
    def between(
        cls, ts_event: datetime, symbol: str, kind: AmbiguityKind, order_ids: tuple[str, ...], other: Decimal
    ) -> Ambiguity:
        """Return the ambiguity in which the path not taken would have added `other` USD."""
        return cls(ts_event, symbol, kind, order_ids, min(ZERO, other), max(ZERO, other))


def pnl_interval(ambiguities: Iterable[Ambiguity]) -> tuple[Decimal, Decimal]:
    """Return what all worst and all best paths together would have added to the profit, USD."""
    low = high = ZERO
    for ambiguity in ambiguities:
        low += ambiguity.low
        high += ambiguity.high
    return low, high
