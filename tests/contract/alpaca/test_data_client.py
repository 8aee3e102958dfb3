"""Alpaca's own data clients read the exchange's history, causally."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.enums import Adjustment, DataFeed
from alpaca.data.models import BarSet
from alpaca.data.requests import (
    CorporateActionsRequest,
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit

from live_daemon.paper_exchange.server import ServerSettings
from qts_core.data.actions.table import actions_frame
from tests.contract.alpaca.serving import Served, serving
from tests.unit.live_daemon.paper_exchange.replays import venue

START = datetime(2024, 11, 26, 14, 30, tzinfo=UTC)
QUARTER = TimeFrame(15, TimeFrameUnit.Minute)


def bars(served: Served, **more: object) -> BarSet:
    content = {"symbol_or_symbols": ["AAA", "BBB"], "timeframe": QUARTER, "start": START, "feed": DataFeed.IEX, **more}
    found = served.data().get_stock_bars(StockBarsRequest(**content))
    assert isinstance(found, BarSet)
    return found


def test_fifteen_minute_bars_add_up_their_minutes(served: Served) -> None:
    found = bars(served)
    assert {symbol: len(rows) for symbol, rows in found.data.items()} == {"AAA": 26, "BBB": 26}
    first = found.data["AAA"][0]
    assert (first.open, first.high, first.low, first.close, first.volume) == (100.0, 100.15, 99.99, 100.14, 15000.0)
    assert found.data["BBB"][0].volume == 14000.0


def test_pages_join_to_the_same_bars(served: Served) -> None:
    with served.http() as client:
        query = {"symbols": "AAA,BBB,CCC", "timeframe": "15Min", "start": "2024-11-26", "limit": "7"}
        rows: list[tuple[str, str]] = []
        pages, token = 0, ""
        while True:
            body = client.get("/v2/stocks/bars", params={**query, **({"page_token": token} if token else {})}).json()
            rows += [(symbol, row["t"]) for symbol, part in body["bars"].items() for row in part]
            pages, token = pages + 1, body["next_page_token"]
            if token is None:
                break
        whole = client.get("/v2/stocks/bars", params={**query, "limit": "10000"}).json()
    assert rows == [(symbol, row["t"]) for symbol, part in whole["bars"].items() for row in part]
    assert (len(rows), len(set(rows)), pages) == (78, 78, 12)


def test_descending_pages_join_too(served: Served) -> None:
    with served.http() as client:
        query = {"timeframe": "1Hour", "start": "2024-11-26", "sort": "desc", "limit": "3"}
        first = client.get("/v2/stocks/AAA/bars", params=query).json()
        second = client.get("/v2/stocks/AAA/bars", params={**query, "page_token": first["next_page_token"]}).json()
    hours = [row["t"][11:13] for row in (*first["bars"], *second["bars"])]
    assert hours == ["20", "19", "18", "17", "16", "15"]
    assert first["symbol"] == "AAA"


def test_nothing_beyond_the_virtual_now_is_told(opened: Served) -> None:
    opened.advance(minutes=20)
    rows = bars(opened, symbol_or_symbols="AAA", start=datetime(2024, 11, 27, 14, 30, tzinfo=UTC)).data["AAA"]
    assert [(r.timestamp.minute, r.close, r.volume) for r in rows] == [(30, 110.14, 15000.0), (45, 110.19, 5000.0)]
    assert bars(opened, start=datetime(2024, 11, 27, 15, 0, tzinfo=UTC)).data == {}


def test_the_latest_of_everything(opened: Served) -> None:
    opened.advance(minutes=3)
    client = opened.data()
    bar = client.get_stock_latest_bar(StockLatestBarRequest(symbol_or_symbols="AAA"))["AAA"]
    quote = client.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="AAA"))["AAA"]
    trade = client.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols=["AAA", "BBB"]))
    snapshot = client.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols="AAA"))["AAA"]
    assert (bar.close, bar.timestamp.minute) == (110.02, 32)
    assert (quote.bid_price, quote.ask_price, trade["BBB"].price) == (110.02, 110.02, 50.0)
    assert (snapshot.daily_bar.open, snapshot.daily_bar.volume) == (110.0, 3000.0)
    assert snapshot.previous_daily_bar.close == 103.89


def test_the_latest_before_the_open_is_yesterdays(served: Served) -> None:
    client = served.data()
    bar = client.get_stock_latest_bar(StockLatestBarRequest(symbol_or_symbols="AAA"))["AAA"]
    assert (bar.close, bar.timestamp.isoformat()) == (103.89, "2024-11-26T20:59:00+00:00")


def test_split_adjusted_history_after_the_split(served: Served) -> None:
    served.advance(until="2024-11-29T14:00:00Z")
    request = {"symbol_or_symbols": "CCC", "timeframe": TimeFrame.Day, "start": datetime(2024, 11, 26, tzinfo=UTC)}
    assert [r.close for r in bars(served, **request).data["CCC"]] == [80.0, 80.0]
    assert [r.close for r in bars(served, **request, adjustment=Adjustment.SPLIT).data["CCC"]] == [20.0, 20.0]


def test_corporate_actions_are_told_on_their_day(served: Served) -> None:
    request = CorporateActionsRequest(start=date(2024, 11, 1), end=date(2024, 12, 1))
    assert served.corporate_actions().get_corporate_actions(request).data == {}
    served.advance(until="2024-11-29T14:00:00Z")
    found = served.corporate_actions().get_corporate_actions(request).data
    (split,), (dividend,) = found["forward_splits"], found["cash_dividends"]
    assert (split.symbol, split.new_rate, split.old_rate, split.ex_date) == ("CCC", 4.0, 1.0, date(2024, 11, 29))
    assert (dividend.symbol, dividend.rate) == ("AAA", 0.25)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"symbols": "aaa", "timeframe": "1Min"}, "invalid symbol: aaa"),
        ({"symbols": "AAA", "timeframe": "7Days"}, "invalid timeframe: 7Days"),
        (
            {"symbols": "AAA", "timeframe": "1Min", "limit": "10001"},
            "invalid limit: larger than the allowed maximum of 10000",
        ),
        ({"symbols": "AAA", "timeframe": "1Min", "start": "soon"}, "invalid start: soon"),
        ({"symbols": "AAA", "timeframe": "1Min", "page_token": "%%"}, "invalid page_token"),
        ({"timeframe": "1Min"}, "symbols is required"),
        ({"symbols": "AAA", "timeframe": "1Min", "feed": "pigeon"}, "invalid feed: pigeon"),
    ],
)
def test_wrong_queries_are_answered_with_400(served: Served, query: dict[str, str], message: str) -> None:
    with served.http() as client:
        answer = client.get("/v2/stocks/bars", params=query)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_an_unknown_symbol_has_no_key(served: Served) -> None:
    assert bars(served, symbol_or_symbols="ZZZ").data == {}
    with pytest.raises(APIError):
        served.data().get_stock_bars(StockBarsRequest(symbol_or_symbols="aaa", timeframe=QUARTER, start=START))


def test_a_date_of_the_symbols_names_is_taken_and_checked(served: Served) -> None:
    with served.http() as client:
        query = {"symbols": "AAA", "timeframe": "1Day", "start": "2024-11-26"}
        for asof in ("-", "2024-11-26"):
            assert client.get("/v2/stocks/bars", params={**query, "asof": asof}).json()["bars"].keys() == {"AAA"}
        answer = client.get("/v2/stocks/bars", params={**query, "asof": "long ago"})
    assert (answer.status_code, answer.json()["message"]) == (400, "invalid asof: long ago")


def test_a_free_plan_sees_the_whole_market_late_and_one_exchange_at_once() -> None:
    with serving(venue(), ServerSettings(is_free_plan=True)) as served, served.http() as client:
        served.advance(until="open")
        served.advance(minutes=60)
        query = {"symbols": "AAA", "timeframe": "1Min", "start": "2024-11-27T14:30:00Z"}
        late = client.get("/v2/stocks/bars", params={**query, "feed": "sip"}).json()["bars"]["AAA"]
        soon = client.get("/v2/stocks/bars", params={**query, "feed": "iex"}).json()["bars"]["AAA"]
        refused = client.get("/v2/stocks/bars", params={**query, "feed": "sip", "end": "2024-11-27T15:20:00Z"})
        past = client.get("/v2/stocks/bars", params={**query, "feed": "sip", "end": "2024-11-27T15:00:00Z"})
    assert (late[-1]["t"], soon[-1]["t"]) == ("2024-11-27T15:15:00Z", "2024-11-27T15:29:00Z")
    assert refused.status_code == 403
    assert refused.json()["message"] == "subscription does not permit querying recent SIP data"
    assert past.status_code == 200


def test_every_kind_of_corporate_action_is_told_in_alpacas_words() -> None:
    day = date(2024, 11, 27)
    rows: list[dict[str, object]] = [
        {"symbol": "AAA", "kind": "spin_off", "new_symbol": "AAS", "new_shares": 1.0, "old_shares": 4.0},
        {"symbol": "BBB", "kind": "symbol_change", "new_symbol": "BBX"},
        {"symbol": "CCC", "kind": "delisting", "cash_per_share": 54.2},
        {"symbol": "DDD", "kind": "delisting"},
        {"symbol": "EEE", "kind": "delisting", "new_symbol": "AAA", "new_shares": 0.5, "old_shares": 1.0},
        {"symbol": "FFF", "kind": "split", "new_shares": 1.0, "old_shares": 10.0},
    ]
    told = actions_frame({**row, "ex_date": day} for row in rows)
    replay = venue()
    replay.market = replace(replay.market, actions=told)
    with serving(replay) as served:
        request = CorporateActionsRequest(start=day, end=day, limit=None)
        found = served.corporate_actions().get_corporate_actions(request).data
    assert (found["spin_offs"][0].source_symbol, found["spin_offs"][0].new_symbol) == ("AAA", "AAS")
    assert (found["name_changes"][0].old_symbol, found["name_changes"][0].new_symbol) == ("BBB", "BBX")
    assert (found["cash_mergers"][0].acquiree_symbol, found["cash_mergers"][0].rate) == ("CCC", 54.2)
    assert found["worthless_removals"][0].symbol == "DDD"
    assert (found["stock_mergers"][0].acquirer_symbol, found["stock_mergers"][0].acquirer_rate) == ("AAA", 0.5)
    assert found["reverse_splits"][0].old_rate == 10.0
