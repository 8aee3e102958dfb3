"""What a bar offers one order: the terms of its price and the shares there are (specification 11.2)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qts_core.exchange.conditions import Weather
from qts_core.exchange.executions import wanted_shares
from qts_core.exchange.fills import PriceTerms, Terms
from qts_core.exchange.ledger import SHARE_STEP
from qts_core.exchange.liquidity import LargeOrders, chance, share_of
from qts_core.exchange.records import OrderRecord
from qts_core.exchange.rules import is_fractional
from qts_core.exchange.settings import FillSettings
from qts_core.exchange.slippage import ratio_of
from qts_core.market.bars import BarSlice
from qts_core.market.light import light
from qts_core.market.money import ZERO
from qts_core.market.orders import TimeInForce

__all__ = ["Offer", "Offers"]

BPS = Decimal(10_000)
ONE_SHARE = Decimal(1)


@light
@dataclass(frozen=True, slots=True)
class Offer:
    """Terms of the price, and the shares there are; None = any number."""

    terms: PriceTerms
    capacity: Decimal | None = None

    def shares(self, order: OrderRecord, wanted: Decimal) -> Decimal:
        """Return how many of the `wanted` shares an order gets: whole ones unless it asks for parts of a share."""
        if self.capacity is None:
            return wanted
        step = SHARE_STEP if is_fractional(order.request) else ONE_SHARE
        return share_of(wanted, self.capacity, step=step)


class Offers:
    """Makes the offers of each bar; remembers what the bar's volume and the session's trades leave.

    With fixed settings and no cap on volume every offer is the same and nothing is remembered.

    Parameters
    ----------
    settings : FillSettings
        Spread, slippage, liquidity and their models.
    """

    def __init__(self, settings: FillSettings) -> None:
        self._settings = settings
        self._liquidity = settings.liquidity
        self._has_models = settings.slippage_model is not None or settings.spread_model is not None
        auction = settings.liquidity.auction_cost_bps
        self._auction = None if auction is None else Terms(ZERO, auction / BPS, settings.is_touch_enough)
        is_plain = not self._has_models and auction is None and self._liquidity.max_participation is None
        self._plain = Offer(settings) if is_plain else None
        self._weather = Weather()
        self._used: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self._traded: dict[str, float] = defaultdict(float)

    def new_bar(self) -> None:
        """Begin a bar: nothing of its volume is used."""
        self._used.clear()

    def observe(self, bars: BarSlice) -> None:
        """Take a closed bar into what models know of the market."""
        if self._has_models:
            self._weather.observe(bars)

    def take(self, order: OrderRecord, shares: Decimal) -> None:
        """Take a fill: it uses volume, and its impact stays for the session."""
        if self._plain is None:
            self._used[order.request.symbol] += shares
            self._traded[order.request.symbol] += float(shares * order.request.side.sign)

    def end_session(self) -> None:
        """Forget the session's own trades: the next session's prices are the market's."""
        self._traded.clear()

    def of(self, order: OrderRecord, price: Decimal, bars: BarSlice, column: int, moment: datetime) -> Offer:
        """Return what a bar, in which the order's symbol has `column`, offers at about `price` and at `moment`."""
        if self._plain is not None:
            return self._plain
        wanted = wanted_shares(order, price)
        capacity = self._capacity(order, wanted, bars, column)
        offer = Offer(self._settings, capacity)
        if self._auction is not None and _is_auction(order, bars):
            return Offer(self._auction, capacity)
        return Offer(self._terms(order, offer.shares(order, wanted), bars, column, moment), capacity)

    def _capacity(self, order: OrderRecord, wanted: Decimal, bars: BarSlice, column: int) -> Decimal | None:
        liquidity = self._liquidity
        left = liquidity.capacity(float(bars.volume[column]), self._used[order.request.symbol])
        if left is None or wanted <= left or liquidity.on_large is LargeOrders.PARTIAL:
            return left
        if liquidity.on_large is LargeOrders.PROBABILITY:
            is_lucky = chance("volume", order.id, bars.ts_event.isoformat()) * wanted < left
            return None if is_lucky else ZERO
        return ZERO

    def _terms(self, order: OrderRecord, shares: Decimal, bars: BarSlice, column: int, moment: datetime) -> PriceTerms:
        settings = self._settings
        if not self._has_models:
            return settings
        market = self._weather.of(bars, column)
        symbol, sign = order.request.symbol, order.request.side.sign
        half_spread, slippage = settings.half_spread, settings.slippage
        if settings.spread_model is not None:
            half_spread = ratio_of(settings.spread_model.half_spread(float(half_spread), symbol, bars, moment, market))
        if settings.slippage_model is not None:
            before = max(0.0, sign * self._traded[symbol])
            slippage = ratio_of(settings.slippage_model.ratio(float(shares), before, market))
        return Terms(half_spread, slippage, settings.is_touch_enough)


def _is_auction(order: OrderRecord, bars: BarSlice) -> bool:
    lifetime = order.request.time_in_force
    return lifetime is TimeInForce.CLS or (lifetime is TimeInForce.OPG and bars.slot == 0)
