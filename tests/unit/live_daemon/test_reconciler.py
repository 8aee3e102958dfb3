"""What the broker knows and the book does not (F05, F37, F73; I3, I4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations

from live_daemon.reconciler import adoption, missing_updates
from qts_core.market.orders import Execution, OrderRequest, OrderSide, OrderStatus, OrderUpdate
from qts_core.orders.state import OrderState, fold
from qts_core.ports.broker import BrokerAccount, BrokerFill, BrokerOrder, BrokerPosition

NOW = datetime(2024, 12, 31, 15, 0, tzinfo=UTC)
REQUEST = OrderRequest("q-1", "AAA", OrderSide.BUY, quantity=Decimal(100))
FILLS = tuple(
    BrokerFill(
        f"e{i}", "b-1", "AAA", OrderSide.BUY, Decimal(25), Decimal("10.01"), Decimal(25 * (i + 1)), NOW, Decimal(0)
    )
    for i in range(4)
)  # fmt: skip


def broker_order(status: OrderStatus, filled: int, name: str = "q-1") -> BrokerOrder:
    """Return the broker's view."""
    return BrokerOrder("b-1", name, "AAA", OrderSide.BUY, status, Decimal(100), Decimal(filled), NOW, NOW)


def heard(*indices: int) -> OrderState:
    """Return the order after the stream told of these fills only, in order."""
    state = OrderState.created(REQUEST, NOW)
    updates = [
        OrderUpdate("q-1", "AAA", OrderStatus.PARTIALLY_FILLED, FILLS[i].cumulative_quantity, NOW, "b-1",
                    Execution(FILLS[i].execution_id, "q-1", "AAA", OrderSide.BUY, Decimal(25), Decimal("10.01"), NOW))
        for i in indices
    ]  # fmt: skip
    return fold(state, updates)


def test_any_fills_lost_after_the_last_heard_one_are_recovered_once() -> None:
    for count in range(5):
        for told in combinations(range(count), count):
            state = heard(*told)
            updates = missing_updates([broker_order(OrderStatus.FILLED, 100)], FILLS, {"q-1": state})
            after = fold(state, updates)
            assert after.filled_quantity == 100
            assert after.status is OrderStatus.FILLED
            assert missing_updates([broker_order(OrderStatus.FILLED, 100)], FILLS, {"q-1": after}) == []


def test_an_order_that_only_the_broker_knows_is_adopted_with_its_fills() -> None:
    updates = missing_updates([broker_order(OrderStatus.PARTIALLY_FILLED, 50, "someone")], FILLS[:2], {})
    assert [u.execution.execution_id for u in updates if u.execution] == ["e0", "e1"]
    assert {u.client_order_id for u in updates} == {"someone"}


def test_what_agrees_is_left_alone() -> None:
    state = fold(OrderState.created(REQUEST, NOW), [OrderUpdate("q-1", "AAA", OrderStatus.NEW, Decimal(0), NOW, "b-1")])
    assert missing_updates([broker_order(OrderStatus.NEW, 0)], (), {"q-1": state}) == []


def test_a_cancel_with_a_partial_fill_keeps_the_fill() -> None:
    updates = missing_updates([broker_order(OrderStatus.CANCELED, 25)], FILLS[:1], {"q-1": heard()})
    after = fold(heard(), updates)
    assert after.filled_quantity == 25
    assert after.status is OrderStatus.CANCELED
    assert not after.is_open


def test_adopting_an_account_gives_its_cash_and_positions_back_exactly() -> None:
    account = BrokerAccount("PA1", Decimal("90000.50"), Decimal("100000"), is_blocked=False, is_shorting_enabled=True)
    positions = (
        BrokerPosition("AAA", Decimal(100), Decimal("100.25")), BrokerPosition("BBB", Decimal(-10), Decimal("12.5")),
    )  # fmt: skip
    cash, updates = adoption(account, positions, NOW + timedelta(hours=1))
    for update in updates:
        assert update.execution is not None
        cash -= update.execution.quantity * update.execution.side.sign * update.execution.price
    assert cash == account.cash
