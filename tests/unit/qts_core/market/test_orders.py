"""Words of the order path against the broker's list (specification 4.1, 12.2; X-09, X-10)."""

from __future__ import annotations

import pytest

from qts_core.market.orders import OrderSide, OrderStatus

# Alpaca's documented order statuses
BROKER = {
    "new", "partially_filled", "filled", "done_for_day", "canceled", "expired", "replaced", "pending_cancel",
    "pending_replace", "accepted", "pending_new", "accepted_for_bidding", "stopped", "rejected", "suspended",
    "calculated", "held", "pending_review",
}  # fmt: skip


def test_every_word_of_the_broker_is_known() -> None:
    assert {status.value for status in OrderStatus} >= BROKER


def test_the_brokers_enumeration_in_its_own_library_is_covered() -> None:
    from alpaca.trading.enums import OrderStatus as Theirs

    assert {status.value for status in Theirs} <= {status.value for status in OrderStatus}


@pytest.mark.parametrize("status", list(OrderStatus))
def test_only_five_states_are_final(status: OrderStatus) -> None:
    final = {"filled", "canceled", "replaced", "expired", "rejected"}
    assert status.is_terminal is (status.value in final)


def test_signs_of_sides() -> None:
    assert (OrderSide.BUY.sign, OrderSide.SELL.sign) == (1, -1)
