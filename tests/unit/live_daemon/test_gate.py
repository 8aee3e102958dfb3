"""The wire gate: what must hold before an order's bytes leave (I5, I6, I8, I9; F55, F72, F79)."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from live_daemon.gate import GateLimits, GateView, check_wire, is_reducing, worst_case_shares
from live_daemon.modes import Mode
from qts_core.market.calendar import Session
from qts_core.market.orders import OrderRequest, OrderSide, OrderStatus, OrderType, OrderUpdate
from qts_core.orders.state import OrderState

OPEN = datetime(2024, 12, 31, 14, 30, tzinfo=UTC)
NOON = OPEN + timedelta(hours=2)
LIMITS = GateLimits(0.10, 1.0, 0.05, 150)


def view(**changes: object) -> GateView:
    """Return facts under which a small order may leave, with `changes`."""
    session = Session(date(2024, 12, 31), OPEN, OPEN + timedelta(hours=6, minutes=30))
    facts = GateView("paper", Mode.TRADING, False, 3, 3, NOON, session, 100_000.0, {}, (), {"AAA": 100.0}, 0, False)
    return replace(facts, **changes)  # type: ignore[arg-type]


def order(quantity: str = "10", side: OrderSide = OrderSide.BUY, **more: object) -> OrderRequest:
    """Return an order of AAA."""
    return OrderRequest("q-1", "AAA", side, quantity=Decimal(quantity), **more)  # type: ignore[arg-type]


def working(quantity: str, side: OrderSide, name: str = "q-0", status: OrderStatus = OrderStatus.NEW) -> OrderState:
    """Return an order that is under way."""
    request = OrderRequest(name, "AAA", side, quantity=Decimal(quantity))
    return OrderState.created(request, NOON).apply(OrderUpdate(name, "AAA", status, Decimal(0), NOON))


def test_an_order_within_every_rule_leaves() -> None:
    assert check_wire(order(), view(), LIMITS) == ""


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"trading_mode": "dry"}, "gate.mode"),
        ({"trading_mode": "LIVE"}, "gate.mode"),
        *[({"mode": mode}, "gate.mode") for mode in Mode if mode is not Mode.TRADING],
        ({"is_killed": True}, "gate.kill"),
        ({"newest_lease_epoch": 4}, "gate.lease"),
        ({"lease_epoch": 0, "newest_lease_epoch": 0}, "gate.lease"),
        ({"session": None}, "gate.session"),
        ({"now": OPEN - timedelta(seconds=1)}, "gate.session"),
        ({"now": OPEN + timedelta(hours=6, minutes=30)}, "gate.session"),
        ({"messages_last_minute": 150}, "gate.budget"),
        ({"is_posted": True}, "gate.slot"),
        ({"marks": {}}, "gate.price"),
        ({"marks": {"AAA": math.nan}}, "gate.price"),
        ({"marks": {"AAA": math.inf}}, "gate.price"),
        ({"marks": {"AAA": 0.0}}, "gate.price"),
        ({"equity": math.nan}, "gate.position"),
        ({"equity": 0.0}, "gate.position"),
        ({"equity": -5.0}, "gate.position"),
    ],
)
def test_one_broken_rule_holds_an_entry_back(changes: dict[str, object], rule: str) -> None:
    assert check_wire(order(), view(**changes), LIMITS).startswith(rule)


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "0.5"])
def test_only_positive_whole_quantities_leave(quantity: str) -> None:
    assert check_wire(order(quantity), view(), LIMITS).startswith("gate.quantity")


def test_nan_limits_deny() -> None:
    limits = GateLimits(math.nan, math.nan, math.nan, 150)
    assert check_wire(order(), view(), limits).startswith("gate.position")
    priced = order(type=OrderType.LIMIT, limit_price=Decimal(100))
    assert check_wire(priced, view(), limits).startswith("gate.price")


def test_a_limit_price_outside_the_collar_is_held_back() -> None:
    inside = order(type=OrderType.LIMIT, limit_price=Decimal("104.99"))
    outside = order(type=OrderType.LIMIT, limit_price=Decimal("105.01"))
    assert check_wire(inside, view(), LIMITS) == ""
    assert check_wire(outside, view(), LIMITS).startswith("gate.price")


def test_orders_whose_outcome_is_unknown_count_in_the_worst_case() -> None:
    unknown = working("140", OrderSide.BUY, status=OrderStatus.UNKNOWN)
    assert worst_case_shares("AAA", view(open_orders=(unknown,)), order("11")) == 151
    # 10 % of 100,000 USD, with half as much again of slack, is 150 shares at 100 USD.
    assert check_wire(order("11"), view(open_orders=(unknown,)), LIMITS).startswith("gate.position")
    assert check_wire(order("10"), view(open_orders=(unknown,)), LIMITS) == ""


def test_the_worst_case_takes_the_side_that_hurts_more() -> None:
    orders = (working("30", OrderSide.BUY, "q-2"), working("50", OrderSide.SELL, "q-3"))
    assert worst_case_shares("AAA", view(positions={"AAA": Decimal(10)}, open_orders=orders)) == 40
    assert worst_case_shares("AAA", view(positions={"AAA": Decimal(-10)}, open_orders=orders)) == 60


def test_exits_leave_while_entries_are_blocked_but_never_after_a_kill() -> None:
    held = {"AAA": Decimal(10)}
    exit_order = order("10", OrderSide.SELL)
    for mode in (Mode.HALTED, Mode.STALE, Mode.DEGRADED):
        assert check_wire(exit_order, view(mode=mode, positions=held), LIMITS) == ""
    for mode in (Mode.KILLED, Mode.STARTING, Mode.RECONCILING):
        assert check_wire(exit_order, view(mode=mode, positions=held), LIMITS).startswith("gate.mode")


def test_an_exit_larger_than_the_position_or_doubled_by_an_open_one_is_no_exit() -> None:
    held = {"AAA": Decimal(10)}
    assert is_reducing(order("10", OrderSide.SELL), view(positions=held))
    assert not is_reducing(order("11", OrderSide.SELL), view(positions=held))
    assert not is_reducing(order("1", OrderSide.BUY), view(positions=held))
    assert not is_reducing(order("10", OrderSide.SELL), view())
    double = (working("1", OrderSide.SELL),)
    assert not is_reducing(order("10", OrderSide.SELL), view(positions=held, open_orders=double))
