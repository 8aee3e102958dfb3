"""At what price, if at all, a bar fills an order (specification 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Protocol

from qts_core.market.light import light
from qts_core.market.orders import OrderRequest, OrderType

__all__ = ["NO_FILL", "Outcome", "PriceTerms", "Terms", "at_open", "taking", "within_bar"]

FILL_STEP = Decimal("0.0001")
ONE = Decimal(1)
MARKET = OrderType.MARKET


class PriceTerms(Protocol):
    """What a fill pays: fill settings, or the terms that models gave to one order."""

    @property
    def half_spread(self) -> Decimal:
        """Half the quoted spread, ratio of the price."""

    @property
    def slippage(self) -> Decimal:
        """Further adverse move, ratio of the price."""

    @property
    def is_touch_enough(self) -> bool:
        """Whether a resting limit fills when the far side touches it."""


@light
@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one order at one bar."""

    half_spread: Decimal
    slippage: Decimal
    is_touch_enough: bool


@light
@dataclass(frozen=True, slots=True)
class Outcome:
    """What a bar does to an order: `price` None leaves it open; `reference` is the price before costs."""

    price: Decimal | None = None
    reference: Decimal | None = None
    is_triggered: bool = False


NO_FILL = Outcome()


def taking(reference: Decimal, sign: int, settings: PriceTerms) -> Decimal:
    """Return the price at which an order of `sign` takes liquidity around `reference`, to a hundredth of a cent."""
    price = reference * (ONE + sign * (settings.half_spread + settings.slippage))
    return price.quantize(FILL_STEP, ROUND_HALF_EVEN)


def at_open(request: OrderRequest, *, is_triggered: bool, price: Decimal, settings: PriceTerms) -> Outcome:
    """Return what a bar's opening price does to an eligible order.

    Market orders fill; limit orders fill at the open when it is within their limit; stop orders trigger when the
    open is at or beyond their stop, and then behave like one of the two.
    """
    if request.stop_price is not None and not is_triggered:
        if not _reached(request, high=price, low=price):
            return NO_FILL
        is_triggered = True
    if request.limit_price is None:
        return Outcome(taking(price, request.side.sign, settings), price, is_triggered)
    return _marketable(request, request.limit_price, price, settings, is_triggered=is_triggered)


def within_bar(
    request: OrderRequest, *, is_triggered: bool, high: Decimal, low: Decimal, settings: PriceTerms
) -> Outcome:
    """Return what the rest of a bar does to an eligible order that its open did not fill.

    The path inside a bar is unknown, so a resting limit fills at its limit and never better, a stop at its stop
    price plus costs, and a stop-limit that cannot fill at its stop waits for the next bar.
    """
    if request.type is MARKET:
        return NO_FILL
    if request.stop_price is not None and not is_triggered:
        if not _reached(request, high=high, low=low):
            return NO_FILL
        if request.limit_price is None:
            return Outcome(taking(request.stop_price, request.side.sign, settings), request.stop_price, True)
        return _marketable(request, request.limit_price, request.stop_price, settings, is_triggered=True)
    if request.limit_price is None:
        return Outcome(is_triggered=is_triggered)
    sign, limit = request.side.sign, request.limit_price
    far_side = (low if sign > 0 else high) * (ONE + sign * settings.half_spread)
    room = (limit - far_side) * sign
    is_filled = room > 0 or (room == 0 and settings.is_touch_enough)
    return Outcome(limit, limit, is_triggered) if is_filled else Outcome(is_triggered=is_triggered)


def _reached(request: OrderRequest, *, high: Decimal, low: Decimal) -> bool:
    stop = request.stop_price
    return stop is not None and (high >= stop if request.side.sign > 0 else low <= stop)


def _marketable(
    request: OrderRequest, limit: Decimal, reference: Decimal, settings: PriceTerms, *, is_triggered: bool
) -> Outcome:
    sign = request.side.sign
    quote = reference * (ONE + sign * settings.half_spread)
    if (limit - quote) * sign < 0:
        return Outcome(is_triggered=is_triggered)
    price = taking(reference, sign, settings)
    # Slippage and rounding never take an order beyond its limit.
    return Outcome(min(price, limit) if sign > 0 else max(price, limit), reference, is_triggered)
