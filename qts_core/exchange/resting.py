"""Resting orders in the rest of a bar: limits and their queue, stops, trails, and what the bar leaves open (11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qts_core.exchange.book import OrderBook
from qts_core.exchange.fills import Outcome, taking, within_bar
from qts_core.exchange.intrabar import Ambiguity, AmbiguityKind, IntrabarPath
from qts_core.exchange.linked import LinkedOrders
from qts_core.exchange.liquidity import volume_at
from qts_core.exchange.marks import price_of
from qts_core.exchange.offers import Offer, Offers
from qts_core.exchange.records import Leg, OrderRecord
from qts_core.exchange.settings import FillSettings
from qts_core.exchange.trailing import effective, follow_price, followed, working_stop
from qts_core.market.bars import BarSlice
from qts_core.market.light import changed, light
from qts_core.market.money import ZERO
from qts_core.market.orders import OrderRequest, OrderType

__all__ = ["Found", "Resting"]


@light
@dataclass(frozen=True, slots=True)
class Found:
    """What the rest of a bar does to an order, and what it offers it."""

    outcome: Outcome
    offer: Offer


class Resting:
    """Knows what a bar's extremes do to the orders of one book, and writes down what they leave open."""

    def __init__(self, settings: FillSettings, book: OrderBook, links: LinkedOrders, offers: Offers) -> None:
        self.ambiguities: list[Ambiguity] = []
        self._settings = settings
        self._book = book
        self._links = links
        self._offers = offers
        self._noted: set[str] = set()

    def new_bar(self) -> None:
        """Begin a bar: no group of linked orders is noted in it."""
        self._noted.clear()

    def meet(self, order: OrderRecord, bars: BarSlice, column: int) -> Found | None:
        """Return what the rest of a bar does to an order; None when it does nothing or another exit comes first."""
        request = effective(order)
        if request is None:
            follow_price(self._book, order.id, price_of(float(bars.close[column])))
            return None
        found = self._within(order, request, bars, column)
        found = self._queued(order, request, found, bars, column)
        if order.link is not None and is_hit(order, found.outcome) and self._yields(order, found, bars, column):
            return None
        if order.request.type is OrderType.TRAILING_STOP and not order.is_triggered:
            self._trail(order, found, bars, column)
        return found

    def note_entry(self, target: OrderRecord, stop: OrderRecord | None, bars: BarSlice, column: int) -> bool:
        """Return whether the bar that filled an entry inside also holds its target, and note what that leaves open."""
        goal = self._reached(target, bars, column)
        if goal is None:
            return False
        loss = None if stop is None else self._reached(stop, bars, column)
        waiting = loss if loss is not None else price_of(float(bars.close[column]))
        is_best = self._settings.path is IntrabarPath.BEST
        chosen, other = (goal, waiting) if is_best else (waiting, goal)
        self._note(AmbiguityKind.TARGET_AFTER_ENTRY, target, stop, bars, chosen=chosen, other=other)
        return True

    def _within(self, order: OrderRecord, request: OrderRequest, bars: BarSlice, column: int) -> Found:
        high, low = price_of(float(bars.high[column])), price_of(float(bars.low[column]))
        reference = request.stop_price or request.limit_price or high
        offer = self._offers.of(order, reference, bars, column, bars.ts_known)
        outcome = within_bar(request, is_triggered=order.is_triggered, high=high, low=low, settings=offer.terms)
        return Found(outcome, offer)

    def _reached(self, order: OrderRecord, bars: BarSlice, column: int) -> Decimal | None:
        """Return the price at which a bar's extremes would fill an order, its close when they trigger it alone."""
        request = effective(order)
        if request is None:
            return None
        outcome = self._within(order, request, bars, column).outcome
        if not is_hit(order, outcome):
            return None
        return outcome.price if outcome.price is not None else price_of(float(bars.close[column]))

    def _queued(self, order: OrderRecord, request: OrderRequest, found: Found, bars: BarSlice, column: int) -> Found:
        """Let a limit that the bar touched wait for the shares before it; trading through its price clears them."""
        share, limit = self._settings.liquidity.queue_ahead, request.limit_price
        is_resting = request.stop_price is None or order.is_triggered
        if share is None or limit is None or not is_resting:
            return found
        high, low = price_of(float(bars.high[column])), price_of(float(bars.low[column]))
        sign, volume = request.side.sign, float(bars.volume[column])
        if found.outcome.price is not None and (limit - (low if sign > 0 else high)) * sign > 0:
            return found
        ahead = order.queue_ahead
        if ahead is None:
            ahead = share * (price_of(volume) if volume > 0.0 else ZERO)
        reached = volume_at(limit, sign, high=high, low=low, volume=volume) - ahead
        self._book.keep(changed(order, queue_ahead=max(ZERO, -reached)))
        if reached <= 0:
            return Found(Outcome(is_triggered=order.is_triggered), found.offer)
        capacity = found.offer.capacity
        offer = Offer(found.offer.terms, reached if capacity is None else min(capacity, reached))
        return Found(Outcome(limit, limit, order.is_triggered), offer)

    def _yields(self, order: OrderRecord, found: Found, bars: BarSlice, column: int) -> bool:
        """Return whether the other exit of the same position comes first in a bar that holds both."""
        rival = self._links.rival(order)
        other = None if rival is None else self._reached(rival, bars, column)
        if rival is None or other is None or order.link is None:
            return False
        mine = found.outcome.price if found.outcome.price is not None else price_of(float(bars.close[column]))
        is_stop = order.link.leg is Leg.STOP_LOSS
        is_second = is_stop is (self._settings.path is IntrabarPath.BEST)
        if order.link.group not in self._noted:
            chosen, left = (other, mine) if is_second else (mine, other)
            self._note(AmbiguityKind.STOP_OR_TARGET, order, rival, bars, chosen=chosen, other=left)
        return is_second

    def _trail(self, order: OrderRecord, found: Found, bars: BarSlice, column: int) -> None:
        sign = order.request.side.sign
        best, worst = (bars.low, bars.high) if sign > 0 else (bars.high, bars.low)
        moved = followed(order, price_of(float(best[column])))
        stop = working_stop(moved)
        if moved is order or stop is None:
            return
        if (price_of(float(worst[column])) - stop) * sign >= 0:
            chosen = found.outcome.price if found.outcome.price is not None else price_of(float(bars.close[column]))
            other = taking(stop, sign, found.offer.terms)
            self._note(AmbiguityKind.TRAIL, order, None, bars, chosen=chosen, other=other)
        if not found.outcome.is_triggered:
            self._book.keep(moved)

    def _note(
        self,
        kind: AmbiguityKind,
        order: OrderRecord,
        second: OrderRecord | None,
        bars: BarSlice,
        *,
        chosen: Decimal,
        other: Decimal,
    ) -> None:
        if order.link is not None:
            self._noted.add(order.link.group)
        ids = (order.id,) if second is None else (order.id, second.id)
        gain = (chosen - other) * order.request.side.sign * order.remaining
        self.ambiguities.append(Ambiguity.between(bars.ts_event, order.request.symbol, kind, ids, gain))


def is_hit(order: OrderRecord, outcome: Outcome) -> bool:
    """Return whether a bar fills an order or triggers it."""
    return outcome.price is not None or (outcome.is_triggered and not order.is_triggered)
