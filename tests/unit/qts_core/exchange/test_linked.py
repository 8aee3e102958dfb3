"""Brackets, OCO, OTO and trailing stops, step by step, against the table of the protocol reference, section 6.8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qts_core.exchange import Accepted, Amendment, Liquidity, OrderRecord, SimulatedExchange, fill_settings
from qts_core.exchange.intrabar import AmbiguityKind
from qts_core.market.orders import OrderClass, OrderSide, OrderStatus, OrderType, TimeInForce
from tests.unit.qts_core.exchange.desk import FREE, INSTRUMENTS, OPEN, Desk

BUY, SELL = OrderSide.BUY, OrderSide.SELL
D = Decimal
BRACKET = {
    "order_class": OrderClass.BRACKET, "take_profit_limit_price": "110", "stop_loss_stop_price": "95",
    "time_in_force": TimeInForce.GTC,
}  # fmt: skip


def exits(desk: Desk, order: OrderRecord) -> tuple[OrderRecord, OrderRecord]:
    target, stop = desk.exchange.legs(order.id)
    return target, stop


def held(desk: Desk) -> OrderRecord:
    entry = desk.send(BUY, "10", **BRACKET)
    desk.minute(AAA=100.0)
    return entry


def test_the_exits_of_a_bracket_are_held_until_the_entry_is_filled(desk: Desk) -> None:
    answer = desk.exchange.submit(desk.request(BUY, "10", **BRACKET), desk.now)
    assert isinstance(answer, Accepted)
    assert [e.event for e in answer.events] == ["new", "held", "held"]
    target, stop = exits(desk, answer.order)
    assert (target.request.side, target.request.limit_price, target.status) == (SELL, D(110), OrderStatus.HELD)
    assert (stop.request.type, stop.request.stop_price, stop.status) == (OrderType.STOP, D(95), OrderStatus.HELD)
    assert [e.event for e in desk.minute(AAA=100.0)] == ["fill", "new"]
    target, stop = exits(desk, answer.order)
    assert (target.status, stop.status) == (OrderStatus.NEW, OrderStatus.HELD)


def test_the_target_ends_the_stop(desk: Desk) -> None:
    entry = held(desk)
    assert [e.event for e in desk.minute(AAA=(105.0, 111.0, 105.0, 111.0))] == ["fill", "canceled"]
    target, stop = exits(desk, entry)
    assert (target.filled_average_price, stop.status) == (D(110), OrderStatus.CANCELED)
    assert (desk.exchange.quantity("AAA"), desk.exchange.cash) == (D(0), D(100_100))
    assert desk.exchange.ambiguities == []


def test_the_stop_ends_the_target_and_a_gap_is_paid(desk: Desk) -> None:
    entry = held(desk)
    desk.minute(AAA=(90.0, 92.0, 89.0, 91.0))
    target, stop = exits(desk, entry)
    assert (stop.filled_average_price, target.status) == (D(90), OrderStatus.CANCELED)


def test_a_bar_that_holds_both_exits_is_counted_and_its_profit_is_an_interval(desk: Desk) -> None:
    held(desk)
    desk.minute(AAA=(100.0, 112.0, 94.0, 100.0))
    (found,) = desk.exchange.ambiguities
    assert found.kind is AmbiguityKind.STOP_OR_TARGET
    assert desk.exchange.cash == D(99_950)  # the stop: 10 x (95 - 100)
    assert desk.exchange.pnl_interval() == (D(0), D(150))  # the target: 10 x (110 - 95) more


def test_the_best_path_takes_the_target_and_tells_what_the_worst_would_cost() -> None:
    desk = Desk(fill_settings("optimistic", half_spread_bps=0))
    desk.exchange.mark({"AAA": 100.0}, is_previous_close=True)
    held(desk)
    desk.minute(AAA=(100.0, 112.0, 94.0, 100.0))
    assert desk.exchange.pnl_interval() == (D(-150), D(0))
    assert desk.exchange.quantity("AAA") == 0


def test_an_entry_inside_a_bar_waits_for_its_target_but_not_for_its_stop(desk: Desk) -> None:
    desk.send(BUY, "10", limit_price="98", **BRACKET)
    desk.minute(AAA=(100.0, 111.0, 97.0, 100.0))
    (found,) = desk.exchange.ambiguities
    assert found.kind is AmbiguityKind.TARGET_AFTER_ENTRY
    assert (found.low, found.high) == (D(0), D(100))  # 10 x (110 - the close of 100)
    assert desk.exchange.quantity("AAA") == 10
    desk.minute(AAA=(100.0, 100.0, 94.0, 94.0))
    assert desk.exchange.quantity("AAA") == 0


def test_cancelling_any_of_them_ends_all(desk: Desk) -> None:
    entry = desk.send(BUY, "10", **{**BRACKET, "limit_price": "90", "stop_loss_stop_price": "85"})
    target, _ = exits(desk, entry)
    answer = desk.exchange.cancel(target.id, desk.now)
    assert isinstance(answer, Accepted)
    assert len(answer.events) == 3
    assert desk.exchange.open_orders() == ()


def test_the_exits_of_a_day_order_expire_with_it(desk: Desk) -> None:
    desk.send(BUY, "10", **{**BRACKET, "limit_price": "90", "stop_loss_stop_price": "85",
                            "time_in_force": TimeInForce.DAY})  # fmt: skip
    events = desk.exchange.end_session(OPEN + timedelta(hours=6, minutes=30))
    assert [e.event for e in events] == ["expired"] * 3


def test_an_oco_order_closes_a_position_by_one_of_two_prices(desk: Desk) -> None:
    desk.send(BUY, "10")
    desk.minute(AAA=100.0)
    oco = {"order_class": OrderClass.OCO, "type": OrderType.LIMIT, "stop_loss_stop_price": "95"}
    parent = desk.send(SELL, "10", take_profit_limit_price="105", **oco)
    (stop,) = desk.exchange.legs(parent.id)
    assert (parent.request.limit_price, stop.status) == (D(105), OrderStatus.HELD)
    (position,) = desk.exchange.positions()
    assert position.available == 0  # claimed once
    assert [e.event for e in desk.minute(AAA=(100.0, 100.0, 94.0, 94.0))] == ["canceled", "fill"]
    assert desk.exchange.quantity("AAA") == 0
    assert desk.refused(SELL, "10", limit_price="105", **oco).message == "oco orders must be exit orders of a position"


def test_an_oto_order_has_one_exit_that_works_alone(desk: Desk) -> None:
    entry = desk.send(BUY, "10", order_class=OrderClass.OTO, stop_loss_stop_price="95")
    assert [e.event for e in desk.minute(AAA=100.0)] == ["fill", "new"]
    (stop,) = desk.exchange.legs(entry.id)
    assert stop.status is OrderStatus.NEW


def test_a_target_filled_in_parts_leaves_the_stop_the_rest() -> None:
    desk = capped("0.1")
    entry = desk.send(BUY, "10", **BRACKET)
    desk.minute(AAA=100.0)
    desk.volume = 40.0
    desk.minute(AAA=(105.0, 111.0, 105.0, 109.0))  # a tenth of 40 shares
    target, stop = exits(desk, entry)
    assert (target.status, target.filled_quantity, stop.request.quantity) == (OrderStatus.PARTIALLY_FILLED, D(4), D(6))
    desk.volume = 1e6
    desk.minute(AAA=(100.0, 100.0, 94.0, 94.0))
    assert desk.exchange.quantity("AAA") == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stop_loss_stop_price": "100"}, "stop_loss.stop_price must be <= base_price - 0.01"),
        ({"take_profit_limit_price": "100"}, "take_profit.limit_price must be >= base_price + 0.01"),
        ({"limit_price": "94"}, "stop_loss.stop_price must be <= base_price - 0.01"),
        ({"time_in_force": TimeInForce.IOC}, "bracket orders are not accepted with time_in_force ioc"),
        ({"extended_hours": True}, "extended hours order must be DAY or GTC limit orders"),
    ],
)
def test_a_bracket_around_nothing_is_refused(desk: Desk, change: dict[str, object], message: str) -> None:
    more: Mapping[str, object] = {**BRACKET, **change}
    assert desk.refused(BUY, "10", "AAA", **more).message == message


def test_an_exit_can_be_moved(desk: Desk) -> None:
    entry = held(desk)
    _, stop = exits(desk, entry)
    answer = desk.exchange.replace(stop.id, desk.now, Amendment(stop_price=D(98)))
    assert isinstance(answer, Accepted), answer
    assert answer.order.status is OrderStatus.HELD or desk.order(answer.order).status is OrderStatus.HELD
    desk.minute(AAA=(100.0, 100.0, 97.0, 97.0))
    assert desk.order(answer.order).filled_average_price == D(98)
    assert desk.exchange.open_orders() == ()


def test_a_trailing_stop_follows_the_best_price_and_sells(desk: Desk) -> None:
    desk.send(BUY, "10")
    desk.minute(AAA=100.0)
    order = desk.send(SELL, "10", type=OrderType.TRAILING_STOP, trail_price="3")
    desk.minute(AAA=(100.0, 104.0, 100.0, 104.0))
    assert desk.order(order).best_price == D(104)
    desk.minute(AAA=(103.0, 103.0, 100.5, 100.5))  # 104 - 3 = 101
    assert desk.order(order).filled_average_price == D(101)


def test_a_trailing_buy_by_percent_follows_the_lowest_price(desk: Desk) -> None:
    order = desk.send(BUY, "10", type=OrderType.TRAILING_STOP, trail_percent="2")
    desk.minute(AAA=(100.0, 100.0, 95.0, 95.0))
    desk.minute(AAA=(95.0, 97.0, 95.0, 97.0))  # 95 x 1.02 = 96.90
    assert desk.order(order).filled_average_price == D("96.90")


def test_a_bar_whose_best_price_may_have_come_first_leaves_a_trail_open(desk: Desk) -> None:
    desk.send(BUY, "10")
    desk.minute(AAA=100.0)
    desk.send(SELL, "10", type=OrderType.TRAILING_STOP, trail_price="3")
    desk.minute(AAA=(100.0, 104.0, 99.0, 100.0))  # after 104 the stop would have been 101
    (found,) = desk.exchange.ambiguities
    assert (found.kind, found.low, found.high) == (AmbiguityKind.TRAIL, D(0), D(10))  # 10 x (101 - the close of 100)


def capped(share: str) -> Desk:

    desk = Desk(replace(FREE, liquidity=Liquidity(max_participation=D(share))))
    desk.exchange.mark({"AAA": 100.0}, is_previous_close=True)
    return desk


def test_another_brokers_table_is_another_table() -> None:
    exchange = SimulatedExchange(fill_settings("realistic"), INSTRUMENTS, D(1000), start=OPEN, capabilities={})
    answer = exchange.submit(Desk(fill_settings("realistic")).request(BUY, "1"), OPEN)
    assert "not supported" in getattr(answer, "message", "")
