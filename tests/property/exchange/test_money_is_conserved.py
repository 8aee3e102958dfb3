"""Whatever is traded, cash and positions are exactly the fold of the fills, and costs explain the rest."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qts_core.exchange import Accepted, fill_settings
from qts_core.market.orders import OrderSide
from tests.unit.qts_core.exchange.desk import Desk

PRICES = st.integers(5_000, 20_000).map(lambda cents: cents / 100)
STEP = st.tuples(
    st.sampled_from(list(OrderSide)),
    st.integers(1, 200),
    st.one_of(st.none(), st.integers(50, 200)),
    PRICES,
    st.booleans(),
)


@given(st.lists(STEP, max_size=25), st.sampled_from(["optimistic", "realistic", "pessimistic", "alpaca-paper"]))
def test_cash_and_positions_are_a_fold_of_the_fills(
    steps: list[tuple[OrderSide, int, int | None, float, bool]], mode: str
) -> None:
    desk = Desk(fill_settings(mode))
    desk.exchange.mark({"AAA": 100.0}, is_previous_close=True)
    for side, quantity, limit, price, is_cancelled in steps:
        request = desk.request(side, str(quantity), limit_price=None if limit is None else str(limit))
        answer = desk.exchange.submit(request, desk.now)
        if isinstance(answer, Accepted) and is_cancelled:
            desk.exchange.cancel(answer.order.id, desk.now)
        desk.minute(AAA=(price, price * 1.01, price * 0.99, price))
    cash, shares = Decimal(100_000), Decimal(0)
    for fill in desk.exchange.fills:
        execution = fill.execution
        signed = execution.quantity * execution.side.sign
        cash -= signed * execution.price + execution.commission
        shares += signed
        assert fill.position_quantity == shares
        assert fill.spread_cost + fill.slippage_cost == abs(execution.price - fill.reference_price) * execution.quantity
        order = desk.exchange.order(fill.order_id)
        assert order is not None
        assert order.filled_quantity == order.request.quantity
        limit_price = order.request.limit_price
        assert limit_price is None or (limit_price - execution.price) * execution.side.sign >= 0
    assert (desk.exchange.cash, desk.exchange.quantity("AAA")) == (cash, shares)
    fees = -sum((c.amount for c in desk.exchange.charges), Decimal(0))
    assert fees == sum((f.execution.commission for f in desk.exchange.fills), Decimal(0))
