"""Build 15-minute bars from 1-minute bars as they arrive (specification 12.5; X-12).

Bars are anchored at the session's open and close on the clock, not on the arrival of the next minute: a symbol that
does not trade, or a late feed, never holds a bar open. A minute may be revised until its bar's cut-off; what arrives
afterwards never changes the bar that was given, it makes a revision of it with the time at which it became known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.building.arithmetic import FIELDS, FLOW_FIELDS, aggregate_minutes
from qts_core.data.building.frames import BuiltBar, bars_frame
from qts_core.data.building.minutes import Block
from qts_core.data.schemas import BAR_SCHEMA, empty
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import MICROS_PER_MINUTE, from_micros, to_micros
from qts_core.market.timeline import BARS_PER_SESSION, Timeline

__all__ = ["BarBuilder", "aggregate_minutes", "build_bars"]

KEPT_BARS: Final = BARS_PER_SESSION
"""Closed bars whose minutes are kept for revisions: a session's."""


Known = NDArray[np.int64]


class BarBuilder:
    """Streaming builder for N symbols.

    Parameters
    ----------
    timeline : Timeline
        The bars to build, in order: the day's, or more.
    symbols : tuple of str
        The N columns of the slices it gives.
    factor : float64 [T, N], optional
        Chain-link factors of the timeline's bars (:func:`qts_core.data.actions.chain.chain_factors`); 1 by
        default.
    cutoff : timedelta, optional
        A minute counts when it was known at most this long after its bar's end, and bars close that much later.
        None, the default, leaves it to the caller: bars may be closed at their end, and whatever arrives before they
        are closed counts.
    source : str, optional
        Written to the frames it gives.

    Examples
    --------
    >>> builder = BarBuilder(timeline, ("AAA", "BBB"))           # doctest: +SKIP
    >>> builder.add("AAA", minute, 10.0, 10.2, 9.9, 10.1, 500)   # doctest: +SKIP
    True
    >>> for bar in builder.close_until(now): ...                 # doctest: +SKIP
    """

    def __init__(
        self,
        timeline: Timeline,
        symbols: tuple[str, ...],
        factor: Floats | None = None,
        *,
        cutoff: timedelta | None = None,
        source: str = "built",
    ) -> None:
        shape = (len(timeline), len(symbols))
        if factor is not None and factor.shape != shape:
            raise ValueError(f"factor is {factor.shape}, expected {shape}")
        self.timeline = timeline
        self.symbols = symbols
        self.late = 0
        self._factor = np.ones(shape) if factor is None else factor
        self._column = {symbol: i for i, symbol in enumerate(symbols)}
        self._is_strict = cutoff is not None
        self._cutoff = 0 if cutoff is None else cutoff // timedelta(microseconds=1)
        self._source = source
        self._blocks: dict[int, Block] = {}
        self._given: dict[int, Floats] = {}
        self._revised: dict[tuple[int, int, int], Floats] = {}
        self._next = 0

    @property
    def next_close(self) -> datetime | None:
        """When the next bar ends, None after the last."""
        if self._next >= len(self.timeline):
            return None
        return from_micros(int(self.timeline.ts_known[self._next]))

    def add(
        self,
        symbol: str,
        ts_event: datetime,
        open_: float,
        high: float,
        low: float,
        close: float,
        volume: float,
        *,
        vwap: float | None = None,
        trade_count: float | None = None,
        ts_known: datetime | None = None,
    ) -> bool:
        """Take one minute of one symbol; the same minute again replaces it, unless it was known earlier.

        Parameters
        ----------
        ts_known : datetime, optional
            When this word on the minute arrived; by default it is the newest, and known in time.

        Returns
        -------
        bool
            False when it cannot count: its bar has closed or its cut-off has passed (`late` counts these), it lies
            outside the timeline, or the symbol is unknown.
        """
        column, start = self._column.get(symbol), to_micros(ts_event)
        row = self._row(start)
        if column is None or row is None:
            return False
        values = (
            open_, high, low, close, volume,
            np.nan if vwap is None else vwap, np.nan if trade_count is None else trade_count,
        )  # fmt: skip
        place = int(start - self.timeline.ts_event[row]) // MICROS_PER_MINUTE
        known = None if ts_known is None else to_micros(ts_known)
        if self._is_late(row, known):
            self.late += 1
            self._revise(row, place, column, values, known)
            return False
        self._block(row).put(place, column, values, known)
        return True

    def add_slice(self, minutes: BarSlice) -> bool:
        """Take one minute of every symbol; its columns must be the builder's."""
        if minutes.symbols != self.symbols:
            raise ValueError("the slice has other symbols than the builder")
        start = to_micros(minutes.ts_event)
        row = self._row(start)
        if row is None:
            return False
        if self._is_late(row, None):
            self.late += 1
            return False
        place = int(start - self.timeline.ts_event[row]) // MICROS_PER_MINUTE
        values, present = self._block(row).values, minutes.present()
        for k, name in enumerate(FIELDS):
            values[place, k, present] = getattr(minutes, name)[present]
        return True

    def close_until(self, now: datetime) -> list[BarSlice]:
        """Close every bar whose end and cut-off lie at or before `now`, in order; one without any minute is all NaN."""
        return [self._slice(row, bar) for row, bar, _ in self._close_until(now)]

    def close_frame_until(self, now: datetime) -> pl.DataFrame:
        """Close bars as :meth:`close_until` does and return them with vwap and trade count.

        Returns
        -------
        DataFrame
            Of ``BAR_SCHEMA``, without the bars of symbols that did not trade; `ts_known` is the bar's end, or the
            arrival of the last minute that counted when that is later.
        """
        built = []
        for row, bar, known in self._close_until(now):
            for column in np.flatnonzero(~np.isnan(bar[3])):
                built.append(self._built(row, int(column), int(known[column]), bar[:, column]))
        return bars_frame(built, self._source)

    def take_revisions(self) -> pl.DataFrame:
        """Return what late minutes have made of closed bars since the last call, and forget it.

        Returns
        -------
        DataFrame
            Of ``BAR_SCHEMA``: whole bars, each with the time at which it became known; nothing where the bar stayed
            the same. Only minutes that came with `ts_known` enter, and only of the last session's bars.
        """
        if not self._revised:
            return empty(BAR_SCHEMA)
        built = []
        for (known, row, column), bar in sorted(self._revised.items(), key=lambda item: item[0]):
            given = self._given.get(row)
            if given is not None and not np.array_equal(given[:, column], bar, equal_nan=True):
                built.append(self._built(row, column, known, bar))
                given[:, column] = bar
        self._revised.clear()
        return bars_frame(built, self._source)

    def skip_until(self, now: datetime) -> None:
        """Forget bars that ended by `now` without giving them: they were had from elsewhere."""
        ready = self.timeline.row_before(to_micros(now))
        for row in range(self._next, ready):
            self._blocks.pop(row, None)
        self._next = max(self._next, ready)

    def _close_until(self, now: datetime) -> list[tuple[int, Floats, Known]]:
        ready = self.timeline.row_before(to_micros(now) - self._cutoff)
        closed = [(row, *self._close(row)) for row in range(self._next, ready)]
        self._next = max(self._next, ready)
        return closed

    def _close(self, row: int) -> tuple[Floats, Known]:
        """Return a bar and when it was known for each symbol, and let what waited for it revise it."""
        block = self._blocks.get(row)
        known = np.full(len(self.symbols), int(self.timeline.ts_known[row]))
        bar = np.full((len(FLOW_FIELDS), len(self.symbols)), np.nan)
        if block is not None:
            known, bar = np.maximum(known, block.known.max(axis=0)), aggregate_minutes(block.values)
        self._given[row] = bar.copy()
        if block is not None:
            for arrived, place, column, values in sorted(block.waiting):
                self._revise(row, place, column, values, arrived)
            block.waiting.clear()
        for old in [kept for kept in self._given if kept <= row - KEPT_BARS]:
            del self._given[old]
            self._blocks.pop(old, None)
        return bar, known

    def _slice(self, row: int, bar: Floats) -> BarSlice:
        line = self.timeline
        return BarSlice(
            from_micros(int(line.ts_event[row])), from_micros(int(line.ts_known[row])), int(line.slot[row]),
            int(line.slots[row]), self.symbols, bar[0], bar[1], bar[2], bar[3], bar[4], self._factor[row],
        )  # fmt: skip

    def _row(self, start: int) -> int | None:
        """Return the bar that holds the minute starting at `start`, None when there is none."""
        row = int(np.searchsorted(self.timeline.ts_event, start, side="right")) - 1
        if row < 0 or start >= self.timeline.ts_known[row] or start % MICROS_PER_MINUTE:
            return None
        return row

    def _is_late(self, row: int, known: int | None) -> bool:
        if row < self._next:
            return True
        return self._is_strict and known is not None and known > self.timeline.ts_known[row] + self._cutoff

    def _block(self, row: int) -> Block:
        block = self._blocks.get(row)
        if block is None:
            minutes = int(self.timeline.ts_known[row] - self.timeline.ts_event[row]) // MICROS_PER_MINUTE
            block = self._blocks[row] = Block(minutes, len(self.symbols))
        return block

    def _revise(self, row: int, place: int, column: int, values: tuple[float, ...], known: int | None) -> None:
        """Keep a late word on a minute: at once when its bar is closed, else when it will be."""
        if known is None or (row < self._next and row not in self._given):  # no time, or forgotten already
            return
        block = self._block(row)
        if row not in self._given:
            block.waiting.append((known, place, column, values))
            return
        block.put(place, column, values, known)
        bar = aggregate_minutes(block.values[:, :, column : column + 1])[:, 0]
        self._revised[known, row, column] = bar

    def _built(self, row: int, column: int, known: int, bar: Floats) -> BuiltBar:
        return BuiltBar(self.symbols[column], int(self.timeline.ts_event[row]), known, bar)


