"""Average cost, realised in proportion; figures by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from qts_core.exchange.ledger import Ledger
from qts_core.market.events import Dividend, Split
from qts_core.market.orders import Execution, OrderSide

NOON = datetime(2024, 11, 26, 17, tzinfo=UTC)
D = Decimal


def execution(side: OrderSide, quantity: str, price: str, commission: str = "0") -> Execution:
    return Execution("e", "c", "AAA", side, D(quantity), D(price), NOON, D(commission))


def test_cash_moves_by_price_and_fees_and_the_average_follows() -> None:
    ledger = Ledger(D(10_000))
    assert ledger.book(execution(OrderSide.BUY, "10", "100")) == 10
    assert ledger.book(execution(OrderSide.BUY, "30", "104", "0.5")) == 40
    assert ledger.cash == D("5879.5")  # 10,000 - 1,000 - 3,120 - 0.50
    assert ledger.positions["AAA"].average_price == D(103)


def test_a_partial_sale_keeps_the_average_and_a_full_one_removes_the_position() -> None:
    ledger = Ledger(D(0))
    ledger.book(execution(OrderSide.BUY, "40", "103"))
    ledger.book(execution(OrderSide.SELL, "10", "110"))
    assert ledger.positions["AAA"].average_price == D(103)
    assert ledger.book(execution(OrderSide.SELL, "30", "100")) == 0
    assert "AAA" not in ledger.positions
    assert ledger.cash == D(-20)  # -4,120 + 1,100 + 3,000


def test_a_sale_through_zero_starts_a_short_at_its_own_price() -> None:
    ledger = Ledger(D(0))
    ledger.book(execution(OrderSide.BUY, "10", "100"))
    assert ledger.book(execution(OrderSide.SELL, "15", "90")) == -5
    assert ledger.positions["AAA"].average_price == D(90)


def test_a_four_for_one_split_keeps_the_cost() -> None:
    ledger = Ledger(D(0))
    ledger.book(execution(OrderSide.BUY, "10", "100"))
    assert ledger.split(Split("AAA", date(2024, 11, 27), D(4), D(1))) == 30
    assert (ledger.quantity("AAA"), ledger.positions["AAA"].average_price) == (D(40), D(25))


def test_a_short_pays_the_dividend() -> None:
    ledger = Ledger(D(1_000))
    ledger.book(execution(OrderSide.SELL, "10", "100"))
    assert ledger.dividend(Dividend("AAA", date(2024, 11, 27), D("0.25"))) == D("-2.50")
    assert ledger.cash == D("1997.50")
