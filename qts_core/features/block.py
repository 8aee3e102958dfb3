"""Rows of bars in the form the engine takes: chain-linked fields and facts of the timeline (specification 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.features.operations import BAR_SOURCES
from qts_core.features.session_facts import FACTS, facts_of
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import MICROS_PER_MINUTE, day_number, to_micros, trading_day
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["FeatureBlock"]

TIMELINE = 5
"""Facts of the timeline that stand before those of the session."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureBlock:
    """B consecutive bars of N symbols.

    Attributes
    ----------
    ts_event : int64 [B]
        Start of each bar, microseconds UTC, strictly increasing.
    bars : float64 [5, B, N]
        Chain-linked open, high, low, close and volume; NaN = no bar.
    calendar : float64 [11, B]
        Session (days since 1970), start and end minute since its open, bars left in it, weekday (0 Monday), then the
        six ``FACTS`` of the session.
    """

    ts_event: NDArray[np.int64]
    bars: Floats
    calendar: Floats

    def __len__(self) -> int:
        return len(self.ts_event)

    @classmethod
    def of(cls, panel: Panel, *, bar_minutes: int = BAR_MINUTES) -> FeatureBlock:
        """Take the rows of a bar panel (raw prices and `factor`).

        Parameters
        ----------
        panel : Panel
        bar_minutes : int, default 15
            Spacing of the bars; only the last bar of a session may be shorter.
        """
        line = panel.timeline
        bars = np.empty((len(BAR_SOURCES), *panel["close"].shape))
        factor = panel["factor"]
        for index, name in enumerate(BAR_SOURCES[:4]):
            np.multiply(panel[name], factor, out=bars[index])
        np.divide(panel["volume"], factor, out=bars[4])
        start = line.slot * float(bar_minutes)
        calendar = np.empty((TIMELINE + len(FACTS), len(line)))
        calendar[0] = line.session
        calendar[1] = start
        calendar[2] = start + (line.ts_known - line.ts_event) / MICROS_PER_MINUTE
        calendar[3] = line.slots - line.slot - 1
        calendar[4] = weekday_of(line.session)
        calendar[TIMELINE:] = facts_of(line.session)
        return cls(line.ts_event, bars, calendar)

    @classmethod
    def of_slice(cls, bars: BarSlice, *, bar_minutes: int = BAR_MINUTES) -> FeatureBlock:
        """Take one closed bar of all symbols; the same numbers as the row of a panel."""
        start = to_micros(bars.ts_event)
        session = day_number(trading_day(bars.ts_event))
        first = bars.slot * float(bar_minutes)
        values = np.empty((len(BAR_SOURCES), 1, len(bars.symbols)))
        for index, field in enumerate((bars.open, bars.high, bars.low, bars.close)):
            np.multiply(field, bars.factor, out=values[index, 0])
        np.divide(bars.volume, bars.factor, out=values[4, 0])
        end = first + (to_micros(bars.ts_known) - start) / MICROS_PER_MINUTE
        calendar = np.empty((TIMELINE + len(FACTS), 1))
        calendar[:TIMELINE, 0] = session, first, end, bars.slots - bars.slot - 1, (session + 3) % 7
        calendar[TIMELINE:] = facts_of(np.array([session], dtype=np.int32))
        return cls(np.array([start], dtype=np.int64), values, calendar)

    def rows(self, rows: slice) -> FeatureBlock:
        """Return some of the rows as views."""
        return FeatureBlock(self.ts_event[rows], self.bars[:, rows], self.calendar[:, rows])


def weekday_of(session: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return 0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday."""
    return (session + 3) % 7
