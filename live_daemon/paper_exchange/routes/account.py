"""Account, configurations and activities (protocol reference, sections 2, 3 and 5)."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from live_daemon.paper_exchange.http import MALFORMED, ApiError, Query, json_object
from live_daemon.paper_exchange.routes.common import VenueOf
from live_daemon.paper_exchange.venue import Venue
from live_daemon.paper_exchange.wire import account_json, configuration_json, fill_activity, movement_activity
from qts_core.exchange import AccountConfiguration
from qts_core.market.time import trading_day

__all__ = ["router"]

router = APIRouter(prefix="/v2/account")
MULTIPLIERS = ("1", "2", "4")
CONFIRMATIONS = ("all", "none")
TRADE, OTHER = "trade_activity", "non_trade_activity"


@router.get("")
async def account(venue: VenueOf) -> JSONResponse:
    """Return the account."""
    today = trading_day(venue.now()).isoformat()
    return JSONResponse(account_json(venue.exchange.account(), today=today))


@router.get("/configurations")
async def configuration(venue: VenueOf) -> JSONResponse:
    """Return the account's configuration."""
    return JSONResponse(configuration_json(venue.exchange.configuration))


@router.patch("/configurations")
async def configure(request: Request, venue: VenueOf) -> JSONResponse:
    """Change some of the account's configuration; nulls and unknown keys are ignored."""
    body = await json_object(request)
    known = {f.name for f in fields(AccountConfiguration)}
    changes: dict[str, Any] = {k: _checked(k, v) for k, v in body.items() if k in known and v is not None}
    venue.exchange.configuration = replace(venue.exchange.configuration, **changes)
    return JSONResponse(configuration_json(venue.exchange.configuration))


@router.get("/activities")
async def activities(request: Request, venue: VenueOf) -> JSONResponse:
    """List activities of several types."""
    query = Query(request.query_params)
    kinds, category = query.list("activity_types"), query.choice("category", ("", TRADE, OTHER), "")
    if kinds and category:
        raise ApiError(422, "only one of activity_types or category is accepted", MALFORMED)
    return JSONResponse(_activities(venue, query, kinds, category))


@router.get("/activities/{kind}")
async def activities_of(kind: str, request: Request, venue: VenueOf) -> JSONResponse:
    """List activities of one type."""
    return JSONResponse(_activities(venue, Query(request.query_params), (kind,), ""))


def _checked(name: str, value: object) -> object:
    if name == "max_margin_multiplier":
        value = str(value)
        is_right = value in MULTIPLIERS
    elif name == "trade_confirm_email":
        is_right = value in CONFIRMATIONS
    elif name == "max_options_trading_level":
        text = str(value)
        is_right = text in ("0", "1", "2", "3")
        value = int(text) if is_right else value
    else:
        is_right = isinstance(value, bool)
    if not is_right:
        raise ApiError(422, f"invalid {name}", MALFORMED)
    return value


def _activities(venue: Venue, query: Query, kinds: tuple[str, ...], category: str) -> list[dict[str, object]]:
    rows = _all(venue, is_trade=category != OTHER, is_other=category != TRADE)
    if kinds:
        rows = [row for row in rows if row[1]["activity_type"] in kinds]
    order_id = query.text("order_id")
    if order_id:
        rows = [row for row in rows if row[1].get("order_id") == order_id]
    rows = _within(rows, query)
    if query.choice("direction", ("asc", "desc"), "desc") == "desc":
        rows.reverse()
    token = query.text("page_token")
    if token:
        place = next((i for i, row in enumerate(rows) if row[1]["id"] == token), None)
        if place is None:
            raise ApiError(422, "invalid page_token", MALFORMED)
        rows = rows[place + 1 :]
    size = query.integer("page_size", 100, 1, 100)
    return [row[1] for row in (rows if query.text("date") and not query.text("page_size") else rows[:size])]


def _all(venue: Venue, *, is_trade: bool, is_other: bool) -> list[tuple[datetime, dict[str, object]]]:
    exchange = venue.exchange
    rows: list[tuple[datetime, dict[str, object]]] = []
    if is_trade:
        for fill in exchange.fills:
            order = exchange.order(fill.order_id)
            if order is not None:
                rows.append((fill.execution.ts_event, fill_activity(fill, order)))
    if is_other:
        rows += [(charge.ts_event, movement_activity(charge)) for charge in exchange.charges]
    return sorted(rows, key=lambda row: row[0])


def _within(rows: list[tuple[datetime, dict[str, object]]], query: Query) -> list[tuple[datetime, dict[str, object]]]:
    day, after, until = query.day("date"), query.moment("after"), query.moment("until")
    if day is not None and (after is not None or until is not None):
        raise ApiError(422, "date excludes after and until", MALFORMED)
    if day is not None:
        return [row for row in rows if trading_day(row[0]) == day]
    return [row for row in rows if (after is None or row[0] > after) and (until is None or row[0] < until)]
