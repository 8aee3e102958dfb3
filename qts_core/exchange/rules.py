"""Order rules that need no account: quantities, prices, combinations and auction windows (checklist X-10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from decimal import Decimal

from qts_core.exchange.capabilities import ALPACA, Capabilities, Question, missing_capability
from qts_core.exchange.linked_rules import exit_prices, refuse_legs
from qts_core.exchange.records import Refused
from qts_core.market.instruments import Instrument
from qts_core.market.money import tick
from qts_core.market.orders import OrderRequest, OrderSide, OrderType, TimeInForce
from qts_core.market.time import NEW_YORK

__all__ = ["MALFORMED", "NOT_ACCEPTABLE", "NOT_FOUND", "NOT_PERMITTED", "refuse_malformed"]

MALFORMED = 40010001
NOT_ACCEPTABLE = 42210000
NOT_PERMITTED = 40310000
NOT_FOUND = 40410000

CLIENT_ORDER_ID_LIMIT = 128
QUANTITY_PLACES = 9
MINIMUM_NOTIONAL = Decimal(1)
MINIMUM_TRAIL_PERCENT = Decimal("0.1")
HUNDRED = Decimal(100)
OPG, CLS = TimeInForce.OPG, TimeInForce.CLS
AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
TRAILING_STOP = OrderType.TRAILING_STOP
EVENING = time(19, 0)
OPENING_CUT = time(9, 28)
CLOSING_CUT = time(15, 50)

Rule = Callable[[OrderRequest], Refused | None]

PRICES: Mapping[OrderType, tuple[bool, bool, str, str]] = {
    OrderType.MARKET: (False, False, "", "market orders require no stop or limit price"),
    OrderType.LIMIT: (True, False, "limit orders require a limit price", "limit orders require no stop price"),
    OrderType.STOP: (False, True, "stop orders require a stop price", "stop orders require no limit price"),
    OrderType.STOP_LIMIT: (True, True, "stop limit orders require both stop and limit price", ""),
    OrderType.TRAILING_STOP: (False, False, "", "trailing stop orders require no stop or limit price"),
}
"""Whether a type needs a limit and a stop price, and what is said when one is missing and when one is too many."""


def refuse_malformed(
    request: OrderRequest, instruments: Mapping[str, Instrument], now: datetime, capabilities: Capabilities = ALPACA
) -> Refused | None:
    """Return why `request` can be accepted from nobody, or None.

    The order of the checks is that of the protocol reference, section 6.2, rows 3 to 10 without the uniqueness
    of the client's id.
    """
    return (
        _asset(request, instruments)
        or _amount(request)
        or _prices(request)
        or _trail(request)
        or refuse_legs(request)
        or _increments(request)
        or _combination(request, capabilities)
        or _identity(request)
        or _auction_window(request, now)
    )


def _asset(request: OrderRequest, instruments: Mapping[str, Instrument]) -> Refused | None:
    instrument = instruments.get(request.symbol)
    if instrument is None:
        return Refused(422, NOT_ACCEPTABLE, f'asset "{request.symbol}" not found')
    if not instrument.is_tradable:
        return Refused(422, NOT_ACCEPTABLE, f'asset "{request.symbol}" is not tradable')
    return None


def _amount(request: OrderRequest) -> Refused | None:
    quantity, notional = request.quantity, request.notional
    if quantity is not None and notional is not None:
        return Refused(422, MALFORMED, "only one of qty or notional is accepted")
    if quantity is None and notional is None:
        return Refused(422, MALFORMED, "qty or notional is required")
    if quantity is not None and not (quantity.is_finite() and quantity > 0):
        return Refused(422, MALFORMED, "qty must be > 0")
    if quantity is not None and places(quantity) > QUANTITY_PLACES:
        return Refused(422, MALFORMED, f"qty must have at most {QUANTITY_PLACES} decimal places")
    if notional is not None and not (notional.is_finite() and notional > 0):
        return Refused(422, MALFORMED, "notional must be > 0")
    if notional is not None and notional < MINIMUM_NOTIONAL:
        return Refused(422, NOT_ACCEPTABLE, "notional amount must be >= 1.00")
    if notional is not None and places(notional) > 2:
        return Refused(422, NOT_ACCEPTABLE, "notional amount must be limited to 2 decimal places")
    return None


def _prices(request: OrderRequest) -> Refused | None:
    limit, stop = request.limit_price, request.stop_price
    needs_limit, needs_stop, missing, needless = PRICES[request.type]
    if (needs_limit and limit is None) or (needs_stop and stop is None):
        return Refused(422, MALFORMED, missing)
    if (limit is not None and not needs_limit) or (stop is not None and not needs_stop):
        return Refused(422, MALFORMED, needless)
    for name, price in (("limit price", limit), ("stop price", stop), *exit_prices(request)):
        if price is not None and not (price.is_finite() and price > 0):
            return Refused(422, MALFORMED, f"{name} must be > 0")
    return None


def _trail(request: OrderRequest) -> Refused | None:
    price, percent = request.trail_price, request.trail_percent
    if request.type is not TRAILING_STOP:
        given = price is not None or percent is not None
        return Refused(422, MALFORMED, f"{request.type} orders take no trail_price or trail_percent") if given else None
    if (price is None) == (percent is None):
        return Refused(422, MALFORMED, "trailing stop orders must specify one of trail_price or trail_percent")
    if price is not None and not (price.is_finite() and price > 0):
        return Refused(422, MALFORMED, "trail_price must be > 0")
    if percent is not None and not (percent.is_finite() and MINIMUM_TRAIL_PERCENT <= percent < HUNDRED):
        return Refused(422, MALFORMED, f"trail_percent must be greater than or equal to {MINIMUM_TRAIL_PERCENT}")
    return None


def _increments(request: OrderRequest) -> Refused | None:
    named = (("limit_price", request.limit_price), ("stop_price", request.stop_price))
    for name, price in (*named, *exit_prices(request), ("trail_price", request.trail_price)):
        if price is not None and price % tick(price):
            text = f"invalid {name} {price}. sub-penny increment does not fulfill minimum pricing criteria"
            return Refused(422, NOT_ACCEPTABLE, text)
    return None


def _combination(request: OrderRequest, capabilities: Capabilities) -> Refused | None:
    asked = Question(
        request.order_class,
        request.type,
        request.time_in_force,
        is_fractional=is_fractional(request),
        is_notional=request.notional is not None,
        is_extended=request.extended_hours,
    )
    problem = missing_capability(asked, capabilities)
    return Refused(422, NOT_ACCEPTABLE, problem) if problem else None


def _identity(request: OrderRequest) -> Refused | None:
    if len(request.client_order_id) > CLIENT_ORDER_ID_LIMIT:
        return Refused(422, MALFORMED, f"client_order_id must be no more than {CLIENT_ORDER_ID_LIMIT} characters")
    return None


def _auction_window(request: OrderRequest, now: datetime) -> Refused | None:
    lifetime = request.time_in_force
    if lifetime is not OPG and lifetime is not CLS:
        return None
    local = now.astimezone(NEW_YORK).time()
    if lifetime is OPG and OPENING_CUT <= local < EVENING:
        return Refused(403, NOT_PERMITTED, "opg orders must be submitted after 7:00pm and before 9:28am")
    if lifetime is CLS and CLOSING_CUT <= local < EVENING:
        return Refused(403, NOT_PERMITTED, "cls orders must be submitted after 7:00pm and before 3:50pm")
    return None


def is_fractional(request: OrderRequest) -> bool:
    """Return whether an order asks for parts of a share, or for a value."""
    return request.notional is not None or (request.quantity is not None and request.quantity % 1 != 0)


def places(amount: Decimal) -> int:
    """Return how many decimal places `amount` needs."""
    if amount == amount.to_integral_value():
        return 0
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def opposite(side: OrderSide) -> OrderSide:
    """Return the other side."""
    return OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY
