"""From values to places: linear and logarithmic scales, round ticks, calendar ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["Scale", "date_ticks", "extent", "round_ticks"]


@dataclass(frozen=True, slots=True)
class Scale:
    """A map from [low, high] to [start, end] in picture units; logarithmic if so asked and low > 0."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def place(self, value: float) -> float:
        """Return the place of `value`."""
        return float(self.places(np.array([value]))[0])

    def places(self, values: Floats) -> Floats:
        """Return the places of `values` [n]; NaN stays NaN."""
        low, high, v = self.low, self.high, values
        if self.is_log:
            low, high, v = math.log(low), math.log(high), np.log(values)
        share = (v - low) / (high - low)
        return self.start + share * (self.end - self.start)


def extent(values: Sequence[Floats], *, include: Sequence[float] = (), margin: float = 0.04) -> tuple[float, float]:
    """Return the lowest and highest finite value with a margin, never equal; (0, 1) without any."""
    flat = np.concatenate([*(np.asarray(v, dtype=np.float64).ravel() for v in values), np.array(include, dtype=float)])
    flat = flat[np.isfinite(flat)]
    if not len(flat):
        return 0.0, 1.0
    low, high = float(flat.min()), float(flat.max())
    if high - low < 1e-9 * max(abs(high), abs(low), 1e-9):
        return low - max(abs(low) * 0.05, 1e-6), high + max(abs(high) * 0.05, 1e-6)
    room = (high - low) * margin
    kept = set(include)
    return (low if low in kept else low - room), (high if high in kept else high + room)


def round_ticks(low: float, high: float, *, count: int = 5) -> list[float]:
    """Return round values (1, 2, 2.5 or 5 times a power of ten apart) within [low, high], at most `count` and one more.

    From `count` 2 on there are at least two of them.
    """
    most = max(1, count) + 1
    power = 10.0 ** (math.floor(math.log10((high - low) / most)) - 1)
    while True:
        for part in (1, 2, 2.5, 5):
            step = part * power
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first < most:
                # Adding 0.0 turns a negative zero into zero.
                return [round(place * step, 12) + 0.0 for place in range(first, last + 1)]
        power *= 10.0


def date_ticks(dates: Sequence[date], *, count: int = 8) -> list[tuple[int, str]]:
    """Return rows at which a day, month, quarter or year begins, with labels, at most about `count` of them.

    Parameters
    ----------
    dates : sequence of date
        Of each row, not decreasing; a row opens a period when its date is in another one than the row before.
    """
    # Bars share their date with the bars around them: only where it changes can a period begin.
    opening = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(dates)) if a != b)] if dates else []
    days = [dates[row] for row in opening]
    candidates: list[list[int]] = []
    keys = (
        lambda d: (d.year, d.month, d.day),
        lambda d: d.isocalendar()[:2],
        lambda d: (d.year, d.month),
        lambda d: (d.year, (d.month - 1) // 3),
        lambda d: (d.year, (d.month - 1) // 6),
        lambda d: (d.year,),
        lambda d: (d.year // 5,),
    )
    for key in keys:
        rows = [*opening[:1], *(opening[i + 1] for i, (a, b) in enumerate(pairwise(days)) if key(a) != key(b))]
        candidates.append(rows)
        if len(rows) <= count + 1:
            break
    level = len(candidates) - 1
    rows = candidates[level]
    # The first row seldom opens its period: leave it out where there are others.
    if level > 0 and len(rows) > 2:
        rows = rows[1:]
    return [(row, _tick_label(dates[row], level, is_first=i == 0)) for i, row in enumerate(rows)]


def _tick_label(day: date, level: int, *, is_first: bool) -> str:
    if level <= 1:
        return f"{day.day} {day:%b}"
    if level <= 4:
        return f"{day:%b %Y}" if is_first or day.month <= 3 else f"{day:%b}"
    return str(day.year)
