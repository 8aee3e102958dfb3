"""Refusals of the protocol reference, section 16.2, that need no account."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from qts_core.exchange.rules import refuse_malformed
from qts_core.market.orders import OrderClass, OrderRequest, OrderSide, OrderType, TimeInForce
from tests.unit.qts_core.exchange.desk import INSTRUMENTS, OPEN

D = Decimal


def order(**changes: object) -> OrderRequest:
    content: dict[str, object] = {"client_order_id": "x", "symbol": "AAA", "side": OrderSide.BUY, "quantity": D(1)}
    return OrderRequest(**{**content, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "status", "code", "message"),
    [
        ({"symbol": "ZZZ"}, 422, 42210000, 'asset "ZZZ" not found'),
        ({"symbol": "CCC"}, 422, 42210000, 'asset "CCC" is not tradable'),
        ({"quantity": D(0)}, 422, 40010001, "qty must be > 0"),
        ({"quantity": D(-5)}, 422, 40010001, "qty must be > 0"),
        ({"quantity": D("NaN")}, 422, 40010001, "qty must be > 0"),
        ({"quantity": None}, 422, 40010001, "qty or notional is required"),
        ({"notional": D(10)}, 422, 40010001, "only one of qty or notional is accepted"),
        ({"quantity": None, "notional": D("0.99")}, 422, 42210000, "notional amount must be >= 1.00"),
        ({"type": OrderType.LIMIT}, 422, 40010001, "limit orders require a limit price"),
        ({"type": OrderType.STOP}, 422, 40010001, "stop orders require a stop price"),
        ({"limit_price": D(5)}, 422, 40010001, "market orders require no stop or limit price"),
        ({"type": OrderType.LIMIT, "limit_price": D(0)}, 422, 40010001, "limit price must be > 0"),
        (
            {"type": OrderType.STOP_LIMIT, "limit_price": D(5)},
            422,
            40010001,
            "stop limit orders require both stop and limit price",
        ),
        (
            {"type": OrderType.LIMIT, "limit_price": D("101.255")},
            422,
            42210000,
            "invalid limit_price 101.255. sub-penny increment does not fulfill minimum pricing criteria",
        ),
        (
            {"quantity": D("0.5"), "time_in_force": TimeInForce.GTC},
            422,
            42210000,
            "fractional orders must be DAY orders",
        ),
        ({"extended_hours": True}, 422, 42210000, "extended hours order must be DAY or GTC limit orders"),
        ({"order_class": OrderClass.BRACKET}, 422, 40010001, "bracket orders require take_profit.limit_price"),
        (
            {"order_class": OrderClass.BRACKET, "take_profit_limit_price": D(110)},
            422,
            40010001,
            "bracket orders require stop_loss.stop_price",
        ),
        (
            {"type": OrderType.TRAILING_STOP},
            422,
            40010001,
            "trailing stop orders must specify one of trail_price or trail_percent",
        ),
        (
            {"type": OrderType.TRAILING_STOP, "trail_price": D(1), "trail_percent": D(1)},
            422,
            40010001,
            "trailing stop orders must specify one of trail_price or trail_percent",
        ),
        (
            {"type": OrderType.TRAILING_STOP, "trail_percent": D("0.09")},
            422,
            40010001,
            "trail_percent must be greater than or equal to 0.1",
        ),
        (
            {"quantity": D("1.5"), "order_class": OrderClass.OTO, "take_profit_limit_price": D(110)},
            422,
            42210000,
            "fractional orders must be simple orders",
        ),
        ({"client_order_id": "x" * 129}, 422, 40010001, "client_order_id must be no more than 128 characters"),
    ],
)
def test_what_nobody_may_send_is_refused_in_alpacas_words(
    changes: dict[str, object], status: int, code: int, message: str
) -> None:
    refused = refuse_malformed(order(**changes), INSTRUMENTS, OPEN)
    assert refused is not None
    assert (refused.http_status, refused.code, refused.message) == (status, code, message)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"quantity": None, "notional": D("25.50")},
        {"type": OrderType.LIMIT, "limit_price": D("0.1234")},
        {"type": OrderType.LIMIT, "limit_price": D("101.25"), "extended_hours": True},
        {"client_order_id": "x" * 128},
        {"quantity": D("0.123456789")},
    ],
)
def test_what_is_well_formed_passes(changes: dict[str, object]) -> None:
    assert refuse_malformed(order(**changes), INSTRUMENTS, OPEN) is None


@pytest.mark.parametrize(
    ("lifetime", "hour_utc", "minute", "is_allowed"),
    [
        (TimeInForce.OPG, 14, 27, True),
        (TimeInForce.OPG, 14, 28, False),
        (TimeInForce.OPG, 23, 59, False),
        (TimeInForce.OPG, 0, 0, True),
        (TimeInForce.CLS, 20, 49, True),
        (TimeInForce.CLS, 20, 50, False),
    ],
)
def test_auction_orders_have_their_windows(lifetime: TimeInForce, hour_utc: int, minute: int, is_allowed: bool) -> None:
    now = datetime(2024, 11, 26, hour_utc, minute, tzinfo=UTC)  # New York is five hours behind
    refused = refuse_malformed(order(time_in_force=lifetime), INSTRUMENTS, now)
    assert (refused is None) is is_allowed
    assert refused is None or (refused.http_status, refused.code) == (403, 40310000)
