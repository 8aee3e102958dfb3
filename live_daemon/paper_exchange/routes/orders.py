"""Orders: submit, read, replace, cancel (protocol reference, section 6)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from live_daemon.paper_exchange.http import MALFORMED, ApiError, Query, json_object, number_field, text_field
from live_daemon.paper_exchange.routes.common import NOT_FOUND, VenueOf, accepted, is_uuid, symbol_of
from live_daemon.paper_exchange.venue import Venue
from live_daemon.paper_exchange.wire import order_json
from qts_core.exchange import Amendment, OrderRecord, Refused
from qts_core.market.orders import OrderClass, OrderRequest, OrderSide, OrderType, TimeInForce

__all__ = ["router"]

router = APIRouter(prefix="/v2")
Word = TypeVar("Word", bound=StrEnum)
UNSUPPORTED = 42210000


@router.post("/orders")
async def submit(request: Request, venue: VenueOf) -> JSONResponse:
    """Submit an order."""
    body = await json_object(request)
    wanted = order_request(venue, body)
    intent = text_field(body, "position_intent") or None
    order = accepted(venue, venue.exchange.submit(wanted, venue.now(), position_intent=intent))
    return JSONResponse(order_json(order, venue.exchange.legs(order.id)))


@router.get("/orders")
async def list_orders(request: Request, venue: VenueOf) -> JSONResponse:
    """List orders."""
    query = Query(request.query_params)
    orders = list(venue.exchange.orders())
    status = query.choice("status", ("open", "closed", "all"), "open")
    if status != "all":
        orders = [o for o in orders if o.status.is_terminal == (status == "closed")]
    symbols, side = query.list("symbols"), query.choice("side", ("", "buy", "sell"), "")
    if symbols:
        orders = [o for o in orders if o.request.symbol in symbols]
    if side:
        orders = [o for o in orders if o.request.side.value == side]
    orders = _window(orders, query)
    if query.choice("direction", ("asc", "desc"), "desc") == "desc":
        orders.reverse()
    is_nested = query.flag("nested")
    limit = query.integer("limit", 50, 1, 500)
    return JSONResponse(_rows(venue, orders, limit, is_nested=is_nested))


@router.delete("/orders")
async def cancel_all(venue: VenueOf) -> JSONResponse:
    """Cancel every open order."""
    items = []
    for order in venue.exchange.open_orders():
        # One cancellation may end linked orders too.
        venue.publish(venue.exchange.cancel(order.id, venue.now()))
        items.append({"id": order.id, "status": 200, "body": None})
    return JSONResponse(items, 207)


@router.get("/orders:by_client_order_id")
async def by_client_order_id(request: Request, venue: VenueOf) -> JSONResponse:
    """Return the order with the client's id."""
    client_id = Query(request.query_params).text("client_order_id")
    order = venue.exchange.find(client_id)
    if order is None:
        raise ApiError(404, f"order not found for {client_id[:128]}", NOT_FOUND)
    return JSONResponse(order_json(order))


@router.get("/orders/{order_id}")
async def read(order_id: str, request: Request, venue: VenueOf) -> JSONResponse:
    """Return one order."""
    order = _order(venue, order_id)
    is_nested = Query(request.query_params).flag("nested")
    return JSONResponse(order_json(order, venue.exchange.legs(order.id) if is_nested else ()))


@router.patch("/orders/{order_id}")
async def replace(order_id: str, request: Request, venue: VenueOf) -> JSONResponse:
    """Replace an order; the answer is the new one."""
    body = await json_object(request)
    _order(venue, order_id)
    amendment = Amendment(
        quantity=number_field(body, "qty"),
        limit_price=number_field(body, "limit_price"),
        stop_price=number_field(body, "stop_price"),
        time_in_force=_word(TimeInForce, text_field(body, "time_in_force"), "invalid time_in_force"),
        client_order_id=text_field(body, "client_order_id"),
        trail=number_field(body, "trail"),
    )
    answer = venue.exchange.replace(order_id.lower(), venue.now(), amendment)
    return JSONResponse(order_json(accepted(venue, answer)))


@router.delete("/orders/{order_id}")
async def cancel(order_id: str, venue: VenueOf) -> Response:
    """Cancel an order."""
    order = _order(venue, order_id)
    accepted(venue, venue.exchange.cancel(order.id, venue.now()))
    return Response(status_code=204)


def order_request(venue: Venue, body: dict[str, Any]) -> OrderRequest:
    """Return the order that a POST body asks for.

    Raises
    ------
    ApiError
        422 if a field is missing or has a value that is no such thing.
    """
    named = text_field(body, "symbol")
    if not named:
        raise ApiError(422, "symbol is required", MALFORMED)
    take_profit, stop_loss = _object(body, "take_profit"), _object(body, "stop_loss")
    order_class = _word(OrderClass, text_field(body, "order_class") or "simple", "invalid order_class")
    if order_class is OrderClass.SIMPLE and (take_profit or stop_loss or body.get("legs")):
        raise ApiError(422, "simple orders take no take_profit, stop_loss or legs", MALFORMED)
    if body.get("advanced_instructions") is not None:
        raise ApiError(422, "advanced_instructions are not supported by this exchange", UNSUPPORTED)
    extended = body.get("extended_hours") or False
    if not isinstance(extended, bool):
        raise ApiError(422, "invalid extended_hours", MALFORMED)
    return OrderRequest(
        client_order_id=text_field(body, "client_order_id"),
        symbol=symbol_of(venue, named) or named,
        side=_required(OrderSide, body, "side", "invalid side"),
        type=_required(OrderType, body, "type", "invalid order type"),
        time_in_force=_required(TimeInForce, body, "time_in_force", "invalid time_in_force"),
        quantity=number_field(body, "qty"),
        notional=number_field(body, "notional"),
        limit_price=number_field(body, "limit_price"),
        stop_price=number_field(body, "stop_price"),
        trail_price=number_field(body, "trail_price"),
        trail_percent=number_field(body, "trail_percent"),
        extended_hours=extended,
        order_class=order_class or OrderClass.SIMPLE,
        take_profit_limit_price=number_field(take_profit, "limit_price"),
        stop_loss_stop_price=number_field(stop_loss, "stop_price"),
        stop_loss_limit_price=number_field(stop_loss, "limit_price"),
    )


def market_order(symbol: str, side: OrderSide, quantity: Decimal) -> OrderRequest:
    """Return the order that closes a position: market, day, with an id of the exchange's making."""
    return OrderRequest("", symbol, side, quantity=quantity)


def _order(venue: Venue, order_id: str) -> OrderRecord:
    if not is_uuid(order_id):
        raise ApiError(422, "order_id is missing", MALFORMED)
    order = venue.exchange.order(order_id.lower())
    if order is None:
        raise ApiError.of(Refused(404, NOT_FOUND, f"order not found for {order_id}"))
    return order


def _rows(venue: Venue, orders: list[OrderRecord], limit: int, *, is_nested: bool) -> list[dict[str, object]]:
    """Write orders; nested, the exits of an order that is among them are in it and not beside it."""
    if not is_nested:
        return [order_json(o) for o in orders[:limit]]
    known = {o.id for o in orders}
    folded = {leg.id for o in orders for leg in venue.exchange.legs(o.id) if o.id in known}
    rows = [o for o in orders if o.id not in folded]
    return [order_json(o, venue.exchange.legs(o.id)) for o in rows[:limit]]


def _window(orders: list[OrderRecord], query: Query) -> list[OrderRecord]:
    after, until = query.moment("after"), query.moment("until", is_end=True)
    before_id, after_id = query.text("before_order_id"), query.text("after_order_id")
    if (before_id and after_id) or ((before_id or after_id) and (after or until)):
        raise ApiError(422, "only one of before_order_id, after_order_id and after/until is accepted", MALFORMED)
    places = {order.id: i for i, order in enumerate(orders)}
    if before_id or after_id:
        place = places.get((before_id or after_id).lower())
        if place is None:
            raise ApiError(404, f"order not found for {before_id or after_id}", NOT_FOUND)
        return orders[:place] if before_id else orders[place + 1 :]

    def is_within(moment: datetime) -> bool:
        return (after is None or moment > after) and (until is None or moment < until)

    return [o for o in orders if is_within(o.submitted_at)]


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise ApiError(422, f"invalid {name}", MALFORMED)
    return value


def _required(words: type[Word], body: dict[str, Any], name: str, message: str) -> Word:
    word = _word(words, text_field(body, name), message)
    if word is None:
        raise ApiError(422, f"{name} is required", MALFORMED)
    return word


def _word(words: type[Word], text: str, message: str) -> Word | None:
    if not text:
        return None
    try:
        return words(text)
    except ValueError:
        raise ApiError(422, message, MALFORMED) from None
