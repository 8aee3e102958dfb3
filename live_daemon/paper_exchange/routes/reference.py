"""Assets, clock and calendar (protocol reference, sections 8 and 9)."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from live_daemon.paper_exchange.http import ApiError, Query
from live_daemon.paper_exchange.routes.common import NOT_FOUND, VenueOf, symbol_of
from live_daemon.paper_exchange.wire import ASSET_CLASS, EXCHANGE, asset_json
from qts_core.market.calendar import FIRST_DAY, LAST_DAY
from qts_core.market.time import NEW_YORK

__all__ = ["router"]

router = APIRouter(prefix="/v2")


@router.get("/assets")
async def assets(request: Request, venue: VenueOf) -> JSONResponse:
    """List the assets that can be traded here."""
    query = Query(request.query_params)
    status = query.choice("status", ("", "active", "inactive"), "")
    if query.text("asset_class", ASSET_CLASS) != ASSET_CLASS or query.text("exchange", EXCHANGE) != EXCHANGE:
        return JSONResponse([])
    found = [asset_json(instrument) for _, instrument in sorted(venue.market.instruments.items())]
    wanted = set(query.list("attributes"))
    return JSONResponse([a for a in found if (not status or a["status"] == status) and not wanted])


@router.get("/assets/{name}")
async def asset(name: str, venue: VenueOf) -> JSONResponse:
    """Return one asset."""
    symbol = symbol_of(venue, name)
    if symbol is None:
        raise ApiError(404, f"asset not found for {name}", NOT_FOUND)
    return JSONResponse(asset_json(venue.market.instruments[symbol]))


@router.get("/clock")
async def clock(venue: VenueOf) -> JSONResponse:
    """Return the market clock, in virtual time."""
    now = venue.now()
    session = venue.calendar.at(now)
    upcoming = venue.calendar.next_after(now)
    closing = (session or upcoming).close
    body = {
        "timestamp": _local(now),
        "is_open": session is not None,
        "next_open": _local(upcoming.open),
        "next_close": _local(closing),
    }
    return JSONResponse(body)


@router.get("/calendar")
async def calendar(request: Request, venue: VenueOf) -> JSONResponse:
    """List trading days, both bounds included."""
    query = Query(request.query_params)
    query.choice("date_type", ("trading", "settlement"), "trading")
    first, last = query.day("start") or FIRST_DAY, query.day("end") or LAST_DAY
    days = []
    for session in venue.calendar.between(first, last):
        opening, closing = session.open.astimezone(NEW_YORK), session.close.astimezone(NEW_YORK)
        days.append(
            {
                "date": session.date.isoformat(),
                "open": f"{opening:%H:%M}",
                "close": f"{closing:%H:%M}",
                "session_open": "0400",
                "session_close": "1700" if session.is_half_day else "2000",
                "settlement_date": _settlement(venue, session.open),
            }
        )
    return JSONResponse(days)


def _local(moment: datetime) -> str:
    return moment.astimezone(NEW_YORK).isoformat()


def _settlement(venue: VenueOf, opening: datetime) -> str:
    try:
        return venue.calendar.next_after(opening).date.isoformat()
    except LookupError:
        return opening.date().isoformat()
