"""Order rules that depend on the account: restrictions, held shares, wash trades and buying power (checklist X-10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qts_core.exchange.linked_rules import refuse_bases
from qts_core.exchange.margin import Margin
from qts_core.exchange.records import OrderRecord, Refused
from qts_core.exchange.rules import NOT_ACCEPTABLE, NOT_PERMITTED, is_fractional, opposite
from qts_core.market.instruments import Instrument
from qts_core.market.light import light
from qts_core.market.money import ZERO, plain
from qts_core.market.orders import OrderClass, OrderRequest, OrderSide, OrderStatus, OrderType

__all__ = ["AccountConfiguration", "Standing", "held_shares", "intent_of", "opening_value", "refuse_not_permitted"]

SHORT_COLLAR = Decimal("1.03")
LIMITS = (OrderType.LIMIT, OrderType.STOP_LIMIT)
BUY, SELL = OrderSide.BUY, OrderSide.SELL
SIMPLE, OCO = OrderClass.SIMPLE, OrderClass.OCO
TRAILING_STOP, HELD = OrderType.TRAILING_STOP, OrderStatus.HELD


@dataclass(frozen=True, slots=True)
class AccountConfiguration:
    """What the owner of the account has switched on and off (``/v2/account/configurations``)."""

    fractional_trading: bool = True
    no_shorting: bool = False
    suspend_trade: bool = False
    max_margin_multiplier: str = "4"
    ptp_no_exception_entry: bool = False
    disable_overnight_trading: bool = False
    max_options_trading_level: int | None = None
    trade_confirm_email: str = "all"


@light
@dataclass(frozen=True, slots=True)
class Standing:
    """What the account looks like to one new order.

    Attributes
    ----------
    position : Decimal
        Signed shares held of the symbol.
    open_orders : sequence of OrderRecord
        Open orders of the symbol, without the one that is being replaced.
    ask : Decimal or None
        What a market buy would pay now, USD; None when no price was ever seen.
    last : Decimal or None
        The last price, USD.
    is_borrowable : bool
        Whether the broker lends the shares.
    margin : callable
        Gives the account's margin; asked only by orders that open something.
    """

    instrument: Instrument
    configuration: AccountConfiguration
    position: Decimal
    open_orders: Sequence[OrderRecord]
    ask: Decimal | None
    margin: Callable[[], Margin]
    last: Decimal | None = None
    is_borrowable: bool = True


def intent_of(side: OrderSide, position: Decimal) -> str:
    """Return Alpaca's position intent of an order: it closes when it reduces the position, else it opens."""
    if side is BUY:
        return "buy_to_close" if position < 0 else "buy_to_open"
    return "sell_to_close" if position > 0 else "sell_to_open"


def opening_value(request: OrderRequest, ask: Decimal | None) -> Decimal | None:
    """Return the USD that an opening order would need, or None when there is no price to tell.

    Buys count at their limit or the ask, shorts at the greater of their limit and 1.03 times the ask.
    """
    if request.notional is not None:
        return request.notional
    quantity = request.quantity or ZERO
    bounds = [p for p in (request.limit_price, request.stop_price) if p is not None]
    if request.side is BUY:
        price = request.limit_price or (max([*bounds, ask]) if bounds and ask else ask)
    else:
        price = max([*bounds, *([ask * SHORT_COLLAR] if ask is not None else [])], default=None)
    return None if price is None else price * quantity


def refuse_not_permitted(request: OrderRequest, standing: Standing) -> Refused | None:
    """Return why this account may not send `request` now, or None."""
    is_closing = intent_of(request.side, standing.position).endswith("close")
    if request.order_class is OCO and not is_closing:
        return Refused(422, NOT_ACCEPTABLE, "oco orders must be exit orders of a position")
    return (
        refuse_bases(request, standing.last)
        or _restricted(request, standing, is_closing=is_closing)
        or _held(request, standing, is_closing=is_closing)
        or _both_sides(request, standing, is_closing=is_closing)
        or _wash_trade(request, standing)
        or (None if is_closing else _unaffordable(request, standing))
    )


