"""Alpaca's JSON, leniently (protocol 6.1, 14.2; F24, F40, F41)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgpack
import pytest

from qts_core.adapters.alpaca.parsing import (
    broker_account,
    broker_fill,
    broker_position,
    minute_bar,
    moment_of,
    order_payload,
    order_update,
    status_of,
)
from qts_core.market.orders import OrderRequest, OrderSide, OrderStatus, OrderType

ORDER = {
    "id": "b-1", "client_order_id": "q-1", "created_at": "2026-11-20T15:30:04.101Z", "symbol": "ZZT", "side": "buy",
    "updated_at": "2026-11-20T15:30:04.102Z", "submitted_at": "2026-11-20T15:30:04.101Z", "qty": "100",
    "filled_qty": "40", "status": "partially_filled",
}  # fmt: skip


def test_a_fill_of_the_stream_becomes_an_exact_execution() -> None:
    data = {"event": "partial_fill", "execution_id": "x-1", "timestamp": "2026-11-20T15:30:04.123456789Z",
            "price": "101.25", "qty": "40", "position_qty": "40", "order": ORDER}  # fmt: skip
    update = order_update(data)
    assert update.status is OrderStatus.PARTIALLY_FILLED
    assert update.ts_event == datetime(2026, 11, 20, 15, 30, 4, 123456, tzinfo=UTC)
    assert update.execution is not None
    assert (update.execution.price, update.execution.quantity) == (Decimal("101.25"), Decimal(40))


def test_an_unknown_word_never_breaks_the_feed() -> None:
    assert status_of("mystery") is OrderStatus.UNRECOGNISED
    update = order_update({"event": "quantum", "timestamp": "2026-11-20T15:30:04Z", "order": ORDER | {"status": "odd"}})
    assert update.status is OrderStatus.UNRECOGNISED
    assert update.execution is None


@pytest.mark.parametrize("data", [{}, {"event": "fill", "order": ORDER, "timestamp": "nonsense"}, {"order": None}])
def test_a_message_without_what_every_update_carries_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError, AttributeError)):
        order_update(data)


def test_a_short_position_is_negative_whichever_way_the_broker_signs_it() -> None:
    raw = {"symbol": "A", "qty": "5", "side": "short", "avg_entry_price": "2.5"}
    assert broker_position(raw).quantity == broker_position(raw | {"qty": "-5"}).quantity == Decimal(-5)


def test_a_blocked_account_is_seen() -> None:
    raw = {"account_number": "PA1", "cash": "1", "equity": "2", "status": "ACTIVE", "shorting_enabled": True}
    assert not broker_account(raw).is_blocked
    assert broker_account(raw | {"trading_blocked": True}).is_blocked
    assert broker_account(raw | {"status": "ACCOUNT_CLOSED_PENDING"}).is_blocked


def test_an_activity_names_its_execution_after_the_colons() -> None:
    raw = {"activity_type": "FILL", "id": "20261120103004123::7a0f", "cum_qty": "40", "price": "101.25", "qty": "40",
           "side": "sell_short", "symbol": "ZZT", "transaction_time": "2026-11-20T15:30:04Z",
           "order_id": "b-1"}  # fmt: skip
    fill = broker_fill(raw)
    assert fill.execution_id == "7a0f"
    assert fill.side is OrderSide.SELL


def test_a_bar_is_the_same_from_rest_and_from_the_stream() -> None:
    fields = {"S": "ZZT", "o": 101, "h": 101.6, "l": 100.9, "c": 101.5, "v": 80100}
    stamp = msgpack.Timestamp.from_datetime(datetime(2026, 11, 20, 14, 30, tzinfo=UTC))
    assert minute_bar(fields | {"t": stamp}, "ZZT") == minute_bar(fields | {"t": "2026-11-20T14:30:00Z"}, "ZZT")


@pytest.mark.parametrize("text", ["2026-11-20T14:30:00.5Z", "2026-11-20T09:30:00.500000000-05:00"])
def test_times_of_every_precision_and_offset_are_the_same_instant(text: str) -> None:
    assert moment_of(text) == datetime(2026, 11, 20, 14, 30, 0, 500_000, tzinfo=UTC)


def test_an_order_leaves_with_exact_decimal_strings() -> None:
    request = OrderRequest("q-1", "ZZT", OrderSide.BUY, OrderType.LIMIT, quantity=Decimal("10"),
                           limit_price=Decimal("101.10"))  # fmt: skip
    assert order_payload(request) == {
        "symbol": "ZZT", "side": "buy", "type": "limit", "time_in_force": "day", "client_order_id": "q-1", "qty": "10",
        "limit_price": "101.1",
    }  # fmt: skip
