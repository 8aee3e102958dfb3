"""Refusals of the protocol reference, sections 6.12 and 16.2, that depend on the account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qts_core.market.orders import OrderSide
from tests.unit.qts_core.exchange.desk import FREE, Desk

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def test_a_buy_beyond_buying_power_says_how_much_there_is(desk: Desk) -> None:
    refused = desk.refused(BUY, "4001")
    assert (refused.http_status, refused.body()) == (
        403,
        {"code": 40310000, "message": "insufficient buying power", "buying_power": "400000", "cost_basis": "400100"},
    )
    desk.send(BUY, "4000")
    assert desk.refused(BUY, "1").extras["buying_power"] == "0"


def test_a_short_counts_at_103_percent(desk: Desk) -> None:
    assert desk.refused(SELL, "3884").extras["cost_basis"] == "400052"  # 3,884 x 103
    desk.send(SELL, "3883")


def test_selling_more_than_is_held_is_refused_and_open_sells_hold_shares(desk: Desk) -> None:
    desk.send(BUY, "40")
    desk.minute(AAA=100.0)
    refused = desk.refused(SELL, "50")
    assert refused.message == "insufficient qty available for order (requested: 50, available: 40)"
    assert refused.extras["existing_qty"] == "40"
    held = desk.send(SELL, "30", limit_price="105")
    refused = desk.refused(SELL, "20", limit_price="105")
    assert (refused.extras["available"], refused.extras["held_for_orders"]) == ("10", "30")
    assert refused.extras["related_orders"] == [held.id]


def test_covering_more_than_the_short_is_refused(desk: Desk) -> None:
    desk.send(SELL, "40")
    desk.minute(AAA=100.0)
    assert "available: 40" in desk.refused(BUY, "41").message


def test_a_short_and_a_long_cannot_both_be_opened(desk: Desk) -> None:
    desk.send(BUY, "10", limit_price="90")
    assert desk.refused(SELL, "10").message == "cannot open a short sell while a long buy order is open"


@pytest.mark.parametrize(
    ("resting", "new", "is_wash"),
    [({"limit_price": "110"}, {}, True), ({"limit_price": "110"}, {"limit_price": "110"}, True),
     ({"limit_price": "110"}, {"limit_price": "109.99"}, False), ({"stop_price": "90"}, {"limit_price": "80"}, True)],
)  # fmt: skip
def test_an_order_that_could_trade_with_ones_own_is_refused(
    desk: Desk, resting: dict[str, str], new: dict[str, str], is_wash: bool
) -> None:
    desk.send(BUY, "100")
    desk.minute(AAA=100.0)
    working = desk.send(SELL, "50", **resting)
    if not is_wash:
        desk.send(BUY, "10", **new)
        return
    refused = desk.refused(BUY, "10", **new)
    assert (refused.http_status, refused.message) == (403, "potential wash trade detected. use complex orders")
    assert refused.extras["existing_order_id"] == working.id


def test_what_cannot_be_shorted_or_divided_is_refused(desk: Desk) -> None:
    assert desk.refused(SELL, "1", "BBB").message == 'asset "BBB" cannot be sold short'
    assert desk.refused(BUY, "0.5", "BBB").message == 'asset "BBB" is not fractionable'
    assert desk.refused(SELL, "0.5").message == "fractional orders cannot be sold short"
    assert desk.refused(BUY, "0.001").message == "cost basis must be >= minimal amount of order 1"


def test_a_small_account_may_not_short() -> None:
    desk = Desk(FREE, cash="1999")
    desk.exchange.mark({"AAA": 100.0}, is_previous_close=True)
    assert desk.refused(SELL, "1").message == "account is not allowed to short"


def test_the_owners_switches_are_obeyed(desk: Desk) -> None:
    desk.exchange.configuration = replace(desk.exchange.configuration, no_shorting=True)
    assert desk.refused(SELL, "1").message == "account is not allowed to short"
    desk.exchange.configuration = replace(desk.exchange.configuration, fractional_trading=False)
    assert desk.refused(BUY, "1.5").http_status == 403
    desk.exchange.configuration = replace(desk.exchange.configuration, max_margin_multiplier="1")
    assert desk.exchange.account().buying_power == Decimal(100_000)
    desk.exchange.configuration = replace(desk.exchange.configuration, suspend_trade=True)
    assert desk.refused(BUY, "1").message == "account is not authorized to trade"


def test_a_symbol_without_any_price_cannot_be_opened_at_market() -> None:
    desk = Desk(FREE)
    assert desk.refused(BUY, "1").message == 'no market price for asset "AAA"'
    desk.send(BUY, "1", limit_price="10")
