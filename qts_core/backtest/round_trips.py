"""Round trips out of the book: each symbol from flat to flat, through splits and dividends (specification 11.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np

from qts_core.backtest.trades import FillRecord, RoundTrip
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution
from qts_core.market.time import to_micros
from qts_core.market.timeline import Timeline
from qts_core.orders.book import FLAT, Book, Entry, Position

__all__ = ["round_trips"]


def round_trips(book: Book, fills: Sequence[FillRecord], timeline: Timeline) -> tuple[tuple[RoundTrip, ...], int]:
    """Return the closed round trips by time of exit, and how many are still open.

    Parameters
    ----------
    book : Book
        Every execution and corporate action.
    fills : sequence of FillRecord
        For the costs inside the prices.
    timeline : Timeline
        For the bars held.
    """
    costs: dict[tuple[str, datetime], Decimal] = {}
    for fill in fills:
        key = (fill.client_order_id, fill.ts_event)
        costs[key] = costs.get(key, ZERO) + fill.spread_cost + fill.slippage_cost
    trips: list[RoundTrip] = []
    still_open = 0
    lines: dict[str, list[tuple[datetime, Entry]]] = {}
    for moment, entry in book.entries():
        lines.setdefault(entry.symbol, []).append((moment, entry))
    for symbol, entries in lines.items():
        closed, is_open = _of_symbol(symbol, entries, costs, timeline)
        trips += closed
        still_open += is_open
    return tuple(sorted(trips, key=lambda t: (t.exited, t.symbol))), still_open


def _of_symbol(
    symbol: str,
    entries: Sequence[tuple[datetime, Entry]],
    costs: Mapping[tuple[str, datetime], Decimal],
    timeline: Timeline,
) -> tuple[list[RoundTrip], bool]:
    trips: list[RoundTrip] = []
    position = start = FLAT
    legs: list[Execution] = []
    most = ZERO
    for _, entry in entries:
        after = position.after(entry)
        if isinstance(entry, Execution):
            if not position.quantity:
                start, legs, most = position, [], ZERO
            legs.append(entry)
            most = max(most, abs(after.quantity))
            if not after.quantity:
                hidden = sum((costs.get((e.client_order_id, e.ts_event), ZERO) for e in legs), ZERO)
                trips.append(_trip(symbol, legs, start, after, most, hidden, timeline))
        position = after
    return trips, bool(position.quantity)


def _trip(
    symbol: str, legs: Sequence[Execution], start: Position, end: Position, most: Decimal, hidden: Decimal,
    timeline: Timeline,
) -> RoundTrip:  # fmt: skip
    first, last = legs[0], legs[-1]
    opening = [e for e in legs if e.side is first.side]
    closing = [e for e in legs if e.side is not first.side]
    commissions = end.commissions - start.commissions
    pnl = end.realised - start.realised + end.dividends - start.dividends - commissions
    invested = sum((e.quantity * e.price for e in opening), ZERO)
    rows = np.searchsorted(timeline.ts_event, [to_micros(first.ts_event), to_micros(last.ts_event)], side="right")
    return RoundTrip(
        symbol, "long" if first.side.sign > 0 else "short", first.ts_event, last.ts_event, most, _mean_price(opening),
        _mean_price(closing), pnl, hidden + commissions, int(rows[1] - rows[0]), float(pnl / invested),
    )  # fmt: skip


def _mean_price(legs: Sequence[Execution]) -> float:
    shares = sum((e.quantity for e in legs), ZERO)
    return float(sum((e.quantity * e.price for e in legs), ZERO) / shares)
