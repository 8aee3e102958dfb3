"""Bars of longer timeframes out of the ones that close: what a strategy may know of the hour or the day (X-33).

Only closed higher bars are shown. An hour that is still going on does not exist for a strategy, so nothing of it can
leak into a decision; its last bar closes it, and from that bar on it is there.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros, to_micros
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["HigherBar", "HigherBars", "frame_minutes"]

MINUTES = re.compile(r"([1-9]\d*)min")
DAY = "1d"
WHOLE_SESSION = 24 * 60
ROWS = ("open", "high", "low", "close", "volume")


def frame_minutes(timeframe: str, bar_minutes: int = BAR_MINUTES) -> int:
    """Return the length of a timeframe: ``"30min"``, ``"60min"`` or ``"1d"``, a session.

    Raises
    ------
    ValueError
        If it is written otherwise, or is no multiple of the bars'.
    """
    if timeframe == DAY:
        return WHOLE_SESSION
    found = MINUTES.fullmatch(timeframe)
    if found is None or int(found[1]) % bar_minutes:
        raise ValueError(f"timeframe {timeframe!r}, expected 1d or a multiple of {bar_minutes} minutes such as 60min")
    return int(found[1])


@dataclass(frozen=True, slots=True, eq=False)
class HigherBar:
    """One closed bar of a longer timeframe, N symbols; prices are chain-linked, NaN = no bar.

    Attributes
    ----------
    ts_event, ts_known : datetime
        Start of its first bar and end of its last.
    open, high, low, close, volume : float64 [N]
        Prices times the factor and volume over it, so that a split is no jump.
    """

    ts_event: datetime
    ts_known: datetime
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class HigherBars:
    """A fold over bars that keeps the last closed bars of each timeframe.

    Parameters
    ----------
    timeframes : sequence of str
    keep : int
        Closed bars kept of each.
    bar_minutes : int
        Length of the bars that come in.
    """

    def __init__(self, timeframes: Sequence[str], *, keep: int = 100, bar_minutes: int = BAR_MINUTES) -> None:
        self._minutes = {name: frame_minutes(name, bar_minutes) for name in timeframes}
        self._bar_minutes = bar_minutes
        self._closed: dict[str, deque[HigherBar]] = {name: deque(maxlen=keep) for name in timeframes}
        self._going: dict[str, tuple[int, HigherBar]] = {}

    def update(self, bars: BarSlice) -> None:
        """Take a bar; a higher bar that it ends, or that an earlier one must have ended, is closed."""
        for name, minutes in self._minutes.items():
            place = bars.slot * self._bar_minutes // minutes
            going = self._going.get(name)
            if going is not None and (
                going[0] != place or bars.ts_event - going[1].ts_event >= timedelta(minutes=minutes)
            ):
                # Its last bars never came.
                self._closed[name].append(self._going.pop(name)[1])
                going = None
            grown = _first(bars) if going is None else _grown(going[1], bars)
            if bars.is_last_of_session or (bars.slot + 1) * self._bar_minutes % minutes == 0:
                self._going.pop(name, None)
                self._closed[name].append(grown)
            else:
                self._going[name] = (place, grown)

    def closed(self, timeframe: str) -> tuple[HigherBar, ...]:
        """Return the closed bars of a timeframe, oldest first.

        Raises
        ------
        KeyError
            If the timeframe was not asked for.
        """
        return tuple(self._closed[timeframe])

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            name: {
                "closed": [_told(bar) for bar in bars],
                "going": [self._going[name][0], _told(self._going[name][1])] if name in self._going else None,
            }
            for name, bars in self._closed.items()
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._going = {}
        for name, bars in self._closed.items():
            kept = cast(Mapping[str, object], state[name])
            bars.clear()
            bars.extend(_read(bar) for bar in cast(Sequence[object], kept["closed"]))
            if kept["going"] is not None:
                place, bar = cast(Sequence[object], kept["going"])
                self._going[name] = (int(cast(int, place)), _read(bar))


def _first(bars: BarSlice) -> HigherBar:
    factor = bars.factor
    return HigherBar(
        bars.ts_event, bars.ts_known, bars.open * factor, bars.high * factor, bars.low * factor, bars.close * factor,
        bars.volume / factor,
    )  # fmt: skip


def _grown(bar: HigherBar, bars: BarSlice) -> HigherBar:
    new = _first(bars)
    is_new = np.isnan(bar.open)
    is_same = np.isnan(new.close)
    volume = np.where(is_new, new.volume, np.where(is_same, bar.volume, bar.volume + new.volume))
    return HigherBar(
        bar.ts_event, new.ts_known, np.where(is_new, new.open, bar.open), np.fmax(bar.high, new.high),
        np.fmin(bar.low, new.low), np.where(is_same, bar.close, new.close), volume,
    )  # fmt: skip


def _told(bar: HigherBar) -> list[object]:
    return [to_micros(bar.ts_event), to_micros(bar.ts_known), *(to_list(getattr(bar, name)) for name in ROWS)]


def _read(value: object) -> HigherBar:
    ts_event, ts_known, *rows = cast(list[object], value)
    values = [from_list(row) for row in rows]
    return HigherBar(from_micros(cast(int, ts_event)), from_micros(cast(int, ts_known)), *values)
