"""Round trips out of the book: each symbol from flat to flat, through splits and dividends (specification 11.3)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qts_core.backtest.trades import FillRecord, RoundTrip
from qts_core.market.light import changed
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution
from qts_core.market.time import to_micros
from qts_core.market.timeline import Timeline
from qts_core.orders.book import FLAT, Book, Entry, Position

__all__ = ["Closed", "closed_trips", "round_trips"]

Closing = tuple[RoundTrip, Sequence[Execution]]
"""A round trip whose cost is its commissions, and the executions that it is made of."""


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """The closed round trips of one book by time of exit, and how many are still open."""

    trips: tuple[Closing, ...]
    still_open: int

    @property
    def plain(self) -> tuple[RoundTrip, ...]:
        """The trips with their commissions as cost."""
        return tuple(trip for trip, _ in self.trips)

    def with_costs(self, fills: Sequence[FillRecord]) -> tuple[RoundTrip, ...]:
        """Return the trips with what the prices of `fills` hide as cost too."""
        costs: dict[tuple[str, datetime], Decimal] = {}
        for fill in fills:
            key = (fill.client_order_id, fill.ts_event)
            costs[key] = costs.get(key, ZERO) + fill.spread_cost + fill.slippage_cost
        told = []
        for trip, legs in self.trips:
            hidden = sum([costs.get((e.client_order_id, e.ts_event), ZERO) for e in legs], ZERO)
            told.append(changed(trip, cost=hidden + trip.cost))
        return tuple(told)


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
    closed = closed_trips(book, timeline)
    return closed.with_costs(fills), closed.still_open


def closed_trips(book: Book, timeline: Timeline) -> Closed:
    """Return the closed round trips of `book`; `timeline` tells the bars held."""
    starts: list[int] = timeline.ts_event.tolist()
    trips: list[Closing] = []
    still_open = 0
    for symbol, entries in book.by_symbol():
        closed, is_open = _of_symbol(symbol, entries, starts)
        trips += closed
        still_open += is_open
    trips.sort(key=lambda item: (item[0].exited, item[0].symbol))
    return Closed(tuple(trips), still_open)


def _of_symbol(symbol: str, entries: Sequence[Entry], starts: Sequence[int]) -> tuple[list[Closing], bool]:
    trips: list[Closing] = []
    position = start = FLAT
    legs: list[Execution] = []
    most = ZERO
    for entry in entries:
        after = position.after(entry)
        if isinstance(entry, Execution):
            if not position.quantity:
                start, legs, most = position, [], ZERO
            legs.append(entry)
            most = max(most, abs(after.quantity))
            if not after.quantity:
                trips.append((_trip(symbol, legs, start, after, most, starts), legs))
        position = after
    return trips, bool(position.quantity)


def _trip(
    symbol: str, legs: Sequence[Execution], start: Position, end: Position, most: Decimal, starts: Sequence[int]
) -> RoundTrip:
    first, last = legs[0], legs[-1]
    opening = [e for e in legs if e.side is first.side]
    closing = [e for e in legs if e.side is not first.side]
    commissions = end.commissions - start.commissions
    pnl = end.realised - start.realised + end.dividends - start.dividends - commissions
    invested = sum([e.quantity * e.price for e in opening], ZERO)
    held = bisect_right(starts, to_micros(last.ts_event)) - bisect_right(starts, to_micros(first.ts_event))
    return RoundTrip(
        symbol, "long" if first.side.sign > 0 else "short", first.ts_event, last.ts_event, most, _mean_price(opening),
        _mean_price(closing), pnl, ZERO + commissions, held, float(pnl / invested),
    )  # fmt: skip


def _mean_price(legs: Sequence[Execution]) -> float:
    shares = sum([e.quantity for e in legs], ZERO)
    return float(sum([e.quantity * e.price for e in legs], ZERO) / shares)
