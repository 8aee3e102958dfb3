"""The book against hand computation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from qts_core.market.events import CashMoved, Dividend, Split
from qts_core.market.orders import Execution, OrderSide
from qts_core.orders.book import Book

D = Decimal
START = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


def fill(number: int, side: str, quantity: str, price: str, *, fee: str = "0", symbol: str = "AA") -> Execution:
    moment = START + timedelta(minutes=number)
    return Execution(f"e{number}", f"o{number}", symbol, OrderSide(side), D(quantity), D(price), moment, D(fee))


def book_of(*fills: Execution, cash: str = "10000") -> Book:
    book = Book(D(cash))
    for one in fills:
        assert book.execute(one)
    return book


def test_a_buy_moves_cash_by_price_and_commission_exactly() -> None:
    book = book_of(fill(1, "buy", "3", "33.3333", fee="0.01"))
    assert book.cash == D("10000") - D("99.9999") - D("0.01")
    assert book.position("AA").quantity == 3


def test_average_price_is_the_mean_of_what_was_bought_weighted_by_shares() -> None:
    book = book_of(fill(1, "buy", "10", "100"), fill(2, "buy", "30", "104"))
    assert book.position("AA").average_price == D(103)


def test_realised_profit_of_a_partial_sale_is_measured_against_the_average() -> None:
    book = book_of(fill(1, "buy", "10", "100"), fill(2, "buy", "30", "104"), fill(3, "sell", "20", "110"))
    position = book.position("AA")
    assert position.realised == D(20) * (D(110) - D(103))
    assert position.average_price == D(103)


def test_a_short_earns_when_it_is_bought_back_lower() -> None:
    book = book_of(fill(1, "sell", "5", "50"), fill(2, "buy", "5", "44"))
    assert book.position("AA").realised == D(30)
    assert book.cash == D(10030)
    assert book.holdings() == {}


def test_sell_fill_larger_than_position_flips_to_short_at_its_own_price() -> None:
    book = book_of(fill(1, "buy", "4", "10"), fill(2, "sell", "10", "12"))
    position = book.position("AA")
    assert (position.quantity, position.realised, position.average_price) == (D(-6), D(8), D(12))


def test_the_same_execution_counts_once() -> None:
    book = book_of(fill(1, "buy", "1", "10"))
    assert not book.execute(fill(1, "buy", "1", "10"))
    assert book.position("AA").quantity == 1


def test_a_split_changes_shares_and_average_but_not_cost_or_cash() -> None:
    book = book_of(fill(1, "buy", "10", "120"))
    assert book.split(Split("AA", date(2024, 3, 5), D(3), D(1)), START + timedelta(days=1))
    position = book.position("AA")
    assert (position.quantity, position.cost, position.average_price) == (D(30), D(1200), D(40))
    assert book.cash == D(8800)
    assert not book.split(Split("AA", date(2024, 3, 5), D(3), D(1)), START + timedelta(days=1))


@pytest.mark.parametrize(("side", "sign"), [("buy", 1), ("sell", -1)])
def test_a_long_receives_a_dividend_and_a_short_pays_it(side: str, sign: int) -> None:
    book = book_of(fill(1, side, "10", "100"))
    before = book.cash
    book.dividend(Dividend("AA", date(2024, 3, 5), D("0.245")), START + timedelta(days=1))
    assert book.cash - before == sign * D("2.45")
    assert book.position("AA").dividends == sign * D("2.45")


def test_a_fill_that_arrives_after_the_split_but_happened_before_is_split_too() -> None:
    late = fill(1, "buy", "10", "120")
    split = Split("AA", date(2024, 3, 5), D(2), D(1))
    in_time, too_late = Book(D(10000)), Book(D(10000))
    in_time.execute(late)
    in_time.split(split, START + timedelta(days=1))
    too_late.split(split, START + timedelta(days=1))
    too_late.execute(late)
    assert too_late.position("AA") == in_time.position("AA")
    assert too_late.position("AA").quantity == 20
    assert too_late.cash == in_time.cash


def test_other_cash_is_booked_once_per_activity() -> None:
    book = Book(D(100))
    borrow = CashMoved(START, "a1", D("-0.37"), "BORROW")
    assert book.move_cash(borrow)
    assert not book.move_cash(borrow)
    assert book.cash == D("99.63")
