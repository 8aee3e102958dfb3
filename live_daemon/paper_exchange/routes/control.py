"""The virtual clock and faults on demand: the only endpoints that Alpaca does not have."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from live_daemon.paper_exchange.faults import KINDS, Fault, Faults
from live_daemon.paper_exchange.http import MALFORMED, ApiError, json_object, number_field, parse_moment, text_field
from live_daemon.paper_exchange.routes.common import VenueOf
from live_daemon.paper_exchange.venue import Venue
from live_daemon.paper_exchange.wire import rfc3339

__all__ = ["router"]

router = APIRouter(prefix="/qts")
LONGEST_ADVANCE = 100_000
MOST_FAULTS = 1000
NOT_LOCKSTEP = 40910000


@router.get("/clock")
async def clock(request: Request, venue: VenueOf) -> JSONResponse:
    """Return the virtual clock and how many messages each stream has carried."""
    return JSONResponse(clock_json(venue, request.state.key))


@router.post("/clock/advance")
async def advance(request: Request, venue: VenueOf) -> JSONResponse:
    """Move a lockstep clock by minutes, or until a time, the next open or the close."""
    body = await json_object(request)
    if not venue.clock.is_lockstep:
        raise ApiError(409, "the clock runs by itself; start the exchange with --speed lockstep", NOT_LOCKSTEP)
    target = _target(venue, body)
    before = venue.hub.bars_published
    async with request.app.state.stepping:
        await venue.advance(target)
    return JSONResponse({**clock_json(venue, request.state.key), "bars": venue.hub.bars_published - before})


@router.post("/faults")
async def plan_faults(request: Request) -> JSONResponse:
    """Let coming requests fail.

    ``{"kind": "503", "path": "/v2/stocks/bars", "count": 2, "after": 1, "is_after_effect": false}`` lets one request
    pass, then two fail; ``{}`` forgets all that were planned.
    """
    body = await json_object(request)
    faults: Faults = request.app.state.faults
    if not body:
        faults.clear()
    else:
        kind, path = text_field(body, "kind"), text_field(body, "path")
        if kind not in KINDS or not path.startswith("/v"):
            raise ApiError(422, f"kind must be one of {', '.join(sorted(KINDS))}, path begin with /v", MALFORMED)
        fault = Fault(kind, path, is_after_effect=body.get("is_after_effect") is True)
        faults.plan(fault, count=_number(body, "count", 1), after=_number(body, "after", 0))
    return JSONResponse({"left": faults.left})


def _number(body: dict[str, Any], name: str, default: int) -> int:
    value = number_field(body, name)
    if value is None:
        return default
    if value % 1 or not 0 <= value <= MOST_FAULTS:
        raise ApiError(422, f"{name} must be a whole number from 0 to {MOST_FAULTS}", MALFORMED)
    return int(value)


def clock_json(venue: Venue, key: str) -> dict[str, object]:
    """Return the clock as JSON; `data_sequence` counts what was sent to the data streams of `key`."""
    now = venue.now()
    session = venue.session(now)
    opening = venue.next_open(now)
    return {
        "now": rfc3339(now),
        "speed": venue.clock.describe(),
        "session": session.date.isoformat(),
        "is_open": session.open <= now < session.close,
        "is_session_over": now >= session.close,
        "is_over": venue.is_over,
        "next_open": rfc3339(opening),
        "next_close": rfc3339(next((s.close for s in venue.sessions if s.close > now), None)),
        "data_sequence": venue.hub.data_sent[key],
        "trade_sequence": venue.hub.trade_sequence,
    }


def _target(venue: Venue, body: dict[str, Any]) -> datetime:
    now = venue.now()
    until = text_field(body, "until")
    if not until:
        minutes = number_field(body, "minutes")
        minutes = minutes if minutes is not None else number_field({"minutes": "1"}, "minutes")
        if minutes is None or minutes % 1 or not 0 < minutes <= LONGEST_ADVANCE:
            raise ApiError(422, f"minutes must be a whole number from 1 to {LONGEST_ADVANCE}", MALFORMED)
        return now + timedelta(minutes=int(minutes))
    named = {
        "open": venue.next_open(now),
        "close": next((s.close for s in venue.sessions if s.close > now), None),
    }
    moment = named[until] if until in named else parse_moment(until)
    if until in named and moment is None:
        return now
    if moment is None or moment < now or moment - now > timedelta(days=366):
        raise ApiError(422, "until must be open, close or a time within a year from now", MALFORMED)
    return moment
