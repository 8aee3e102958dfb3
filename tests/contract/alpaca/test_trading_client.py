"""Alpaca's own TradingClient trades on the exchange; expectations are the protocol reference's and hand computation."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import UUID

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import (
    AccountStatus,
    AssetExchange,
    OrderSide,
    OrderStatus,
    PositionSide,
    QueryOrderStatus,
    TimeInForce,
)
from alpaca.trading.models import AccountConfiguration, ClosePositionResponse, Order, PortfolioHistory, Position
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopOrderRequest,
)

from tests.contract.alpaca.serving import Served


def market(
    symbol: str = "AAA", quantity: float = 10, side: OrderSide = OrderSide.BUY, **more: str
) -> MarketOrderRequest:
    return MarketOrderRequest(symbol=symbol, qty=quantity, side=side, time_in_force=TimeInForce.DAY, **more)


def limit(price: float, quantity: float = 10, side: OrderSide = OrderSide.BUY, **more: str) -> LimitOrderRequest:
    return LimitOrderRequest(
        symbol="AAA", qty=quantity, side=side, time_in_force=TimeInForce.DAY, limit_price=price, **more
    )


def submit(served: Served, request: MarketOrderRequest | LimitOrderRequest) -> Order:
    order = served.trading().submit_order(request)
    assert isinstance(order, Order)
    return order


def latest(served: Served, order: Order) -> Order:
    found = served.trading().get_order_by_id(order.id)
    assert isinstance(found, Order)
    return found


def test_a_fresh_account_is_active_with_four_times_its_cash(served: Served) -> None:
    account = served.trading().get_account()
    assert account.status is AccountStatus.ACTIVE
    assert (account.account_number, account.cash, account.buying_power, account.regt_buying_power) == (
        "PA3QTS000001", "100000", "400000", "200000"
    )  # fmt: skip


def test_the_clock_and_calendar_are_new_yorks(served: Served) -> None:
    client = served.trading()
    clock = client.get_clock()
    assert not clock.is_open
    assert clock.timestamp.isoformat() == "2024-11-27T09:25:00-05:00"
    assert clock.next_open.isoformat() == "2024-11-27T09:30:00-05:00"
    served.advance(until="open")
    clock = client.get_clock()
    assert clock.is_open
    assert clock.next_open.isoformat() == "2024-11-29T09:30:00-05:00"
    days = client.get_calendar(GetCalendarRequest(start=date(2024, 11, 27), end=date(2024, 11, 30)))
    assert [(d.date, d.open.hour, d.close.hour) for d in days] == [
        (date(2024, 11, 27), 9, 16), (date(2024, 11, 29), 9, 13)
    ]  # fmt: skip


def test_assets_are_listed_and_found_by_symbol_or_id(served: Served) -> None:
    client = served.trading()
    assets = client.get_all_assets(GetAssetsRequest())
    assert [(a.symbol, a.shortable) for a in assets] == [("AAA", True), ("BBB", False), ("CCC", True)]
    assert {a.exchange for a in assets} == {AssetExchange.NASDAQ}
    found = client.get_asset(str(assets[0].id))
    assert found.symbol == "AAA"
    with pytest.raises(APIError) as missing:
        client.get_asset("ZZZ")
    assert (missing.value.status_code, missing.value.code) == (404, 40410000)


def test_a_market_order_is_filled_at_the_next_minutes_open(opened: Served) -> None:
    order = submit(opened, market(client_order_id="mine-1"))
    assert (order.status, order.qty, order.filled_qty) == (OrderStatus.PENDING_NEW, "10", "0")
    assert latest(opened, order).status is OrderStatus.NEW
    opened.advance(minutes=1)
    filled = opened.trading().get_order_by_client_id("mine-1")
    assert isinstance(filled, Order)
    assert (filled.status, filled.filled_qty, filled.filled_avg_price) == (OrderStatus.FILLED, "10", "110")
    (position,) = opened.trading().get_all_positions()
    assert isinstance(position, Position)
    assert (position.qty, position.side, position.avg_entry_price) == ("10", PositionSide.LONG, "110")
    assert (position.lastday_price, position.cost_basis) == ("103.89", "1100")
    opened.advance(minutes=9)
    position_now = opened.trading().get_open_position("AAA")
    assert isinstance(position_now, Position)
    assert (position_now.current_price, position_now.unrealized_pl) == ("110.09", "0.9")


def test_an_order_sent_before_the_open_is_accepted(served: Served) -> None:
    order = submit(served, market())
    assert order.status is OrderStatus.ACCEPTED
    served.advance(until="open")
    assert latest(served, order).status is OrderStatus.ACCEPTED
    served.advance(minutes=1)
    assert latest(served, order).filled_avg_price == "110"


def test_an_order_is_replaced_and_cancelled(opened: Served) -> None:
    client = opened.trading()
    order = submit(opened, limit(100.0))
    successor = client.replace_order_by_id(order.id, ReplaceOrderRequest(qty=3, limit_price=101.0))
    assert isinstance(successor, Order)
    assert (successor.replaces, successor.qty, successor.limit_price) == (order.id, "3", "101")
    replaced = latest(opened, order)
    assert (replaced.status, replaced.replaced_by) == (OrderStatus.REPLACED, successor.id)
    client.cancel_order_by_id(successor.id)
    assert latest(opened, successor).status is OrderStatus.CANCELED
    with pytest.raises(APIError) as again:
        client.cancel_order_by_id(successor.id)
    assert (again.value.status_code, again.value.code) == (422, 42210000)


def test_stop_and_stop_limit_orders_work(opened: Served) -> None:
    client = opened.trading()
    stop = client.submit_order(
        StopOrderRequest(symbol="AAA", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.GTC, stop_price=110.05)
    )
    both = client.submit_order(
        StopLimitOrderRequest(
            symbol="AAA", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, stop_price=110.07, limit_price=111
        )
    )
    assert isinstance(stop, Order)
    assert isinstance(both, Order)
    opened.advance(minutes=30)
    # highs reach 110.05 in the fifth minute and 110.07 in the seventh: both fill at their stop
    assert latest(opened, stop).filled_avg_price == "110.05"
    assert latest(opened, both).filled_avg_price == "110.07"


def test_a_notional_order_and_a_short(opened: Served) -> None:
    client = opened.trading()
    bought = client.submit_order(
        MarketOrderRequest(symbol="AAA", notional=55.0, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
    )
    assert isinstance(bought, Order)
    assert (bought.notional, bought.qty) == ("55", None)
    submit(opened, market("CCC", 5, OrderSide.SELL))
    opened.advance(minutes=1)
    assert latest(opened, bought).filled_qty == "0.5"
    short = client.get_open_position("CCC")
    assert isinstance(short, Position)
    assert (short.qty, short.side, short.market_value) == ("-5", PositionSide.SHORT, "-400")


@pytest.mark.parametrize(
    ("request_", "status", "code", "message"),
    [
        (market(quantity=4000), 403, 40310000, "insufficient buying power"),
        (market("ZZZ"), 422, 42210000, 'asset "ZZZ" not found'),
        (market("BBB", 1, OrderSide.SELL), 422, 42210000, 'asset "BBB" cannot be sold short'),
        (limit(100.005), 422, 42210000, "sub-penny"),
    ],
)
def test_refusals_reach_the_client_as_api_errors(
    opened: Served, request_: MarketOrderRequest, status: int, code: int, message: str
) -> None:
    opened.advance(minutes=1)
    with pytest.raises(APIError) as refused:
        opened.trading().submit_order(request_)
    assert (refused.value.status_code, refused.value.code) == (status, code)
    assert message in refused.value.message


def test_a_client_id_cannot_be_used_twice_even_after_the_fill(opened: Served) -> None:
    submit(opened, market(client_order_id="once"))
    opened.advance(minutes=1)
    with pytest.raises(APIError) as refused:
        submit(opened, market(client_order_id="once"))
    assert (refused.value.status_code, refused.value.code) == (422, 40010001)
    assert refused.value.message == "client_order_id must be unique"


def test_orders_are_listed_by_status_and_paged_by_time(opened: Served) -> None:
    client = opened.trading()
    orders = [submit(opened, limit(90.0 + i)) for i in range(5)]
    client.cancel_order_by_id(orders[0].id)

    def listed(**more: object) -> list[UUID]:
        found = client.get_orders(GetOrdersRequest(**more))
        return [o.id for o in found]

    assert listed() == [o.id for o in orders[:0:-1]]
    assert listed(status=QueryOrderStatus.CLOSED) == [orders[0].id]
    everything = listed(status=QueryOrderStatus.ALL, limit=2)
    assert everything == [orders[4].id, orders[3].id]
    until = latest(opened, orders[3]).submitted_at
    assert listed(status=QueryOrderStatus.ALL, until=until, limit=2) == [orders[2].id, orders[1].id]
    assert listed(status=QueryOrderStatus.ALL, after=until) == [orders[4].id]
    assert listed(status=QueryOrderStatus.ALL, symbols=["BBB"]) == []
    assert listed(status=QueryOrderStatus.ALL, side=OrderSide.SELL, nested=True) == []


def test_everything_is_cancelled_and_closed(opened: Served) -> None:
    client = opened.trading()
    submit(opened, market())
    submit(opened, market("CCC", 2))
    opened.advance(minutes=1)
    submit(opened, limit(200.0, side=OrderSide.SELL))
    answers = client.close_all_positions(cancel_orders=False)
    assert [(a.symbol, a.status) for a in answers] == [("AAA", 403), ("CCC", 200)]
    answers = client.close_all_positions(cancel_orders=True)
    assert all(isinstance(a, ClosePositionResponse) and a.status == 200 for a in answers)
    opened.advance(minutes=1)
    assert client.get_all_positions() == []
    submit(opened, limit(50.0))
    (cancelled,) = client.cancel_orders()
    assert cancelled.status == 200


def test_half_a_position_is_closed(opened: Served) -> None:
    client = opened.trading()
    submit(opened, market())
    opened.advance(minutes=1)
    order = client.close_position("AAA", ClosePositionRequest(percentage="50"))
    assert isinstance(order, Order)
    assert (order.side, order.qty) == (OrderSide.SELL, "5")
    with pytest.raises(APIError) as missing:
        client.close_position("BBB")
    assert (missing.value.status_code, missing.value.message) == (404, "position does not exist")


def test_the_configuration_is_patched_with_the_whole_model(served: Served) -> None:
    client = served.trading()
    configuration = client.get_account_configurations()
    assert isinstance(configuration, AccountConfiguration)
    configuration.no_shorting = True
    changed = client.set_account_configurations(configuration)
    assert isinstance(changed, AccountConfiguration)
    assert changed.no_shorting
    served.advance(until="open")
    served.advance(minutes=1)
    with pytest.raises(APIError, match="not allowed to short"):
        submit(served, market("CCC", 1, OrderSide.SELL))


def test_portfolio_history_follows_equity(opened: Served) -> None:
    submit(opened, market())
    opened.advance(minutes=30)
    history = opened.trading().get_portfolio_history(GetPortfolioHistoryRequest(period="1D", timeframe="15Min"))
    assert isinstance(history, PortfolioHistory)
    assert history.equity == [100001.4, 100002.9]  # ten shares gained 14 cents, then 29
    assert history.profit_loss == [1.4, 2.9]
    assert history.base_value == 100000


def test_fills_are_listed_as_activities_page_by_page(opened: Served) -> None:
    client = opened.trading()
    submit(opened, market())
    submit(opened, market("CCC", 2, OrderSide.SELL))
    opened.advance(minutes=1)
    first = client.get("/account/activities/FILL", {"page_size": "1", "direction": "asc"})
    second = client.get(
        "/account/activities/FILL", {"page_size": "1", "direction": "asc", "page_token": first[0]["id"]}
    )
    last = client.get("/account/activities/FILL", {"direction": "asc", "page_token": second[0]["id"]})
    assert [(a["symbol"], a["side"], a["qty"], a["price"]) for a in (*first, *second, *last)] == [
        ("AAA", "buy", "10", "110"), ("CCC", "sell_short", "2", "80")
    ]  # fmt: skip
    assert first[0]["transaction_time"] == "2024-11-27T14:30:00Z"


def test_the_night_expires_day_orders_and_pays_dividends(opened: Served) -> None:
    client = opened.trading()
    submit(opened, market())
    resting = submit(opened, limit(50.0))
    opened.advance(until="close")
    assert latest(opened, resting).status is OrderStatus.EXPIRED
    opened.advance(until="open")
    dividend = client.get("/account/activities/DIV")
    assert [(d["symbol"], d["net_amount"], d["qty"]) for d in dividend] == [("AAA", "2.5", "10")]
    account = client.get_account()
    assert account.last_equity == "100038.9"  # 10 x (113.89 - 110.00)


def test_an_error_body_is_json_with_its_extra_keys(opened: Served) -> None:
    with pytest.raises(APIError) as refused:
        submit(opened, market(quantity=5000))
    body = json.loads(str(refused.value))
    assert body["buying_power"] == "400000"
    assert body["cost_basis"] == "519450"  # the last price is still yesterday's close: 5,000 x 103.89


def test_times_of_an_order_are_virtual(opened: Served) -> None:
    order = submit(opened, market())
    clock = opened.trading().get_clock()
    assert abs(order.submitted_at - clock.timestamp) < timedelta(seconds=1)
