"""Bars meet orders: which orders may fill now, how many shares, at which price (specification 9.2, 11.2).

One bar has two moments. At its open, market orders and everything within the quote fill; in the rest of it, resting
limits and stops meet its extremes. The path between is unknown: see :mod:`qts_core.exchange.intrabar`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from qts_core.exchange.account import Account
from qts_core.exchange.book import OrderBook, canceled, expired, filled, rejected, working
from qts_core.exchange.executions import execution_of, fill_of, wanted_shares
from qts_core.exchange.fees import fees_of
from qts_core.exchange.fills import Outcome, at_open
from qts_core.exchange.halts import Halts
from qts_core.exchange.intrabar import Ambiguity, IntrabarPath
from qts_core.exchange.latency import late_price
from qts_core.exchange.linked import LinkedOrders
from qts_core.exchange.liquidity import LargeOrders
from qts_core.exchange.marks import price_of
from qts_core.exchange.offers import Offer, Offers
from qts_core.exchange.records import ExchangeEvent, Fill, Leg, OrderRecord
from qts_core.exchange.resting import Resting
from qts_core.exchange.rules import AT_ONCE
from qts_core.exchange.settings import FillSettings
from qts_core.exchange.trailing import effective, follow_price
from qts_core.market.bars import BarSlice
from qts_core.market.light import changed
from qts_core.market.orders import OrderStatus, OrderType, TimeInForce

__all__ = ["Matcher"]

INSTANT = timedelta(microseconds=1)
ACCEPTED = OrderStatus.ACCEPTED
MARKET, TRAILING_STOP = OrderType.MARKET, OrderType.TRAILING_STOP
OPG, CLS, FOK = TimeInForce.OPG, TimeInForce.CLS, TimeInForce.FOK


class Matcher:
    """Fills the orders of one book into one account.

    Parameters
    ----------
    settings : FillSettings
        Costs and strictness of fills.
    book, account, links, halts
        What is matched, where it is booked, and what keeps it.
    """

    def __init__(
        self, settings: FillSettings, book: OrderBook, account: Account, links: LinkedOrders, halts: Halts
    ) -> None:
        self.fills: list[Fill] = []
        self.offers = Offers(settings)
        self._settings = settings
        self._book = book
        self._account = account
        self._links = links
        self._halts = halts
        self._resting = Resting(settings, book, links, self.offers)

    @property
    def ambiguities(self) -> list[Ambiguity]:
        """Every bar that could have gone either way, oldest first."""
        return self._resting.ambiguities

    # -- the two moments of a bar ------------------------------------------------------------------------------

    def open_bar(self, bars: BarSlice) -> list[ExchangeEvent]:
        """Let the opening prices of a bar fill orders; queued orders become `new` first."""
        self.offers.new_bar()
        now = bars.ts_event
        events: list[ExchangeEvent] = []
        eligible = self._eligible(bars, now + INSTANT)
        for order in eligible:
            if order.status is ACCEPTED:
                events.append(self._book.move(working(order, now), "new", now))
        for order in eligible:
            current = self._book.get(order.id) or order
            if current.status.is_terminal:
                continue
            if bars.slot > 0 and order.request.time_in_force is OPG:
                events.append(self._book.move(expired(current, now, "auction missed"), "expired", now))
                continue
            events += self._meet_open(current, bars)
            events += self._kill_unfilled(order.id, now)
        return events

    def close_bar(self, bars: BarSlice) -> list[ExchangeEvent]:
        """Let the rest of a bar fill resting orders."""
        self._resting.new_bar()
        events: list[ExchangeEvent] = []
        entries: list[OrderRecord] = []
        for order in self._eligible(bars, bars.ts_known):
            column = self._column(bars, order)
            current = self._book.get(order.id) or order
            if column is None or current.status.is_terminal:
                continue
            events += self._meet_rest(current, bars, column)
            if order.link is not None and order.link.leg is Leg.ENTRY:
                entries.append(order)
        for order in entries:
            events += self._exits_of_the_same_bar(order, bars)
        return events

    def close_out(self, order: OrderRecord, price: Decimal, now: datetime) -> list[ExchangeEvent]:
        """Fill all of `order` at `price`, without spread or slippage: the issuer pays, not the market."""
        return self._fill(order, order.remaining, order.remaining, Outcome(price, price), Offer(self._settings), now)

    # -- one order ---------------------------------------------------------------------------------------------

    def _meet_open(self, order: OrderRecord, bars: BarSlice) -> list[ExchangeEvent]:
        column = self._column(bars, order)
        if column is None or order.request.time_in_force is CLS:
            return []
        price, moment = price_of(float(bars.open[column])), bars.ts_event
        if order.live_at is not None and order.live_at > moment:
            moment = order.live_at
            price = late_price(bars, column, order.request.side.sign, moment)
        request = effective(order)
        events: list[ExchangeEvent] = []
        if request is not None:
            offer = self.offers.of(order, price, bars, column, moment)
            outcome = at_open(request, is_triggered=order.is_triggered, price=price, settings=offer.terms)
            events = self._try(order, outcome, offer, bars.ts_event)
        if order.request.type is TRAILING_STOP:
            follow_price(self._book, order.id, price)
        return events

    def _meet_rest(self, order: OrderRecord, bars: BarSlice, column: int) -> list[ExchangeEvent]:
        if order.request.time_in_force is CLS:
            return self._meet_close(order, bars, column)
        if order.request.type is MARKET:
            return []
        found = self._resting.meet(order, bars, column)
        return [] if found is None else self._try(order, found.outcome, found.offer, bars.ts_known)

    def _meet_close(self, order: OrderRecord, bars: BarSlice, column: int) -> list[ExchangeEvent]:
        if not bars.is_last_of_session:
            return []
        price = price_of(float(bars.close[column]))
        offer = self.offers.of(order, price, bars, column, bars.ts_known)
        outcome = at_open(order.request, is_triggered=False, price=price, settings=offer.terms)
        return self._try(order, outcome, offer, bars.ts_known)

    def _exits_of_the_same_bar(self, order: OrderRecord, bars: BarSlice) -> list[ExchangeEvent]:
        """Let the exits of an entry that filled inside this bar meet the rest of it.

        The stop counts as reached when the bar holds it. The target may have been passed before the entry: it waits,
        unless the best path is taken.
        """
        entry, column = self._book.get(order.id), self._column(bars, order)
        if entry is None or column is None or entry.status is not OrderStatus.FILLED:
            return []
        target, stop = self._links.member(entry, Leg.TAKE_PROFIT), self._links.member(entry, Leg.STOP_LOSS)
        is_reached = target is not None and self._resting.note_entry(target, stop, bars, column)
        if target is not None and is_reached and self._settings.path is IntrabarPath.BEST:
            return self._meet_rest(target, bars, column)
        return [] if stop is None else self._meet_rest(stop, bars, column)

    # -- what follows ------------------------------------------------------------------------------------------

    def _try(self, order: OrderRecord, outcome: Outcome, offer: Offer, now: datetime) -> list[ExchangeEvent]:
        events: list[ExchangeEvent] = []
        if outcome.is_triggered and not order.is_triggered:
            order = changed(self._book.get(order.id) or order, is_triggered=True)
            order = working(order, now) if order.status is OrderStatus.HELD else order
            self._book.keep(order)
            events += self._links.follow(order, now)
        if outcome.price is None:
            return events
        wanted = wanted_shares(order, outcome.price)
        shares = offer.shares(order, wanted)
        if shares < wanted and order.request.time_in_force is FOK:
            return events
        if shares <= 0:
            return [*events, *self._refuse_large(order, now)]
        return [*events, *self._fill(order, shares, wanted, outcome, offer, now)]

    def _fill(
        self, order: OrderRecord, shares: Decimal, wanted: Decimal, outcome: Outcome, offer: Offer, now: datetime
    ) -> list[ExchangeEvent]:
        price, reference = outcome.price, outcome.reference
        if price is None or reference is None:
            return []
        fees = fees_of(order.request.side, shares, price, self._settings)
        execution = execution_of(order, shares, price, now, fees)
        position = self._account.book(execution, fees)
        fill = fill_of(order, execution, reference, position, offer.terms, wanted - shares)
        self.fills.append(fill)
        self.offers.take(order, shares)
        after = filled(order, fill)
        event = self._book.move(after, "partial_fill" if fill.leaves_quantity else "fill", now, fill)
        if self._settings.latency is not None:
            event = changed(event, known_at=now + self._settings.latency.outbound(execution.execution_id))
        return [event] if after.link is None else [event, *self._links.follow(after, now)]

    def _refuse_large(self, order: OrderRecord, now: datetime) -> list[ExchangeEvent]:
        if self._settings.liquidity.on_large is not LargeOrders.REJECT:
            return []
        record = rejected(order, now, "insufficient volume")
        return [self._book.move(record, "rejected", now), *self._links.follow(record, now)]

    def _kill_unfilled(self, order_id: str, now: datetime) -> list[ExchangeEvent]:
        order = self._book.get(order_id)
        if order is None or order.status.is_terminal:
            return []
        lifetime = order.request.time_in_force
        if lifetime in AT_ONCE:
            return [self._book.move(canceled(order, now, "not filled at once"), "canceled", now)]
        if lifetime is OPG:
            return [self._book.move(expired(order, now, "not filled in the auction"), "expired", now)]
        return []

    def _eligible(self, bars: BarSlice, until: datetime) -> list[OrderRecord]:
        """Return the open orders that `bars` may fill: at the venue, watched, and not halted before `until`."""
        found, start, has_halts = [], bars.ts_event, bool(self._halts)
        for order in self._book.open():
            if order.arrived_at > start or (order.live_at is not None and order.live_at >= bars.ts_known):
                continue
            if order.link is not None and not self._links.is_watched(order):
                continue
            if has_halts and self._halts.is_halted(order.request.symbol, start, until):
                continue
            found.append(order)
        return found

    def _column(self, bars: BarSlice, order: OrderRecord) -> int | None:
        """Return the column of an order's symbol when it has a bar."""
        column = self._account.marks.column(bars.symbols, order.request.symbol)
        return None if column is None or bars.close[column] != bars.close[column] else column
