"""Prices worked out by hand: half spread 1 bp and slippage 1.5 bp move a price of 100 by 2.5 cents."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qts_core.exchange.fills import NO_FILL, at_open, taking, within_bar
from qts_core.exchange.settings import FillMode, fill_settings
from qts_core.market.orders import OrderRequest, OrderSide, OrderType

REALISTIC = fill_settings("realistic")
TOUCH = fill_settings("alpaca-paper", half_spread_bps=0)
D = Decimal


def order(side: OrderSide, *, limit: str | None = None, stop: str | None = None) -> OrderRequest:
    kind = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }[limit is not None, stop is not None]
    return OrderRequest(
        "x",
        "AAA",
        side,
        kind,
        quantity=D(1),
        limit_price=D(limit) if limit else None,
        stop_price=D(stop) if stop else None,
    )


BUY, SELL = OrderSide.BUY, OrderSide.SELL


def test_buys_pay_the_ask_and_slippage_and_sells_get_the_bid_less_slippage() -> None:
    assert taking(D(100), 1, REALISTIC) == D("100.0250")
    assert taking(D(100), -1, REALISTIC) == D("99.9750")


@pytest.mark.parametrize(
    ("mode", "price"),
    [("optimistic", "100.0050"), ("realistic", "100.0250"), ("pessimistic", "100.0625"), ("alpaca-paper", "100.0100")],
)
def test_a_market_buy_at_100_costs_what_the_mode_says(mode: str, price: str) -> None:
    found = at_open(order(BUY), is_triggered=False, price=D(100), settings=fill_settings(FillMode(mode)))
    assert (found.price, found.reference) == (D(price), D(100))


def test_a_limit_within_the_quote_fills_at_the_quote_and_never_beyond_the_limit() -> None:
    assert at_open(order(BUY, limit="101"), is_triggered=False, price=D(100), settings=REALISTIC).price == D("100.0250")
    # the ask is 100.01, within the limit; slippage would pass the limit
    assert at_open(order(BUY, limit="100.02"), is_triggered=False, price=D(100), settings=REALISTIC).price == D(
        "100.02"
    )
    assert at_open(order(SELL, limit="99.98"), is_triggered=False, price=D(100), settings=REALISTIC).price == D("99.98")


def test_a_limit_at_the_mid_price_does_not_fill_at_the_open() -> None:
    assert at_open(order(BUY, limit="100"), is_triggered=False, price=D(100), settings=REALISTIC).price is None


@pytest.mark.parametrize(
    ("side", "limit", "touch", "through"),
    [
        (BUY, "99", True, False),
        (BUY, "99.01", True, True),
        (BUY, "98.99", False, False),
        (SELL, "101", True, False),
        (SELL, "100.99", True, True),
    ],
)
def test_a_resting_limit_fills_at_its_limit_when_touched_or_traded_through(
    side: OrderSide, limit: str, touch: bool, through: bool
) -> None:
    strict = fill_settings("realistic", half_spread_bps=0)
    for settings, is_filled in ((TOUCH, touch), (strict, through)):
        found = within_bar(order(side, limit=limit), is_triggered=False, high=D(101), low=D(99), settings=settings)
        assert found.price == (D(limit) if is_filled else None)


def test_the_spread_keeps_a_buy_limit_just_above_the_low_from_filling() -> None:
    # low 99 is a mid price: the ask never went below 99.0099
    found = within_bar(order(BUY, limit="99"), is_triggered=False, high=D(101), low=D(99), settings=REALISTIC)
    assert found.price is None


def test_a_stop_that_gaps_at_the_open_fills_at_the_open() -> None:
    assert at_open(order(SELL, stop="95"), is_triggered=False, price=D(90), settings=TOUCH).price == D(90)
    assert at_open(order(SELL, stop="95"), is_triggered=False, price=D(96), settings=TOUCH) == NO_FILL


def test_a_stop_reached_inside_the_bar_fills_at_its_stop_with_costs() -> None:
    found = within_bar(order(SELL, stop="95"), is_triggered=False, high=D(100), low=D(94), settings=REALISTIC)
    assert (found.price, found.reference, found.is_triggered) == (D("94.9762"), D(95), True)  # 95 x (1 - 0.00025)


def test_a_stop_limit_that_triggers_beyond_its_limit_waits_as_a_limit() -> None:
    wanted = order(BUY, stop="105", limit="104")
    found = within_bar(wanted, is_triggered=False, high=D(106), low=D(100), settings=TOUCH)
    assert (found.price, found.is_triggered) == (None, True)
    later = within_bar(wanted, is_triggered=True, high=D(106), low=D("103.5"), settings=TOUCH)
    assert later.price == D(104)


def test_a_market_order_never_fills_inside_a_bar() -> None:
    assert within_bar(order(BUY), is_triggered=False, high=D(101), low=D(99), settings=TOUCH) == NO_FILL
