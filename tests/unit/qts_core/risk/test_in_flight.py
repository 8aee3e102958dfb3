"""Orders at work, one check at a time, at the boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qts_core.market.orders import OrderSide, OrderStatus, TimeInForce
from qts_core.risk.in_flight import InFlightSettings, NextStep, WorkingOrder, inspect, inspect_all, slippage_bps

SENT = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
CLOSE = datetime(2024, 3, 4, 21, 0, tzinfo=UTC)
ORDER = WorkingOrder(
    "c1", "AA", OrderSide.BUY, OrderStatus.NEW, TimeInForce.DAY, 100.0, 0.0, 0.0, 50.0, SENT, SENT, CLOSE
)
SETTINGS = InFlightSettings()


def names(order: WorkingOrder, after: timedelta) -> list[tuple[str, NextStep]]:
    return [(f.verdict.name, f.step) for f in inspect(order, SENT + after, SETTINGS)]


def test_an_order_that_waits_in_the_book_is_not_remarkable() -> None:
    assert names(ORDER, timedelta(hours=5)) == []


def test_slippage_is_paid_by_buyers_above_and_by_sellers_below_the_arrival_price() -> None:
    assert slippage_bps(OrderSide.BUY, 50.25, 50.0) == pytest.approx(50.0)
    assert slippage_bps(OrderSide.SELL, 50.25, 50.0) == pytest.approx(-50.0)


@pytest.mark.parametrize(("price", "found"), [(50.25, []), (50.26, [("flight.slippage", NextStep.CANCEL)])])
def test_the_rest_of_an_order_that_slips_too_far_is_cancelled(price: float, found: list[tuple[str, NextStep]]) -> None:
    filled = replace(ORDER, filled=40.0, average_price=price, status=OrderStatus.PARTIALLY_FILLED)
    assert names(filled, timedelta(minutes=1)) == found
    assert names(replace(filled, average_price=float("nan")), timedelta(0)) != [], "an unknown price is no good one"


def test_a_partial_fill_is_reported_once_it_lasts_and_counts_as_it_is() -> None:
    partial = replace(ORDER, filled=40.0, average_price=50.0, status=OrderStatus.PARTIALLY_FILLED)
    assert names(partial, timedelta(minutes=14)) == []
    (finding,) = inspect(partial, SENT + timedelta(minutes=15), SETTINGS)
    assert (finding.verdict.name, finding.step) == ("flight.partial", NextStep.WAIT)
    assert finding.verdict.room == 60.0


@pytest.mark.parametrize(
    ("force", "after", "found"),
    [
        (TimeInForce.DAY, timedelta(hours=6), []),
        (TimeInForce.DAY, timedelta(hours=6, seconds=1), [("flight.expired", NextStep.ASK)]),
        (TimeInForce.IOC, timedelta(seconds=1), [("flight.expired", NextStep.ASK)]),
        (TimeInForce.GTC, timedelta(days=30), []),
    ],
)
def test_an_order_whose_time_is_over_is_asked_for(
    force: TimeInForce, after: timedelta, found: list[tuple[str, NextStep]]
) -> None:
    assert names(replace(ORDER, time_in_force=force), after) == found


@pytest.mark.parametrize(
    ("seconds", "found"),
    [(29, []), (30, [("flight.stuck", NextStep.ASK)]), (300, [("flight.stuck", NextStep.TELL)])],
)
@pytest.mark.parametrize("status", [OrderStatus.SENT, OrderStatus.UNKNOWN, OrderStatus.PENDING_CANCEL])
def test_an_order_that_nobody_answers_is_asked_for_and_then_a_person_is_told(
    seconds: int, found: list[tuple[str, NextStep]], status: OrderStatus
) -> None:
    assert names(replace(ORDER, status=status), timedelta(seconds=seconds)) == found


def test_a_finished_order_is_nobody_s_business() -> None:
    done = replace(ORDER, status=OrderStatus.FILLED, filled=100.0, average_price=99.0)
    assert inspect_all([done, done], SENT + timedelta(days=1), SETTINGS) == ()
