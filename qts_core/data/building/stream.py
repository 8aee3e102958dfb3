"""Build 15-minute bars from 1-minute bars as they arrive (specification 12.5; X-12).

Bars are anchored at the session's open and close on the clock, not on the arrival of the next minute: a symbol that
does not trade, or a late feed, never holds a bar open. A minute may be revised while its bar is open; what arrives
after the close is reported as late and changes nothing.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import MICROS_PER_MINUTE, from_micros, to_micros
from qts_core.market.timeline import Timeline

__all__ = ["BarBuilder", "aggregate_minutes", "build_bars"]

FIELDS = ("open", "high", "low", "close", "volume")


def aggregate_minutes(block: Floats) -> Floats:
    """Aggregate minutes to one bar; the only arithmetic of bar building, for stream and batch alike.

    Parameters
    ----------
    block : float64 [minutes, 5, N]
        Open, high, low, close, volume of each minute; NaN = no bar.

    Returns
    -------
    float64 [5, N]
        First open, highest high, lowest low, last close, sum of volumes in the order of time; NaN where no minute
        has a bar.
    """
    present = ~np.isnan(block[:, 3])
    first = present.argmax(axis=0)
    last = len(block) - 1 - present[::-1].argmax(axis=0)
    column = np.arange(block.shape[2])
    bar = np.empty(block.shape[1:])
    bar[0] = block[first, 0, column]
    bar[1] = np.where(present, block[:, 1], -np.inf).max(axis=0)
    bar[2] = np.where(present, block[:, 2], np.inf).min(axis=0)
    bar[3] = block[last, 3, column]
    # cumsum adds in order; a pairwise sum would round otherwise.
    bar[4] = np.cumsum(np.where(present, block[:, 4], 0.0), axis=0)[-1]
    bar[:, ~present.any(axis=0)] = np.nan
    return bar


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

    Examples
    --------
    >>> builder = BarBuilder(timeline, ("AAA", "BBB"))           # doctest: +SKIP
    >>> builder.add("AAA", minute, 10.0, 10.2, 9.9, 10.1, 500)   # doctest: +SKIP
    True
    >>> for bar in builder.close_until(now): ...                 # doctest: +SKIP
    """

    def __init__(self, timeline: Timeline, symbols: tuple[str, ...], factor: Floats | None = None) -> None:
        shape = (len(timeline), len(symbols))
        if factor is not None and factor.shape != shape:
            raise ValueError(f"factor is {factor.shape}, expected {shape}")
        self.timeline = timeline
        self.symbols = symbols
        self.late = 0
        self._factor = np.ones(shape) if factor is None else factor
        self._column = {symbol: i for i, symbol in enumerate(symbols)}
        self._open: dict[int, Floats] = {}
        self._next = 0

    @property
    def next_close(self) -> datetime | None:
        """When the next bar closes, None after the last."""
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
    ) -> bool:
        """Take one minute of one symbol; the same minute again replaces it.

        Returns
        -------
        bool
            False when it cannot count: its bar has closed (`late` counts these), it lies outside the timeline, or
            the symbol is unknown.
        """
        column = self._column.get(symbol)
        minute = self._minute(to_micros(ts_event))
        if column is None or minute is None:
            return False
        block, i = minute
        block[i, :, column] = open_, high, low, close, volume
        return True

    def add_slice(self, minutes: BarSlice) -> bool:
        """Take one minute of every symbol; its columns must be the builder's."""
        if minutes.symbols != self.symbols:
            raise ValueError("the slice has other symbols than the builder")
        minute = self._minute(to_micros(minutes.ts_event))
        if minute is None:
            return False
        block, i = minute
        present = minutes.present()
        for k, name in enumerate(FIELDS):
            block[i, k, present] = getattr(minutes, name)[present]
        return True

    def close_until(self, now: datetime) -> list[BarSlice]:
        """Close every bar that has ended by `now`, in order; one without any minute is all NaN."""
        ready = self.timeline.row_before(to_micros(now))
        closed = [self._close(row) for row in range(self._next, ready)]
        self._next = max(self._next, ready)
        return closed

    def skip_until(self, now: datetime) -> None:
        """Forget bars that ended by `now` without giving them: they were had from elsewhere."""
        ready = self.timeline.row_before(to_micros(now))
        for row in range(self._next, ready):
            self._open.pop(row, None)
        self._next = max(self._next, ready)

    def _minute(self, start: int) -> tuple[Floats, int] | None:
        """Return the block of the bar that holds the minute starting at `start`, and its place in it."""
        row = int(np.searchsorted(self.timeline.ts_event, start, side="right")) - 1
        if row < 0 or start >= self.timeline.ts_known[row] or start % MICROS_PER_MINUTE:
            return None
        if row < self._next:
            self.late += 1
            return None
        block = self._open.get(row)
        if block is None:
            block = self._open[row] = np.full((self._minutes(row), len(FIELDS), len(self.symbols)), np.nan)
        return block, int(start - self.timeline.ts_event[row]) // MICROS_PER_MINUTE

    def _minutes(self, row: int) -> int:
        return int(self.timeline.ts_known[row] - self.timeline.ts_event[row]) // MICROS_PER_MINUTE

    def _close(self, row: int) -> BarSlice:
        block = self._open.pop(row, None)
        bar = np.full((len(FIELDS), len(self.symbols)), np.nan) if block is None else aggregate_minutes(block)
        line = self.timeline
        return BarSlice(
            from_micros(int(line.ts_event[row])), from_micros(int(line.ts_known[row])), int(line.slot[row]),
            int(line.slots[row]), self.symbols, bar[0], bar[1], bar[2], bar[3], bar[4], self._factor[row],
        )  # fmt: skip


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
