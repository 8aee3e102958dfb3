"""Positions: read and close (protocol reference, section 7)."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from live_daemon.paper_exchange.http import MALFORMED, ApiError, Query
from live_daemon.paper_exchange.routes.common import NOT_FOUND, VenueOf, accepted, symbol_of
from live_daemon.paper_exchange.routes.orders import market_order
from live_daemon.paper_exchange.venue import Venue
from live_daemon.paper_exchange.wire import order_json, position_json
from qts_core.exchange import PositionView, Refused
from qts_core.market.orders import OrderRequest, OrderSide

__all__ = ["router"]

router = APIRouter(prefix="/v2/positions")
SHARE_STEP = Decimal("0.000000001")
HUNDRED = Decimal(100)


@router.get("")
async def list_positions(venue: VenueOf) -> JSONResponse:
    """List every position."""
    return JSONResponse([position_json(p) for p in venue.exchange.positions()])


@router.get("/{name}")
async def read(name: str, venue: VenueOf) -> JSONResponse:
    """Return one position."""
    return JSONResponse(position_json(_position(venue, name)))


@router.delete("")
async def close_all(request: Request, venue: VenueOf) -> JSONResponse:
    """Close every position, with the open orders first when asked."""
    if Query(request.query_params).flag("cancel_orders"):
        for order in venue.exchange.open_orders():
            venue.publish(venue.exchange.cancel(order.id, venue.now()))
    items: list[dict[str, object]] = []
    for position in venue.exchange.positions():
        answer = venue.exchange.submit(_closing(position, abs(position.quantity)), venue.now())
        if isinstance(answer, Refused):
            items.append({"symbol": position.symbol, "status": answer.http_status, "body": answer.body()})
        else:
            venue.publish(answer)
            items.append({"symbol": position.symbol, "status": 200, "body": order_json(answer.order)})
    return JSONResponse(items, 207)


@router.delete("/{name}")
async def close(name: str, request: Request, venue: VenueOf) -> JSONResponse:
    """Close one position, all of it or a part."""
    query = Query(request.query_params)
    position = _position(venue, name)
    quantity, percentage = query.decimal("qty"), query.decimal("percentage")
    if quantity is not None and percentage is not None:
        raise ApiError(422, "only one of qty or percentage is accepted", MALFORMED)
    if percentage is not None and percentage > HUNDRED:
        raise ApiError(422, "percentage must be between 0 and 100", MALFORMED)
    if percentage is not None:
        quantity = (abs(position.quantity) * percentage / HUNDRED).quantize(SHARE_STEP, ROUND_DOWN).normalize()
    wanted = _closing(position, abs(position.quantity) if quantity is None else quantity)
    return JSONResponse(order_json(accepted(venue, venue.exchange.submit(wanted, venue.now()))))


def _position(venue: Venue, name: str) -> PositionView:
    symbol = symbol_of(venue, name)
    for position in venue.exchange.positions():
        if position.symbol == symbol:
            return position
    raise ApiError(404, "position does not exist", NOT_FOUND)


def _closing(position: PositionView, quantity: Decimal) -> OrderRequest:
    side = OrderSide.SELL if position.quantity > 0 else OrderSide.BUY
    return market_order(position.symbol, side, quantity)
