"""Historical and latest bars, quotes, trades and snapshots (protocol reference, section 11)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from live_daemon.paper_exchange.bars import TimeFrame
from live_daemon.paper_exchange.history import Adjustment
from live_daemon.paper_exchange.http import ApiError, Query, parse_moment
from live_daemon.paper_exchange.routes.common import VenueOf
from live_daemon.paper_exchange.venue import Venue
from live_daemon.paper_exchange.wire import rfc3339
from qts_core.market.instruments import is_symbol
from qts_core.market.time import MICROS_PER_MINUTE, NEW_YORK, to_micros

__all__ = ["router"]

router = APIRouter(prefix="/v2/stocks")
FEEDS = ("sip", "iex", "delayed_sip", "otc", "boats", "overnight")
ADJUSTMENTS = {"raw", "split", "dividend", "spin-off", "all"}
LIMIT = 10_000
WITHHELD_MICROS = 15 * MICROS_PER_MINUTE
LIMIT_MESSAGE = "invalid limit: larger than the allowed maximum of 10000"
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class BarsQuery:
    """A request for historical bars; times are microseconds UTC, both included."""

    symbols: tuple[str, ...]
    frame: TimeFrame
    first: int
    last: int
    now: int
    limit: int
    adjustment: Adjustment
    is_descending: bool
    token: tuple[str, int] | None


@router.get("/bars")
async def bars(request: Request, venue: VenueOf) -> JSONResponse:
    """Return historical bars of several symbols."""
    query = Query(request.query_params, status=400)
    found, token = _page(venue, _allowed(request, query, _bars_query(venue, query, _symbols(query))))
    return JSONResponse({"bars": found, "next_page_token": token})


@router.get("/bars/latest")
async def latest_bars(request: Request, venue: VenueOf) -> JSONResponse:
    """Return the latest minute bar of several symbols."""
    return JSONResponse({"bars": _latest(venue, _latest_query(request), _bar)})


@router.get("/quotes/latest")
async def latest_quotes(request: Request, venue: VenueOf) -> JSONResponse:
    """Return the latest quote of several symbols."""
    return JSONResponse({"quotes": _latest(venue, _latest_query(request), _quote)})


@router.get("/trades/latest")
async def latest_trades(request: Request, venue: VenueOf) -> JSONResponse:
    """Return the latest trade of several symbols."""
    return JSONResponse({"trades": _latest(venue, _latest_query(request), _trade)})


@router.get("/snapshots")
async def snapshots(request: Request, venue: VenueOf) -> JSONResponse:
    """Return the latest of everything, per symbol."""
    return JSONResponse(_latest(venue, _latest_query(request), _snapshot))


@router.get("/{symbol}/bars")
async def bars_of(symbol: str, request: Request, venue: VenueOf) -> JSONResponse:
    """Return historical bars of one symbol."""
    query = Query(request.query_params, status=400)
    found, token = _page(venue, _allowed(request, query, _bars_query(venue, query, _checked((symbol,)))))
    return JSONResponse({"bars": found.get(symbol, []), "symbol": symbol, "next_page_token": token})


@router.get("/{symbol}/{kind}/latest")
async def latest_of(symbol: str, kind: str, venue: VenueOf) -> JSONResponse:
    """Return the latest bar, quote or trade of one symbol."""
    read = {"bars": ("bar", _bar), "quotes": ("quote", _quote), "trades": ("trade", _trade)}.get(kind)
    if read is None:
        raise ApiError(404, "endpoint not found")
    name, function = read
    found = function(venue, _checked((symbol,))[0])
    if found is None:
        raise ApiError(404, f"no {name} found for {symbol}")
    return JSONResponse({"symbol": symbol, name: found})


@router.get("/{symbol}/snapshot")
async def snapshot_of(symbol: str, venue: VenueOf) -> JSONResponse:
    """Return the latest of everything of one symbol."""
    found = _snapshot(venue, _checked((symbol,))[0])
    if found is None:
        raise ApiError(404, f"no snapshot found for {symbol}")
    return JSONResponse({"symbol": symbol, **found})


def _bars_query(venue: Venue, query: Query, symbols: tuple[str, ...]) -> BarsQuery:
    now = venue.now()
    text = query.text("timeframe")
    frame = TimeFrame.parse(text)
    if frame is None:
        raise ApiError(400, f"invalid timeframe: {text[:20]}")
    query.choice("feed", FEEDS, "sip")
    _check_asof(query.text("asof"))
    if query.text("currency", "USD").upper() != "USD":
        raise ApiError(400, f"invalid currency: {query.text('currency')[:10]}")
    adjustments = query.list("adjustment") or ("raw",)
    if not set(adjustments) <= ADJUSTMENTS:
        raise ApiError(400, f"invalid adjustment: {query.text('adjustment')[:40]}")
    is_all = "all" in adjustments
    midnight = now.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = query.moment("start") or midnight, query.moment("end", is_end=True) or now
    if query.text("end") and end < start:
        raise ApiError(400, "end should not be before start")
    return BarsQuery(
        symbols=tuple(sorted(set(symbols))),
        frame=frame,
        first=to_micros(start),
        last=to_micros(end),
        now=to_micros(now),
        limit=query.integer("limit", 1000, 1, LIMIT, LIMIT_MESSAGE),
        adjustment=Adjustment(is_all or "split" in adjustments, is_all or "dividend" in adjustments),
        is_descending=query.choice("sort", ("asc", "desc"), "asc") == "desc",
        token=_read_token(query.text("page_token")),
    )


def _allowed(request: Request, query: Query, asked: BarsQuery) -> BarsQuery:
    """Return a question that the plan includes: a free one sees the whole market 15 minutes late."""
    if not request.app.state.is_free_plan or query.choice("feed", FEEDS, "sip") != "sip":
        return asked
    settled = asked.now - WITHHELD_MICROS
    if query.text("end") and asked.last > settled:
        raise ApiError(403, "subscription does not permit querying recent SIP data")
    return replace(asked, last=min(asked.last, settled))


def _check_asof(text: str) -> None:
    # A replay has one company for each symbol, so the date changes nothing; it must be one all the same.
    if text and text != "-" and (len(text) != len("2024-01-01") or parse_moment(text) is None):
        raise ApiError(400, f"invalid asof: {text[:20]}")


def _page(venue: Venue, asked: BarsQuery) -> tuple[dict[str, list[Json]], str | None]:
    found: dict[str, list[Json]] = {}
    room = asked.limit
    for symbol in asked.symbols:
        first, last = asked.first, asked.last
        if asked.token is not None:
            if symbol < asked.token[0]:
                continue
            if symbol == asked.token[0] and asked.is_descending:
                last = asked.token[1] - 1
            elif symbol == asked.token[0]:
                first = asked.token[1] + 1
        for part in venue.history.chunks(
            symbol, asked.frame, first, last, asked.now, asked.adjustment, is_descending=asked.is_descending
        ):
            # A full page is known to be followed by something only when that has been seen.
            if not room:
                return found, _token(found)
            found.setdefault(symbol, []).extend(part.take(slice(0, room)).rows())
            if len(part) > room:
                return found, _token(found)
            room -= len(part)
    return found, None


def _token(found: dict[str, list[Json]]) -> str:
    symbol = max(found)
    moment = datetime.fromisoformat(str(found[symbol][-1]["t"]))
    return base64.b64encode(f"{symbol}|M|{to_micros(moment) * 1000}".encode()).decode()


def _read_token(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    try:
        symbol, _, nanos = base64.b64decode(text, validate=True).decode().split("|")
        return symbol, int(nanos) // 1000
    except (binascii.Error, ValueError):
        raise ApiError(400, "invalid page_token") from None


def _symbols(query: Query) -> tuple[str, ...]:
    symbols = query.list("symbols")
    if not symbols:
        raise ApiError(400, "symbols is required")
    return _checked(symbols)


def _checked(symbols: tuple[str, ...]) -> tuple[str, ...]:
    for symbol in symbols:
        if not is_symbol(symbol):
            raise ApiError(400, f"invalid symbol: {symbol[:20]}")
    return symbols


def _latest_query(request: Request) -> tuple[str, ...]:
    query = Query(request.query_params, status=400)
    query.choice("feed", FEEDS, "sip")
    return _symbols(query)


def _latest(venue: Venue, symbols: tuple[str, ...], read: object) -> dict[str, Json]:
    assert callable(read)
    found = {symbol: read(venue, symbol) for symbol in symbols}
    return {symbol: value for symbol, value in found.items() if value is not None}


def _bar(venue: Venue, symbol: str) -> Json | None:
    known = venue.tape.latest_bar.get(symbol)
    if known is None:
        return _last_of_history(venue, symbol, TimeFrame(1, "Min"), to_micros(venue.now()))
    return {"t": rfc3339(known[0]), **known[1]}


def _quote(venue: Venue, symbol: str) -> Json | None:
    known = venue.tape.quote(symbol)
    return None if known is None else {"t": rfc3339(known[0]), **known[1]}


def _trade(venue: Venue, symbol: str) -> Json | None:
    known = venue.tape.trade(symbol)
    return None if known is None else {"t": rfc3339(known[0]), **known[1]}


def _snapshot(venue: Venue, symbol: str) -> Json | None:
    trade = _trade(venue, symbol)
    if trade is None:
        return None
    day = TimeFrame(1, "Day")
    today = _last_of_history(venue, symbol, day, to_micros(venue.now()))
    before = None
    if today is not None:
        before = _last_of_history(venue, symbol, day, to_micros(datetime.fromisoformat(str(today["t"]))) - 1)
    return {
        "latestTrade": trade,
        "latestQuote": _quote(venue, symbol),
        "minuteBar": _bar(venue, symbol),
        "dailyBar": today,
        "prevDailyBar": before,
    }


def _last_of_history(venue: Venue, symbol: str, frame: TimeFrame, last: int) -> Json | None:
    now = to_micros(venue.now())
    for part in venue.history.chunks(symbol, frame, 0, last, now, Adjustment(), is_descending=True):
        return part.take(slice(0, 1)).rows()[0]
    return None
