"""Bars of any time frame from one- or fifteen-minute columns (protocol reference, 11.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.market.time import MICROS_PER_MINUTE, NEW_YORK, to_micros

__all__ = ["Columns", "TimeFrame", "aggregate", "bar_values", "trade_count", "typical"]

SHARES_PER_TRADE = 100
PATTERN = re.compile(r"(\d{1,2})(Min|T|Hour|H|Day|D|Week|W|Month|M)", re.ASCII)
UNITS = {"Min": "Min", "T": "Min", "Hour": "Hour", "H": "Hour", "Day": "Day", "D": "Day", "Week": "Week", "W": "Week"}
ALLOWED = {
    "Min": range(1, 60),
    "Hour": range(1, 24),
    "Day": range(1, 2),
    "Week": range(1, 2),
    "Month": (1, 2, 3, 4, 6, 12),
}
Micros64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """A count of a unit: Min, Hour, Day, Week or Month."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> TimeFrame | None:
        """Return the time frame of ``15Min``, ``1H``, ``1Day`` ..., or None when it is none of Alpaca's."""
        match = PATTERN.fullmatch(text)
        if match is None:
            return None
        count, unit = int(match[1]), UNITS.get(match[2], "Month")
        return cls(count, unit) if count in ALLOWED[unit] else None

    @property
    def minutes(self) -> int | None:
        """Length in minutes, None for days and longer."""
        return {"Min": self.count, "Hour": 60 * self.count}.get(self.unit)

    def starts(self, ts_event: Micros64, session: NDArray[np.int32]) -> Micros64:
        """Return the start of the bar that each row belongs to, microseconds UTC, left edge in New York time."""
        days, place = np.unique(session, return_inverse=True)
        if self.minutes is None:
            edges = np.array([_midnight(self._first_day(int(d))) for d in days], dtype=np.int64)
            return edges[place]
        midnights = np.array([_midnight(int(d)) for d in days], dtype=np.int64)[place]
        step = self.minutes * MICROS_PER_MINUTE
        return midnights + (ts_event - midnights) // step * step

    def _first_day(self, number: int) -> int:
        day = date(1970, 1, 1) + timedelta(days=number)
        if self.unit == "Week":
            return number - day.weekday()
        if self.unit == "Month":
            month = (day.month - 1) // self.count * self.count + 1
            return number - (day - day.replace(month=month, day=1)).days
        return number


@dataclass(frozen=True, slots=True)
class Columns:
    """Bars of one symbol: `start` int64 [K], the rest float64 [K]; without missing rows."""

    start: Micros64
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    count: Floats
    mean: Floats

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: slice | NDArray[np.int64] | NDArray[np.bool_]) -> Columns:
        """Return some of the bars."""
        return Columns(*(getattr(self, name)[rows] for name in self.__slots__))

    def rows(self) -> list[dict[str, object]]:
        """Return the bars as they stand on the wire."""
        stamps = np.datetime_as_string(self.start.astype("datetime64[us]").astype("datetime64[s]")).tolist()
        columns = (c.tolist() for c in (self.open, self.high, self.low, self.close, self.volume, self.count, self.mean))
        return [{"t": f"{t}Z", **bar_values(*values)} for t, *values in zip(stamps, *columns, strict=True)]


def typical(high: Floats, low: Floats, close: Floats) -> Floats:
    """Return the mean of high, low and close: the estimate of a bar's volume-weighted price."""
    return (high + low + close) / 3.0


def trade_count(volume: Floats) -> Floats:
    """Return an estimate of the trades in a bar: one in a hundred shares, at least one."""
    return np.maximum(1.0, np.round(volume / SHARES_PER_TRADE))


def aggregate(start: Micros64, bars: Columns) -> Columns:
    """Join consecutive rows with the same `start`: first, max, min, last, sums and the volume-weighted mean."""
    if not len(start):
        return bars
    first = np.flatnonzero(np.r_[True, start[1:] != start[:-1]])
    last = np.r_[first[1:], len(start)] - 1
    volume = np.add.reduceat(bars.volume, first)
    value = np.add.reduceat(bars.mean * bars.volume, first)
    mean = np.divide(value, volume, out=bars.close[last].copy(), where=volume > 0)
    return Columns(
        start[first],
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        volume,
        np.add.reduceat(bars.count, first),
        mean,
    )


def bar_values(
    open_: float, high: float, low: float, close: float, volume: float, count: float, mean: float
) -> dict[str, object]:
    """Return a bar as it stands on the wire, without its time."""
    return {
        "o": open_, "h": high, "l": low, "c": close,
        "v": int(volume) if volume.is_integer() else volume, "n": int(count), "vw": round(mean, 6),
    }  # fmt: skip


@lru_cache(maxsize=10_000)
def _midnight(number: int) -> int:
    day = date(1970, 1, 1) + timedelta(days=number)
    return to_micros(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK))
