"""Alpaca's own TradingClient sends brackets and trailing stops."""

from __future__ import annotations

from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, OrderType, TimeInForce
from alpaca.trading.models import Order
from alpaca.trading.requests import (
    GetOrderByIdRequest,
    GetOrdersRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)

from tests.contract.alpaca.serving import Served


def test_a_bracket_comes_back_with_its_exits(opened: Served) -> None:
    client = opened.trading()
    sent = client.submit_order(
        MarketOrderRequest(
            symbol="AAA",
            qty=10,
            side=OrderSide.BUY,
            time_in_force=TimeInForce.GTC,
            order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=900),
            stop_loss=StopLossRequest(stop_price=1),
        )
    )
    assert isinstance(sent, Order)
    assert sent.order_class is OrderClass.BRACKET
    assert sent.legs is not None
    assert [leg.status for leg in sent.legs] == [OrderStatus.HELD, OrderStatus.HELD]
    opened.advance(minutes=1)
    filled = client.get_order_by_id(sent.id, GetOrderByIdRequest(nested=True))
    assert isinstance(filled, Order)
    assert filled.legs is not None
    assert (filled.status, [leg.status for leg in filled.legs]) == (
        OrderStatus.FILLED,
        [OrderStatus.NEW, OrderStatus.HELD],
    )
    client.cancel_order_by_id(filled.legs[0].id)
    assert client.get_orders(GetOrdersRequest()) == []


def test_a_trailing_stop_shows_its_best_price_and_its_stop(opened: Served) -> None:
    client = opened.trading()
    sent = client.submit_order(
        TrailingStopOrderRequest(
            symbol="AAA", qty=10, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, trail_percent=10
        )
    )
    assert isinstance(sent, Order)
    assert (sent.type, sent.trail_percent) == (OrderType.TRAILING_STOP, "10")
    assert sent.hwm is not None
    assert sent.stop_price is not None
    assert abs(float(sent.stop_price) - 1.1 * float(sent.hwm)) < 0.01
    moved = client.replace_order_by_id(sent.id, ReplaceOrderRequest(trail=20))
    assert isinstance(moved, Order)
    assert moved.trail_percent == "20"
