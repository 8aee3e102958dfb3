"""Order rules that need no account: quantities, prices, combinations and auction windows (checklist X-10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from decimal import Decimal

from qts_core.exchange.records import Refused
from qts_core.market.instruments import Instrument
from qts_core.market.money import tick
from qts_core.market.orders import OrderClass, OrderRequest, OrderSide, OrderType, TimeInForce
from qts_core.market.time import NEW_YORK

__all__ = ["MALFORMED", "NOT_ACCEPTABLE", "NOT_FOUND", "NOT_PERMITTED", "refuse_malformed"]

MALFORMED = 40010001
NOT_ACCEPTABLE = 42210000
NOT_PERMITTED = 40310000
NOT_FOUND = 40410000

CLIENT_ORDER_ID_LIMIT = 128
QUANTITY_PLACES = 9
MINIMUM_NOTIONAL = Decimal(1)
AUCTIONS = (TimeInForce.OPG, TimeInForce.CLS)
AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
EVENING = time(19, 0)
OPENING_CUT = time(9, 28)
CLOSING_CUT = time(15, 50)

Rule = Callable[[OrderRequest], Refused | None]


def refuse_malformed(request: OrderRequest, instruments: Mapping[str, Instrument], now: datetime) -> Refused | None:
    """Return why `request` can be accepted from nobody, or None.

    The order of the checks is that of the protocol reference, section 6.2, rows 3 to 10 without the uniqueness
    of the client's id.
    """
    for rule in (lambda r: _asset(r, instruments), _amount, _prices, _increments, _combination, _identity):
        refused = rule(request)
        if refused is not None:
            return refused
    return _auction_window(request, now)


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
    kind, limit, stop = request.type, request.limit_price, request.stop_price
    if kind is OrderType.TRAILING_STOP or request.trail_price is not None or request.trail_percent is not None:
        return Refused(422, NOT_ACCEPTABLE, "trailing stop orders are not supported by this exchange")
    problem = {
        OrderType.MARKET: "market orders require no stop or limit price"
        if limit is not None or stop is not None
        else "",
        OrderType.LIMIT: "limit orders require a limit price"
        if limit is None
        else ("limit orders require no stop price" if stop is not None else ""),
        OrderType.STOP: "stop orders require a stop price"
        if stop is None
        else ("stop orders require no limit price" if limit is not None else ""),
        OrderType.STOP_LIMIT: "stop limit orders require both stop and limit price"
        if limit is None or stop is None
        else "",
    }[kind]
    if problem:
        return Refused(422, MALFORMED, problem)
    for name, price in (("limit", limit), ("stop", stop)):
        if price is not None and not (price.is_finite() and price > 0):
            return Refused(422, MALFORMED, f"{name} price must be > 0")
    return None


def _increments(request: OrderRequest) -> Refused | None:
    for name, price in (("limit_price", request.limit_price), ("stop_price", request.stop_price)):
        if price is not None and price % tick(price):
            text = f"invalid {name} {price}. sub-penny increment does not fulfill minimum pricing criteria"
            return Refused(422, NOT_ACCEPTABLE, text)
    return None


def _combination(request: OrderRequest) -> Refused | None:
    if request.order_class is not OrderClass.SIMPLE:
        return Refused(422, NOT_ACCEPTABLE, f"{request.order_class} orders are not supported by this exchange")
    kind, lifetime = request.type, request.time_in_force
    has_stop = kind in (OrderType.STOP, OrderType.STOP_LIMIT)
    if lifetime in AUCTIONS + AT_ONCE and has_stop:
        return Refused(422, NOT_ACCEPTABLE, f"{kind} orders are not accepted with time_in_force {lifetime}")
    if request.extended_hours and has_stop:
        return Refused(422, NOT_ACCEPTABLE, "stop orders are not eligible for extended hours trading")
    if request.extended_hours and (kind is not OrderType.LIMIT or lifetime not in (TimeInForce.DAY, TimeInForce.GTC)):
        return Refused(422, NOT_ACCEPTABLE, "extended hours order must be DAY or GTC limit orders")
    if is_fractional(request):
        if lifetime is not TimeInForce.DAY:
            return Refused(422, NOT_ACCEPTABLE, "fractional orders must be DAY orders")
        if request.notional is not None and kind is not OrderType.MARKET:
            return Refused(422, NOT_ACCEPTABLE, "notional orders must be market orders")
    return None


def _identity(request: OrderRequest) -> Refused | None:
    if len(request.client_order_id) > CLIENT_ORDER_ID_LIMIT:
        return Refused(422, MALFORMED, f"client_order_id must be no more than {CLIENT_ORDER_ID_LIMIT} characters")
    return None


def _auction_window(request: OrderRequest, now: datetime) -> Refused | None:
    local = now.astimezone(NEW_YORK).time()
    if request.time_in_force is TimeInForce.OPG and OPENING_CUT <= local < EVENING:
        return Refused(403, NOT_PERMITTED, "opg orders must be submitted after 7:00pm and before 9:28am")
    if request.time_in_force is TimeInForce.CLS and CLOSING_CUT <= local < EVENING:
        return Refused(403, NOT_PERMITTED, "cls orders must be submitted after 7:00pm and before 3:50pm")
    return None


def is_fractional(request: OrderRequest) -> bool:
    """Return whether an order asks for parts of a share, or for a value."""
    return request.notional is not None or (request.quantity is not None and request.quantity % 1 != 0)


def places(amount: Decimal) -> int:
    """Return how many decimal places `amount` needs."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def opposite(side: OrderSide) -> OrderSide:
    """Return the other side."""
    return OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY
