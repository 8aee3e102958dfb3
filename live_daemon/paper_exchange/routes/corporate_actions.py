"""Corporate actions: splits, cash dividends, spin-offs, name changes, removals (protocol reference, section 12)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from live_daemon.paper_exchange.http import ApiError, Query
from live_daemon.paper_exchange.routes.common import VenueOf
from qts_core.data.actions.table import ActionKind
from qts_core.market.ids import stable_uuid
from qts_core.market.time import trading_day

__all__ = ["router"]

router = APIRouter(prefix="/v1")
CUSIP = "000000000"
PLURAL = {
    "forward_split": "forward_splits", "reverse_split": "reverse_splits", "cash_dividend": "cash_dividends",
    "spin_off": "spin_offs", "name_change": "name_changes", "worthless_removal": "worthless_removals",
    "cash_merger": "cash_mergers", "stock_merger": "stock_mergers",
    "stock_and_cash_merger": "stock_and_cash_mergers",
}  # fmt: skip
KNOWN = {
    *PLURAL, "unit_split", "stock_dividend", "redemption", "rights_distribution", "partial_call", "reorganization",
}  # fmt: skip
Json = dict[str, object]


@router.get("/corporate-actions")
async def corporate_actions(request: Request, venue: VenueOf) -> JSONResponse:
    """Return the actions processed in a span of days; nothing after the virtual today is told."""
    query = Query(request.query_params, status=400)
    today = trading_day(venue.now())
    symbols, kinds, ids = query.list("symbols"), query.list("types"), query.list("ids")
    if not set(kinds) <= KNOWN:
        raise ApiError(400, f"invalid types: {query.text('types')[:60]}")
    first, last = query.day("start") or today, min(query.day("end") or today, today)
    rows = []
    for action in venue.market.actions.sort("ex_date", "symbol", "kind").iter_rows(named=True):
        kind, row = _row(action)
        is_wanted = (not symbols or action["symbol"] in symbols) and (not kinds or kind in kinds)
        is_due = row["id"] in ids if ids else first <= action["ex_date"] <= last
        if is_wanted and is_due and action["ex_date"] <= today:
            rows.append((kind, row))
    if query.choice("sort", ("asc", "desc"), "asc") == "desc":
        rows.reverse()
    begin = query.integer("page_token", 0, 0, 1_000_000)
    end = begin + query.integer("limit", 100, 1, 1000)
    found: dict[str, list[Json]] = {}
    for kind, row in rows[begin:end]:
        found.setdefault(PLURAL[kind], []).append(row)
    return JSONResponse({"corporate_actions": found, "next_page_token": str(end) if end < len(rows) else None})


def _row(action: Mapping[str, object]) -> tuple[str, Json]:
    day = str(action["ex_date"])
    number = str(stable_uuid("action", str(action["symbol"]), day, str(action["kind"])))
    booked: Json = {"id": number, "process_date": day}
    symbol, new_symbol, cash = action["symbol"], action.get("new_symbol"), action["cash_per_share"]
    common: Json = {**booked, "symbol": symbol, "ex_date": day}
    dates: Json = {"record_date": day, "payable_date": day}
    new, old = action["new_shares"], action["old_shares"]
    if action["kind"] == ActionKind.DIVIDEND:
        return "cash_dividend", {**common, "cusip": CUSIP, "rate": cash, "special": False, "foreign": False, **dates}
    if action["kind"] == ActionKind.SPIN_OFF:
        sides: Json = {"source_symbol": symbol, "source_cusip": CUSIP, "new_symbol": new_symbol, "new_cusip": CUSIP}
        return "spin_off", {**booked, **sides, "source_rate": old, "new_rate": new, "ex_date": day, **dates}
    if action["kind"] == ActionKind.SYMBOL_CHANGE:
        names: Json = {"old_symbol": symbol, "old_cusip": CUSIP, "new_symbol": new_symbol, "new_cusip": CUSIP}
        return "name_change", {**booked, **names}
    if action["kind"] == ActionKind.DELISTING:
        return _removal(action, booked)
    rates: Json = {"new_rate": new, "old_rate": old}
    if isinstance(new, float) and isinstance(old, float) and new >= old:
        return "forward_split", {**common, **rates, "cusip": CUSIP, **dates, "due_bill_redemption_date": day}
    return "reverse_split", {**common, **rates, "old_cusip": CUSIP, "new_cusip": CUSIP, **dates}


def _removal(action: Mapping[str, object], booked: Json) -> tuple[str, Json]:
    """Return a delisting as the merger or the removal that it was."""
    cash, new_symbol = action["cash_per_share"], action.get("new_symbol")
    gone: Json = {
        "acquiree_symbol": action["symbol"],
        "acquiree_cusip": CUSIP,
        "effective_date": booked["process_date"],
    }
    if new_symbol is not None:
        by: Json = {"acquirer_symbol": new_symbol, "acquirer_cusip": CUSIP, "acquirer_rate": action["new_shares"]}
        stock: Json = {**booked, **gone, **by, "acquiree_rate": action["old_shares"]}
        return ("stock_merger", stock) if cash is None else ("stock_and_cash_merger", {**stock, "cash_rate": cash})
    if cash:
        return "cash_merger", {**booked, **gone, "rate": cash}
    return "worthless_removal", {**booked, "symbol": action["symbol"], "cusip": CUSIP}
