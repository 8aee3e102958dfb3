"""Historical bars up to the virtual now, never beyond it (protocol reference, 11.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from live_daemon.paper_exchange.bars import Columns, TimeFrame, aggregate, trade_count, typical
from live_daemon.paper_exchange.market import Market
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import day_number, from_micros, trading_day

__all__ = ["Adjustment", "History"]

EMPTY = Columns(np.empty(0, np.int64), *(np.empty(0) for _ in range(7)))


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Which corporate actions historical prices are adjusted for."""

    is_split: bool = False
    is_dividend: bool = False


class History:
    """Bars of a market as they were known at a moment."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._place = {symbol: i for i, symbol in enumerate(market.bars.symbols)}

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._place

    def last_closes(self, now: int) -> dict[str, float]:
        """Return the last close of every symbol known at `now`, USD as traded then, split-adjusted to now."""
        panel = self._market.bars
        known = panel.timeline.row_before(now)
        closes: dict[str, float] = {}
        for symbol, i in self._place.items():
            column = panel["close"][:known, i]
            rows = np.flatnonzero(~np.isnan(column))
            if len(rows):
                factor = panel["factor"][:, i]
                closes[symbol] = float(column[rows[-1]] * factor[rows[-1]] / factor[known - 1])
        return closes

    def chunks(
        self,
        symbol: str,
        frame: TimeFrame,
        first: int,
        last: int,
        now: int,
        adjustment: Adjustment,
        *,
        is_descending: bool,
    ) -> Iterator[Columns]:
        """Yield the bars that start from `first` to `last`, both included, in pieces and in the order asked for.

        A bar is there when one of its minutes was known at `now`; its later minutes are not in it.
        """
        i = self._place.get(symbol)
        if i is None:
            return
        factor_now = self._factor(i, now)
        pieces = self._pieces(i, frame, first, last, now)
        for piece in reversed(pieces) if is_descending else pieces:
            rows = piece()
            if not len(rows):
                continue
            rows = self._adjusted(symbol, i, rows, factor_now, now, adjustment)
            bars = aggregate(frame.starts(rows.start, _sessions(rows)), rows)
            bars = bars.take((bars.start >= first) & (bars.start <= last))
            if len(bars):
                yield bars.take(slice(None, None, -1)) if is_descending else bars

    def _pieces(self, i: int, frame: TimeFrame, first: int, last: int, now: int) -> list[_Piece]:
        """Return what to read: sessions one by one where minutes are needed, else all at once and today's minutes."""
        if frame.minutes is not None and frame.minutes % self._market.bar_minutes:
            days = [d for d in self._market.sessions if self._touches(d, first, last, now)]
            return [_Piece(self, i, day, now) for day in days]
        return [_Piece(self, i, None, now)]

    def _touches(self, day: date, first: int, last: int, now: int) -> bool:
        rows = self._market.rows_of(day)
        if rows is None:
            return False
        line = self._market.bars.timeline
        begin, end = int(line.ts_event[rows.start]), int(line.ts_known[rows.stop - 1])
        return begin < now and begin <= last and end >= first

    def rows_of_session(self, i: int, day: date, now: int) -> Columns:
        """Return one session's minutes known at `now`."""
        panel = self._market.minutes(day)
        return EMPTY if panel is None else _columns(panel, i, panel.timeline.row_before(now))

    def rows_of_all(self, i: int, now: int) -> Columns:
        """Return all rows known at `now`: earlier sessions in the market's bars, the latest one in minutes."""
        panel, today = self._market.bars, trading_day(from_micros(now))
        rows = self._market.rows_of(today)
        whole = panel.timeline.row_before(now)
        if rows is None or rows.start >= whole + 1 or self._market.bar_minutes == 1:
            return _columns(panel, i, whole)
        return _joined(_columns(panel, i, min(whole, rows.start)), self.rows_of_session(i, today, now))

    def _factor(self, i: int, now: int) -> float:
        """Return the chain-link factor in force on the day of `now`."""
        line = self._market.bars.timeline
        today = day_number(trading_day(from_micros(now)))
        row = min(int(np.searchsorted(line.session, today, side="left")), len(line) - 1)
        return float(self._market.bars["factor"][row, i])

    def _adjusted(
        self, symbol: str, i: int, rows: Columns, factor_now: float, now: int, adjustment: Adjustment
    ) -> Columns:
        if not adjustment.is_split and not adjustment.is_dividend:
            return rows
        scale = np.ones(len(rows))
        shares = np.ones(len(rows))
        line, factor = self._market.bars.timeline, self._market.bars["factor"][:, i]
        if adjustment.is_split:
            place = np.clip(np.searchsorted(line.ts_event, rows.start, side="right") - 1, 0, None)
            shares = factor[place] / factor_now
            scale = scale * shares
        if adjustment.is_dividend:
            scale = scale * self._dividend_scale(symbol, i, rows, now)
        return Columns(
            rows.start, rows.open * scale, rows.high * scale, rows.low * scale, rows.close * scale,
            rows.volume / shares, rows.count, rows.mean * scale,
        )  # fmt: skip

    def _dividend_scale(self, symbol: str, i: int, rows: Columns, now: int) -> Floats:
        scale = np.ones(len(rows))
        today = trading_day(from_micros(now))
        panel = self._market.bars
        for action in self._market.actions.iter_rows(named=True):
            if action["symbol"] != symbol or action["kind"] != "dividend" or action["ex_date"] > today:
                continue
            ex_day = day_number(action["ex_date"])
            before = panel["close"][: int(np.searchsorted(panel.timeline.session, ex_day)), i]
            closes = before[~np.isnan(before)]
            if len(closes):
                scale[_sessions(rows) < ex_day] *= 1.0 - action["cash_per_share"] / float(closes[-1])
        return scale


@dataclass(frozen=True, slots=True)
class _Piece:
    history: History
    column: int
    day: date | None
    now: int

    def __call__(self) -> Columns:
        if self.day is None:
            return self.history.rows_of_all(self.column, self.now)
        return self.history.rows_of_session(self.column, self.day, self.now)


def _columns(panel: Panel, i: int, known: int) -> Columns:
    close = panel["close"][:known, i]
    rows = np.flatnonzero(~np.isnan(close))
    high, low, volume = panel["high"][rows, i], panel["low"][rows, i], panel["volume"][rows, i]
    return Columns(
        panel.timeline.ts_event[rows], panel["open"][rows, i], high, low, close[rows], volume,
        trade_count(volume), typical(high, low, close[rows]),
    )  # fmt: skip


def _joined(one: Columns, other: Columns) -> Columns:
    return Columns(*(np.concatenate([getattr(one, n), getattr(other, n)]) for n in Columns.__slots__))


def _sessions(rows: Columns) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    # A regular session never crosses midnight UTC, so the UTC day is the New York day.
    return (rows.start // (24 * 3600 * 1_000_000)).astype(np.int32)