def _restricted(request: OrderRequest, standing: Standing, *, is_closing: bool) -> Refused | None:
    if standing.configuration.suspend_trade:
        return Refused(403, NOT_PERMITTED, "account is not authorized to trade")
    if is_fractional(request):
        if not standing.instrument.is_fractionable:
            return Refused(403, NOT_PERMITTED, f'asset "{request.symbol}" is not fractionable')
        if not standing.configuration.fractional_trading:
            return Refused(403, NOT_PERMITTED, "account is not allowed to trade fractional shares")
    if request.side is SELL and not is_closing:
        if is_fractional(request):
            return Refused(422, NOT_ACCEPTABLE, "fractional orders cannot be sold short")
        if not (standing.instrument.is_shortable and standing.is_borrowable):
            return Refused(422, NOT_ACCEPTABLE, f'asset "{request.symbol}" cannot be sold short')
        if standing.configuration.no_shorting or not standing.margin().is_shorting_enabled:
            return Refused(403, NOT_PERMITTED, "account is not allowed to short")
    return None


def _held(request: OrderRequest, standing: Standing, *, is_closing: bool) -> Refused | None:
    if not is_closing:
        return None
    holding = [o for o in standing.open_orders if holds_shares(o) and o.request.side is request.side]
    existing = abs(standing.position)
    held = min(existing, held_shares(holding, request.side, standing.ask))
    available = existing - held
    wanted = shares_of(request, standing.ask)
    if wanted <= available:
        return None
    text = f"insufficient qty available for order (requested: {plain(wanted)}, available: {plain(available)})"
    extras = {
        "available": plain(available),
        "existing_qty": plain(existing),
        "held_for_orders": plain(held),
        "related_orders": [o.id for o in holding],
        "symbol": request.symbol,
    }
    return Refused(403, NOT_PERMITTED, text, extras)


def _both_sides(request: OrderRequest, standing: Standing, *, is_closing: bool) -> Refused | None:
    if is_closing or standing.position != 0:
        return None
    if any(o.request.side is opposite(request.side) and holds_shares(o) for o in standing.open_orders):
        new, old = ("short sell", "long buy") if request.side is SELL else ("long buy", "short sell")
        return Refused(403, NOT_PERMITTED, f"cannot open a {new} while a {old} order is open")
    return None


def _wash_trade(request: OrderRequest, standing: Standing) -> Refused | None:
    if is_exempt(request):
        return None
    for order in standing.open_orders:
        other = order.request
        if other.side is request.side or order.link is not None or is_exempt(other):
            continue
        if not _could_cross(request, other):
            continue
        reason = f"opposite side {other.type} order exists"
        extras = {"existing_order_id": order.id, "reject_reason": reason}
        return Refused(403, NOT_PERMITTED, "potential wash trade detected. use complex orders", extras)
    return None


def is_exempt(request: OrderRequest) -> bool:
    """Return whether an order is outside the wash-trade guard: linked orders and trailing stops are."""
    return request.order_class is not SIMPLE or request.type is TRAILING_STOP


def _could_cross(one: OrderRequest, other: OrderRequest) -> bool:
    if one.type not in LIMITS or other.type not in LIMITS:
        return True
    buy, sell = (one, other) if one.side is BUY else (other, one)
    return (buy.limit_price or ZERO) >= (sell.limit_price or ZERO)


def _unaffordable(request: OrderRequest, standing: Standing) -> Refused | None:
    value, margin = opening_value(request, standing.ask), standing.margin()
    if margin.is_liquidation_only:
        return Refused(403, NOT_PERMITTED, "account is restricted to liquidation only")
    if value is None:
        return Refused(403, NOT_PERMITTED, f'no market price for asset "{request.symbol}"')
    if is_fractional(request) and value < 1:
        return Refused(403, NOT_PERMITTED, "cost basis must be >= minimal amount of order 1")
    power = margin.buying_power
    if value > power:
        extras = {"buying_power": plain(power), "cost_basis": plain(value)}
        return Refused(403, NOT_PERMITTED, "insufficient buying power", extras)
    return None


def holds_shares(order: OrderRecord) -> bool:
    """Return whether an open order claims shares: of two exits of one position only the working one does."""
    return order.status is not HELD


def held_shares(open_orders: Sequence[OrderRecord], side: OrderSide, ask: Decimal | None) -> Decimal:
    """Return the shares that the open orders of one symbol and `side` still claim."""
    claims = (o for o in open_orders if o.request.side is side and holds_shares(o))
    return sum((shares_of(o.request, ask) - o.filled_quantity for o in claims), ZERO)


def shares_of(request: OrderRequest, price: Decimal | None) -> Decimal:
    """Return the shares an order asks for; an order by value counts at `price`."""
    if request.quantity is not None:
        return request.quantity
    return (request.notional or ZERO) / price if price else ZERO
