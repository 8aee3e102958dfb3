"""The grid of bars: when each bar started, when it could be known, and its place in the session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from qts_core.market.calendar import TradingCalendar
from qts_core.market.time import MICROS_PER_MINUTE, Micros, day_number, from_micros, to_micros

__all__ = ["BARS_PER_SESSION", "BARS_PER_YEAR", "BAR_MINUTES", "SESSIONS_PER_YEAR", "Timeline"]

BAR_MINUTES = 15
BARS_PER_SESSION = 26
SESSIONS_PER_YEAR = 252
BARS_PER_YEAR = BARS_PER_SESSION * SESSIONS_PER_YEAR
"""6,552 bars of 15 minutes (checklist X-14); the one place that says so."""


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """T consecutive bars, one clock for all symbols.

    Attributes
    ----------
    ts_event : int64 [T]
        Start of each bar, microseconds UTC, strictly increasing.
    ts_known : int64 [T]
        When the bar could be known: its end, microseconds UTC.
    session : int32 [T]
        Trading date as days since 1970-01-01, New York.
    slot : int16 [T]
        Place of the bar in its session, 0 for the first.
    slots : int16 [T]
        Bars in that session: 26, or 14 on a half-day, at 15 minutes.
    """

    ts_event: NDArray[np.int64]
    ts_known: NDArray[np.int64]
    session: NDArray[np.int32]
    slot: NDArray[np.int16]
    slots: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.ts_event)

    def __getitem__(self, rows: slice) -> Timeline:
        return Timeline(self.ts_event[rows], self.ts_known[rows], self.session[rows], self.slot[rows], self.slots[rows])

    @classmethod
    def between(cls, calendar: TradingCalendar, first: date, last: date, *, bar_minutes: int = BAR_MINUTES) -> Timeline:
        """Lay out every bar of every session from `first` to `last`, both included."""
        sessions = calendar.between(first, last)
        if not sessions:
            empty = np.array([], dtype=np.int64)
            return cls(empty, empty, empty.astype(np.int32), empty.astype(np.int16), empty.astype(np.int16))
        step = bar_minutes * MICROS_PER_MINUTE
        bars = np.array([s.bars(bar_minutes) for s in sessions])
        slot = np.concatenate([np.arange(n) for n in bars])
        opens = np.array([to_micros(s.open) for s in sessions], dtype=np.int64)
        closes = np.array([to_micros(s.close) for s in sessions], dtype=np.int64)
        days = np.array([day_number(s.date) for s in sessions], dtype=np.int32)
        starts = np.repeat(opens, bars) + slot * step
        ends = np.minimum(starts + step, np.repeat(closes, bars))
        return cls(starts, ends, np.repeat(days, bars), slot.astype(np.int16), np.repeat(bars, bars).astype(np.int16))

    @classmethod
    def regular(cls, ts_event: NDArray[np.int64]) -> Timeline:
        """Lay out bars that follow no exchange calendar, such as a user's daily or round-the-clock bars.

        A bar is known when it ends: one step of the finest spacing after its start. Sessions are UTC days.

        Raises
        ------
        ValueError
            If `ts_event` is not strictly increasing.
        """
        steps = np.diff(ts_event)
        if len(ts_event) == 0 or (steps <= 0).any():
            raise ValueError("timestamps must be strictly increasing and at least one")
        step = int(steps.min()) if len(steps) else 24 * 60 * MICROS_PER_MINUTE
        session = (ts_event // (24 * 60 * MICROS_PER_MINUTE)).astype(np.int32)
        firsts = np.flatnonzero(np.r_[True, np.diff(session) != 0])
        counts = np.diff(np.r_[firsts, len(session)])
        slot = np.arange(len(session)) - np.repeat(firsts, counts)
        return cls(
            ts_event, ts_event + step, session, slot.astype(np.int16), np.repeat(counts, counts).astype(np.int16)
        )

    def rows_of(self, ts_event: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each bar start, -1 where it is not on the grid."""
        if not len(self):
            return np.full(len(ts_event), -1, dtype=np.int64)
        rows = np.searchsorted(self.ts_event, ts_event)
        clipped = np.minimum(rows, len(self) - 1)
        return np.where(self.ts_event[clipped] == ts_event, clipped, -1)

    def row_before(self, moment: Micros) -> int:
        """Return how many bars were known at or before `moment`."""
        return int(np.searchsorted(self.ts_known, moment, side="right"))

    def session_rows(self) -> Iterator[tuple[date, slice]]:
        """Yield each session's date with the rows of its bars."""
        firsts = np.flatnonzero(np.r_[True, np.diff(self.session) != 0]) if len(self) else np.array([], dtype=np.int64)
        for i, first in enumerate(firsts):
            last = firsts[i + 1] if i + 1 < len(firsts) else len(self)
            yield date(1970, 1, 1) + timedelta(days=int(self.session[first])), slice(int(first), int(last))

    def describe(self) -> str:
        """Return the span in words."""
        if not len(self):
            return "no bars"
        return f"{len(self)} bars, {from_micros(int(self.ts_event[0])):%Y-%m-%d %H:%M} to " + (
            f"{from_micros(int(self.ts_known[-1])):%Y-%m-%d %H:%M} UTC"
        )