def build_bars(minutes: Panel, timeline: Timeline) -> Panel:
    """Build every bar of `timeline` from a panel of minutes, with the arithmetic of the stream.

    Parameters
    ----------
    minutes : Panel
        ``BAR_FIELDS`` of 1-minute bars; minutes outside the timeline are left out.
    timeline : Timeline
        The bars to build.

    Returns
    -------
    Panel
        ``BAR_FIELDS``; `factor` is that of the first minute of each bar (1 where the panel has no minute of it).
    """
    stacked = np.stack([minutes[name] for name in FIELDS], axis=1)
    firsts = np.searchsorted(minutes.timeline.ts_event, timeline.ts_event)
    ends = np.searchsorted(minutes.timeline.ts_event, timeline.ts_known)
    built = np.full((len(timeline), len(FIELDS), len(minutes.symbols)), np.nan)
    factor = np.ones((len(timeline), len(minutes.symbols)))
    for row, (first, end) in enumerate(zip(firsts, ends, strict=True)):
        if end > first:
            built[row] = aggregate_minutes(stacked[first:end])
            factor[row] = minutes["factor"][first]
    fields = {name: np.ascontiguousarray(built[:, k]) for k, name in enumerate(FIELDS)}
    return Panel(timeline, minutes.symbols, {**fields, "factor": factor})
