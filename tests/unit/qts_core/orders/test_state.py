"""The life of one order, status by status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from qts_core.market.orders import Execution, OrderRequest, OrderSide, OrderStatus, OrderUpdate
from qts_core.orders.state import OrderState, fold

D = Decimal
S = OrderStatus
START = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
REQUEST = OrderRequest("c1", "AA", OrderSide.SELL, quantity=D(10))
CREATED = OrderState.created(REQUEST, START)


def update(status: OrderStatus, minute: int, filled: str = "0", execution: Execution | None = None) -> OrderUpdate:
    return OrderUpdate("c1", "AA", status, D(filled), START + timedelta(minutes=minute), "b1", execution)


def execution(name: str, quantity: str, minute: int = 1, price: str = "10") -> Execution:
    return Execution(name, "c1", "AA", OrderSide.SELL, D(quantity), D(price), START + timedelta(minutes=minute))


def test_an_order_just_decided_is_open_for_its_whole_quantity() -> None:
    assert CREATED.is_open
    assert CREATED.remaining == 10
    assert CREATED.signed_remaining == -10


def test_an_unknown_outcome_stays_open_until_the_broker_speaks() -> None:
    state = CREATED.apply(update(S.UNKNOWN, 1))
    assert state.is_open
    assert state.apply(update(S.REJECTED, 2)).is_open is False


def test_a_late_accepted_does_not_reopen_a_filled_order() -> None:
    done = CREATED.apply(update(S.FILLED, 2, "10", execution("e1", "10")))
    assert done.apply(update(S.ACCEPTED, 3)).status is S.FILLED
    assert done.remaining == 0


def test_executions_for_the_whole_quantity_fill_the_order_before_the_word_comes() -> None:
    state = fold(CREATED, [update(S.NEW, 1, execution=execution("e1", "4")),
                           update(S.NEW, 1, execution=execution("e2", "6"))])  # fmt: skip
    assert state.status is S.FILLED


def test_a_partly_filled_order_that_is_cancelled_keeps_its_fill_and_is_closed() -> None:
    state = fold(CREATED, [update(S.PARTIALLY_FILLED, 1, "4", execution("e1", "4")), update(S.CANCELED, 2, "4")])
    assert state.status is S.CANCELED
    assert (state.filled_quantity, state.remaining, state.is_open) == (D(4), D(0), False)


def test_the_word_filled_without_its_executions_keeps_the_order_open_for_them() -> None:
    state = CREATED.apply(update(S.FILLED, 2, "10"))
    assert state.is_missing_fills
    assert state.is_open
    assert state.remaining == 10
    assert not state.apply(update(S.FILLED, 2, "10", execution("e1", "10"))).is_open


def test_a_refused_cancel_returns_the_order_to_work() -> None:
    state = fold(CREATED, [update(S.NEW, 1), update(S.PENDING_CANCEL, 2), update(S.NEW, 3)])
    assert state.status is S.NEW


def test_one_execution_id_with_two_contents_is_a_conflict_whatever_comes_first() -> None:
    one, two = execution("e1", "4", price="10"), execution("e1", "4", price="11")
    states = [
        fold(CREATED, [update(S.NEW, 1, execution=a), update(S.NEW, 1, execution=b)])
        for a, b in ((one, two), (two, one))
    ]
    assert states[0] == states[1]
    assert states[0].is_conflicted
    assert states[0].filled_quantity == 4


def test_an_update_that_tells_nothing_new_gives_back_the_same_state() -> None:
    state = CREATED.apply(update(S.NEW, 1))
    assert state.apply(update(S.NEW, 1)) is state


def test_an_order_of_someone_else_takes_its_side_from_its_fills() -> None:
    state = OrderState.foreign(update(S.FILLED, 1, "4", execution("e1", "4")))
    assert state.side is OrderSide.SELL
    assert not state.is_open
