"""The life of an order, step by step, against the life cycle of the protocol reference, section 6.7."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from qts_core.exchange import Accepted, Amendment, Refused, fill_settings
from qts_core.market.events import CorporateActionsApplied, Dividend, Split
from qts_core.market.orders import OrderSide, OrderStatus, TimeInForce
from tests.unit.qts_core.exchange.desk import FREE, OPEN, Desk

BUY, SELL = OrderSide.BUY, OrderSide.SELL
CLOSE = datetime(2024, 11, 26, 21, tzinfo=UTC)
D = Decimal


def test_a_market_order_is_pending_then_new_then_filled_whole_at_the_next_open(desk: Desk) -> None:
    answer = desk.exchange.submit(desk.request(BUY, "100"), desk.now)
    assert isinstance(answer, Accepted)
    assert (answer.order.status, [e.event for e in answer.events]) == (OrderStatus.PENDING_NEW, ["new"])
    (event,) = desk.minute(AAA=(101.0, 105.0, 99.0, 104.0))
    assert (event.event, event.update.status, event.update.filled_quantity) == ("fill", OrderStatus.FILLED, D(100))
    assert event.fill is not None
    execution = event.fill.execution
    assert (execution.price, execution.ts_event) == (D(101), OPEN)
    assert desk.exchange.cash == D(100_000) - 100 * 101
    assert desk.exchange.equity() == D(100_300)  # 100 x (104 - 101)


def test_an_order_that_comes_after_the_open_waits_for_the_next_one(desk: Desk) -> None:
    desk.now += timedelta(seconds=1)
    order = desk.send(BUY, "1")
    desk.now -= timedelta(seconds=1)
    assert desk.minute(AAA=100.0) == []
    desk.minute(AAA=102.0)
    assert desk.order(order).filled_average_price == D(102)


def test_a_bar_without_data_fills_nothing(desk: Desk) -> None:
    order = desk.send(BUY, "1")
    assert desk.minute(BBB=50.0) == []
    assert desk.order(order).status is OrderStatus.NEW
    desk.minute(AAA=99.0)
    assert desk.order(order).filled_average_price == D(99)


def test_an_order_sent_while_closed_is_accepted_and_becomes_new_at_the_open(desk: Desk) -> None:
    desk.now = OPEN - timedelta(hours=2)
    order = desk.send(BUY, "1")
    assert (order.status, order.expires_at) == (OrderStatus.ACCEPTED, CLOSE)
    desk.now = OPEN
    assert [e.event for e in desk.minute(AAA=100.0)] == ["new", "fill"]


def test_the_account_of_costs_adds_up() -> None:
    desk = Desk(fill_settings("realistic"))
    desk.exchange.mark({"AAA": 100.0})
    desk.send(BUY, "100")
    (bought,) = desk.minute(AAA=100.0)
    desk.send(SELL, "100")
    (sold,) = desk.minute(AAA=100.0)
    assert bought.fill is not None
    assert sold.fill is not None
    # 100 shares: 1 bp of 100 = 1.00 spread, 1.5 bp = 1.50 slippage, each way; selling 9,997.50 costs 0.21 + 0.02
    assert (bought.fill.spread_cost, bought.fill.slippage_cost) == (D("1.00"), D("1.50"))
    assert (sold.fill.spread_cost, sold.fill.slippage_cost) == (D("1.00"), D("1.50"))
    assert sold.fill.execution.commission == D("0.23")
    assert desk.exchange.cash == D("99994.77")
    assert [(c.kind, c.amount) for c in desk.exchange.charges] == [("SEC", D("-0.21")), ("TAF", D("-0.02"))]


def test_a_resting_limit_fills_at_its_limit_when_the_bar_reaches_it(desk: Desk) -> None:
    order = desk.send(BUY, "10", limit_price="98")
    assert desk.minute(AAA=(100.0, 101.0, 98.5, 99.0)) == []
    (event,) = desk.minute(AAA=(99.0, 99.0, 97.0, 99.0))
    assert event.fill is not None
    assert (event.fill.execution.price, event.fill.execution.ts_event) == (D(98), OPEN + timedelta(minutes=2))
    assert desk.order(order).status is OrderStatus.FILLED


def test_a_stop_waits_in_new_and_sells_when_triggered(desk: Desk) -> None:
    desk.send(BUY, "10")
    desk.minute(AAA=100.0)
    order = desk.send(SELL, "10", stop_price="95")
    desk.minute(AAA=96.0)
    assert desk.order(order).status is OrderStatus.NEW
    desk.minute(AAA=(96.0, 96.0, 94.0, 95.5))
    assert desk.order(order).filled_average_price == D(95)


def test_a_triggered_stop_limit_keeps_its_trigger(desk: Desk) -> None:
    order = desk.send(BUY, "1", stop_price="105", limit_price="104")
    desk.minute(AAA=(100.0, 106.0, 100.0, 106.0))
    assert desk.order(order).is_triggered
    desk.minute(AAA=(103.0, 103.0, 103.0, 103.0))
    assert desk.order(order).filled_average_price == D(103)


@pytest.mark.parametrize("lifetime", [TimeInForce.IOC, TimeInForce.FOK])
def test_at_once_or_not_at_all(desk: Desk, lifetime: TimeInForce) -> None:
    filled = desk.send(BUY, "1", limit_price="101", time_in_force=lifetime)
    dropped = desk.send(BUY, "1", limit_price="95", time_in_force=lifetime)
    desk.minute(AAA=100.0)
    assert (desk.order(filled).status, desk.order(dropped).status) == (OrderStatus.FILLED, OrderStatus.CANCELED)


def test_the_closing_auction_fills_at_the_close(desk: Desk) -> None:
    order = desk.send(BUY, "1", time_in_force=TimeInForce.CLS)
    desk.minute(AAA=100.0)
    assert desk.order(order).status is OrderStatus.NEW
    desk.now = CLOSE - timedelta(minutes=1)
    desk.minute(AAA=(100.0, 103.0, 99.0, 102.0))
    assert desk.order(order).filled_average_price == D(102)


def test_the_opening_auction_fills_at_the_first_open_or_expires(desk: Desk) -> None:
    desk.now = OPEN - timedelta(hours=1)
    order = desk.send(BUY, "1", time_in_force=TimeInForce.OPG)
    late = desk.send(BUY, "1", limit_price="90", time_in_force=TimeInForce.OPG)
    desk.now = OPEN
    desk.minute(AAA=100.0)
    assert (desk.order(order).status, desk.order(late).status) == (OrderStatus.FILLED, OrderStatus.EXPIRED)


def test_day_orders_expire_at_the_close_and_gtc_orders_live_on(desk: Desk) -> None:
    day = desk.send(BUY, "1", limit_price="50")
    gtc = desk.send(BUY, "1", limit_price="50", time_in_force=TimeInForce.GTC)
    (event,) = desk.exchange.end_session(CLOSE)
    assert (event.event, event.order.id, event.order.expired_at) == ("expired", day.id, CLOSE)
    assert desk.order(gtc).status is OrderStatus.NEW


def test_an_order_for_tomorrow_survives_todays_close(desk: Desk) -> None:
    desk.now = CLOSE
    order = desk.send(BUY, "1")
    assert desk.exchange.end_session(CLOSE) == []
    assert order.expires_at == CLOSE + timedelta(days=1)


def test_a_cancelled_order_stays_cancelled(desk: Desk) -> None:
    order = desk.send(BUY, "1")
    answer = desk.exchange.cancel(order.id, desk.now)
    assert isinstance(answer, Accepted)
    assert [e.event for e in answer.events] == ["canceled"]
    assert desk.minute(AAA=100.0) == []
    again = desk.exchange.cancel(order.id, desk.now)
    assert isinstance(again, Refused)
    assert (again.http_status, again.code, again.message) == (422, 42210000, 'order is already in "canceled" state')
    missing = desk.exchange.cancel("5f2d9b0e-90f4-4a19-a4f5-7c6a4f1d0c33", desk.now)
    assert isinstance(missing, Refused)
    assert (missing.http_status, missing.code) == (404, 40410000)


def test_a_client_id_is_used_once_for_ever(desk: Desk) -> None:
    desk.send(BUY, "1", client_order_id="mine")
    desk.minute(AAA=100.0)
    refused = desk.refused(BUY, "2", client_order_id="mine")
    assert (refused.http_status, refused.code, refused.message) == (422, 40010001, "client_order_id must be unique")


def test_a_replacement_is_a_new_order_that_names_the_old(desk: Desk) -> None:
    old = desk.send(BUY, "10", limit_price="90")
    answer = desk.exchange.replace(old.id, desk.now, Amendment(quantity=D(4), limit_price=D(95)))
    assert isinstance(answer, Accepted)
    assert [(e.event, e.order.id) for e in answer.events] == [("replaced", old.id), ("new", answer.order.id)]
    assert (answer.order.replaces, desk.order(old).replaced_by) == (old.id, answer.order.id)
    assert desk.order(old).status is OrderStatus.REPLACED
    desk.minute(AAA=94.0)
    assert (desk.exchange.quantity("AAA"), desk.order(answer.order).status) == (D(4), OrderStatus.FILLED)


@pytest.mark.parametrize(
    ("amendment", "status", "message"),
    [
        (Amendment(), 403, "order parameters are not changed"),
        (Amendment(limit_price=D(90)), 403, "order parameters are not changed"),
        (Amendment(quantity=D("1.5")), 422, "qty of a fractional order cannot be replaced"),
        (Amendment(quantity=D(0)), 422, "qty must be > 0"),
        (Amendment(limit_price=D("90.001")), 422, "invalid limit_price 90.001. sub-penny increment does not fulfill "
         "minimum pricing criteria"),
        (Amendment(quantity=D(1), client_order_id="order-1"), 422, "client_order_id must be unique"),
    ],
)  # fmt: skip
def test_a_replacement_that_cannot_be_leaves_the_old_order_alone(
    desk: Desk, amendment: Amendment, status: int, message: str
) -> None:
    old = desk.send(BUY, "10", limit_price="90")
    answer = desk.exchange.replace(old.id, desk.now, amendment)
    assert isinstance(answer, Refused)
    assert (answer.http_status, answer.message) == (status, message)
    assert desk.order(old).status is OrderStatus.NEW


def test_a_queued_order_cannot_be_replaced(desk: Desk) -> None:
    desk.now = OPEN - timedelta(hours=1)
    answer = desk.exchange.replace(desk.send(BUY, "1").id, desk.now, Amendment(quantity=D(2)))
    assert isinstance(answer, Refused)
    assert answer.message == "unable to replace order, order is not open"


def test_an_order_by_value_buys_the_shares_it_pays_for(desk: Desk) -> None:
    order = desk.send(BUY, None, notional="100")
    desk.minute(AAA=300.0)
    assert desk.order(order).filled_quantity == D("0.333333333")
    assert desk.exchange.cash == D(100_000) - D("99.9999999")


def test_dividends_and_splits_are_booked_before_the_open(desk: Desk) -> None:
    desk.send(BUY, "10")
    desk.minute(AAA=100.0)
    limit = desk.send(BUY, "1", limit_price="90", time_in_force=TimeInForce.GTC)
    desk.exchange.end_session(CLOSE)
    tomorrow = date(2024, 11, 27)
    events = desk.exchange.apply(
        CorporateActionsApplied(
            CLOSE + timedelta(hours=12),
            splits=(Split("AAA", tomorrow, D(4), D(1)),),
            dividends=(Dividend("AAA", tomorrow, D("0.5")),),
        )
    )
    assert [(e.event, e.order.id) for e in events] == [("canceled", limit.id)]
    assert (desk.exchange.quantity("AAA"), desk.exchange.cash) == (D(40), D(99_005))
    assert desk.exchange.equity() == D(100_005)
    (position,) = desk.exchange.positions()
    assert (position.average_price, position.price, position.previous_close) == (D(25), D("25.0"), D("25.0"))


def test_the_days_profit_starts_at_the_previous_close(desk: Desk) -> None:
    desk.send(BUY, "10")
    desk.minute(AAA=(100.0, 110.0, 100.0, 110.0))
    desk.exchange.end_session(CLOSE)
    desk.now = OPEN + timedelta(days=1)
    desk.send(BUY, "10")
    desk.minute(AAA=(112.0, 115.0, 112.0, 115.0))
    (position,) = desk.exchange.positions()
    assert (position.unrealized, position.unrealized_today) == (D(180), D(80))  # 10 x 15 + 10 x 3; 10 x 5 + 10 x 3
    assert desk.exchange.account().last_equity == D(100_100)


def test_shorts_pay_for_borrowing_in_the_pessimistic_mode() -> None:
    desk = Desk(fill_settings("pessimistic", half_spread_bps=0, slippage_bps=0))
    desk.exchange.mark({"AAA": 100.0})
    desk.send(SELL, "100")
    desk.minute(AAA=100.0)
    before = desk.exchange.cash
    desk.exchange.end_session(CLOSE)
    assert before - desk.exchange.cash == D("0.14")  # 10,000 x 50 bp / 360 = 0.1389


def test_submission_times_differ_even_at_one_instant(desk: Desk) -> None:
    orders = [desk.send(BUY, "1") for _ in range(3)]
    assert len({o.submitted_at for o in orders}) == 3
    assert [o.filled_quantity for o in desk.exchange.orders()] == [0, 0, 0]
    assert len(desk.minute(AAA=100.0)) == 3


def test_the_same_requests_give_the_same_ids() -> None:
    def ids() -> list[str]:
        desk = Desk(FREE)
        desk.exchange.mark({"AAA": 100.0})
        desk.send(BUY, "1", client_order_id="")
        desk.send(BUY, "1")
        desk.minute(AAA=100.0)
        return [f.execution.execution_id for f in desk.exchange.fills] + [o.id for o in desk.exchange.orders()]

    assert ids() == ids()


def test_a_stated_intent_must_be_the_inferred_one(desk: Desk) -> None:
    answer = desk.exchange.submit(desk.request(BUY, "1"), desk.now, position_intent="buy_to_close")
    assert isinstance(answer, Refused)
    assert answer.message == "position intent mismatch, inferred: buy_to_open, specified: buy_to_close"
