"""The replay's clock and agenda; times are New York's."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from live_daemon.paper_exchange.venue import Venue
from qts_core.exchange import Accepted
from qts_core.market.errors import DataNotFoundError
from qts_core.market.orders import OrderRequest, OrderSide
from tests.unit.live_daemon.paper_exchange.replays import FRIDAY, TUESDAY, WEDNESDAY, at, venue


def advance(replay: Venue, text: str) -> None:
    asyncio.run(replay.advance(at(text)))


def buy(replay: Venue, symbol: str = "AAA", quantity: int = 10) -> str:
    answer = replay.exchange.submit(OrderRequest("", symbol, OrderSide.BUY, quantity=Decimal(quantity)), replay.now())
    assert isinstance(answer, Accepted)
    return answer.order.id


def fill_price(replay: Venue, order_id: str) -> Decimal | None:
    order = replay.exchange.order(order_id)
    assert order is not None
    return order.filled_average_price


def test_a_lockstep_clock_stands_still_until_it_is_moved() -> None:
    replay = venue()
    assert replay.now() == at("27 09:25")
    advance(replay, "27 09:26")
    assert replay.now() == at("27 09:26")
    assert replay.hub.bars_published == 0


def test_an_order_sent_while_the_clock_stands_fills_at_the_minute_that_comes() -> None:
    replay = venue()
    advance(replay, "27 09:30")
    order = buy(replay)
    advance(replay, "27 09:31")
    assert fill_price(replay, order) == Decimal("110.0")
    later = buy(replay)
    advance(replay, "27 09:32")
    assert fill_price(replay, later) == Decimal("110.01")


def test_an_order_sent_before_the_open_fills_at_the_opening_price() -> None:
    replay = venue()
    order = buy(replay)
    advance(replay, "27 09:31")
    assert fill_price(replay, order) == Decimal("110.0")


def test_one_long_advance_is_the_same_as_many_short_ones() -> None:
    one, many = venue(), venue()
    for replay in (one, many):
        buy(replay)
    advance(one, "27 16:00")
    for minute in range(30, 60):
        advance(many, f"27 09:{minute}")
    for hour in range(10, 17):
        advance(many, f"27 {hour}:00")
    assert one.equity_curve == many.equity_curve
    assert len(one.equity_curve) == 390
    assert one.exchange.equity() == Decimal(100_000) + 10 * (Decimal("113.89") - Decimal("110.00"))


def test_the_night_brings_expiry_dividend_and_split() -> None:
    replay = venue()
    buy(replay, "AAA", 10)
    buy(replay, "CCC", 5)
    advance(replay, "27 16:00")
    assert replay.session(replay.now()).date == WEDNESDAY
    cash = replay.exchange.cash
    advance(replay, "29 09:25")
    assert replay.exchange.quantity("CCC") == 20
    assert replay.exchange.cash - cash == Decimal("2.50")
    assert replay.tape.latest_price["CCC"][1] == 20.0
    advance(replay, "29 13:00")
    assert replay.is_over
    assert len(replay.equity_curve) == 390 + 210


def test_a_scaled_clock_runs_and_late_orders_wait_for_the_next_minute() -> None:
    real = [0.0]
    replay = venue(speed=60.0, monotonic=lambda: real[0])
    real[0] = 5.5  # five virtual minutes and a half: 09:30:30
    order = buy(replay)
    real[0] = 6.0
    replay.now()
    assert fill_price(replay, order) == Decimal("110.01")
    assert replay.hub.bars_published == 3
    real[0] = 7.0
    assert replay.now() == at("27 09:32")
    assert replay.hub.bars_published == 6


def test_a_session_without_bars_cannot_be_replayed() -> None:
    with pytest.raises(DataNotFoundError, match=r"2024-11-28.*from 2024-11-26 to 2024-11-29"):
        venue((FRIDAY.replace(day=28),))


def test_the_previous_close_comes_from_history() -> None:
    replay = venue((TUESDAY, WEDNESDAY))
    assert replay.exchange.last_price("AAA") is None
    assert venue((WEDNESDAY,)).exchange.last_price("AAA") == Decimal("103.89")
