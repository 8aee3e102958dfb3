"""Portfolio history: equity over time as parallel arrays (protocol reference, section 4)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from live_daemon.paper_exchange.bars import TimeFrame
from live_daemon.paper_exchange.http import MALFORMED, ApiError, Query
from live_daemon.paper_exchange.routes.common import VenueOf
from live_daemon.paper_exchange.venue import Venue
from qts_core.market.money import dollars
from qts_core.market.time import to_micros, trading_day

__all__ = ["router"]

router = APIRouter(prefix="/v2/account/portfolio")
PERIOD = re.compile(r"(\d{1,4})([DWMA])", re.ASCII)
PERIOD_DAYS = {"D": 1, "W": 7, "M": 30, "A": 365}
TIME_FRAMES = ("1Min", "5Min", "15Min", "1H", "1D")
MICROS_PER_DAY = 86_400_000_000


@router.get("/history")
async def history(request: Request, venue: VenueOf) -> JSONResponse:
    """Return equity and profit at the left edge of each interval."""
    query = Query(request.query_params)
    now = venue.now()
    query.choice("intraday_reporting", ("market_hours", "extended_hours", "continuous"), "market_hours")
    is_per_day = query.choice("pnl_reset", ("per_day", "no_reset"), "per_day") == "per_day"
    first, last, days = _span(query, now)
    shown = query.text("timeframe") or ("1Min" if days < 7 else "15Min" if days < 30 else "1D")
    if shown not in TIME_FRAMES:
        raise ApiError(422, f"invalid timeframe: {shown[:20]}", MALFORMED)
    body = _series(venue, TimeFrame.parse(shown) or TimeFrame(1, "Day"), first, last, is_per_day=is_per_day)
    return JSONResponse({**body, "timeframe": shown, "cashflow": {}})


def _span(query: Query, now: datetime) -> tuple[int, int, int]:
    start, end, period = query.moment("start"), query.moment("end", is_end=True), query.text("period")
    if start and end and period:
        raise ApiError(422, "at most two of start, end and period are accepted", MALFORMED)
    match = PERIOD.fullmatch((period or "1M").upper())
    if match is None:
        raise ApiError(422, f"invalid period: {period[:20]}", MALFORMED)
    length = timedelta(days=int(match[1]) * PERIOD_DAYS[match[2]])
    if start and period:
        end = start + length
    end = end or now
    start = start or end - length
    return to_micros(start), to_micros(end), (end - start).days


def _series(venue: Venue, frame: TimeFrame, first: int, last: int, *, is_per_day: bool) -> dict[str, object]:
    curve = venue.equity_curve
    base = dollars(venue.settings.cash)
    stamps = np.array([at for at, _ in curve], dtype=np.int64)
    equity = np.array([value for _, value in curve])
    asof = trading_day(venue.sessions[0].open) - timedelta(days=1)
    inside = (stamps >= first) & (stamps <= last)
    before = np.flatnonzero(stamps < first)
    if len(before):
        base = float(equity[before[-1]])
        asof = date(1970, 1, 1) + timedelta(days=int(stamps[before[-1]] // MICROS_PER_DAY))
    body: dict[str, object] = {"base_value": base, "base_value_asof": asof.isoformat()}
    if not inside.any():
        return {"timestamp": [], "equity": [], "profit_loss": [], "profit_loss_pct": [], **body}
    stamps, equity = stamps[inside], equity[inside]
    days = (stamps // MICROS_PER_DAY).astype(np.int32)
    edges = frame.starts(stamps, days)
    last_rows = np.flatnonzero(np.r_[edges[1:] != edges[:-1], True])
    reference = np.full(len(equity), base)
    if is_per_day and frame.minutes is not None:
        closes = np.flatnonzero(np.r_[days[1:] != days[:-1], True])[:-1]
        for close in closes:
            reference[close + 1 :] = equity[close]
    profit = equity - reference
    return {
        "timestamp": (edges[last_rows] // 1_000_000).tolist(),
        "equity": np.round(equity[last_rows], 4).tolist(),
        "profit_loss": np.round(profit[last_rows], 4).tolist(),
        "profit_loss_pct": np.round(profit[last_rows] / reference[last_rows], 10).tolist(),
        **body,
    }
