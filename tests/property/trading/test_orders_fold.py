"""Orders and books are functions of the set of what happened, whatever the order and however often it is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.events import Dividend, Split
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution, OrderRequest, OrderSide, OrderStatus, OrderUpdate
from qts_core.orders.book import Book, Entry
from qts_core.orders.state import OrderState, fold

START = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
REQUEST = OrderRequest("c1", "AA", OrderSide.BUY, quantity=Decimal(100))
MONEY = st.decimals("0.01", "900", places=4)
SHARES = st.integers(1, 60).map(Decimal)
MOMENTS = st.integers(0, 20).map(lambda m: START + timedelta(minutes=m))

FILLS = st.builds(
    Execution, st.integers(1, 6).map("e{}".format), st.just("c1"), st.just("AA"), st.just(OrderSide.BUY), SHARES,
    MONEY, MOMENTS,
)  # fmt: skip
UPDATES = st.lists(
    st.builds(
        OrderUpdate, st.just("c1"), st.just("AA"), st.sampled_from(OrderStatus), st.integers(0, 100).map(Decimal),
        MOMENTS, st.sampled_from(["", "b1"]), st.none() | FILLS, st.sampled_from(["", "why"]),
    ),
    max_size=8,
)  # fmt: skip


@given(UPDATES, st.data())
def test_any_permutation_and_duplication_of_updates_gives_the_same_order_state(
    updates: list[OrderUpdate], data: st.DataObject
) -> None:
    start = OrderState.created(REQUEST, START)
    repeated = data.draw(st.lists(st.sampled_from(updates))) if updates else []
    again = data.draw(st.permutations([*updates, *repeated]))
    once, shuffled = fold(start, updates), fold(start, again)
    assert once == shuffled
    assert (once.status, once.remaining, once.is_open) == (shuffled.status, shuffled.remaining, shuffled.is_open)
    assert once.remaining >= 0


SIDES = st.sampled_from(OrderSide)
TRADES = st.lists(st.tuples(st.sampled_from(["AA", "AB"]), SIDES, SHARES, MONEY, MOMENTS, MONEY), max_size=12)


@given(TRADES, st.data())
def test_a_book_depends_on_the_set_of_entries_only_and_conserves_cash(
    trades: list[tuple[str, OrderSide, Decimal, Decimal, datetime, Decimal]], data: st.DataObject
) -> None:
    fills = [
        Execution(f"e{i}", f"c{i}", symbol, side, quantity, price, moment, fee)
        for i, (symbol, side, quantity, price, moment, fee) in enumerate(trades)
    ]
    split = Split("AA", date(2024, 3, 5), Decimal(3), Decimal(2))
    dividend = Dividend("AB", date(2024, 3, 4), Decimal("0.35"))
    order: list[Entry] = data.draw(st.permutations([*fills, *fills, split, dividend, split]))
    books = []
    for entries in (list[Entry]([*fills, split, dividend]), order):
        book = Book(Decimal(1000))
        for entry in entries:
            if isinstance(entry, Execution):
                book.execute(entry)
            elif isinstance(entry, Split):
                book.split(entry, START + timedelta(minutes=10, seconds=30))
            else:
                book.dividend(entry, START + timedelta(minutes=5, seconds=30))
        books.append(book)
    one, other = books
    assert one.cash == other.cash
    assert {s: one.position(s) for s in ("AA", "AB")} == {s: other.position(s) for s in ("AA", "AB")}
    spent = sum((f.quantity * f.side.sign * f.price + f.commission for f in fills), ZERO)
    assert one.cash + spent == Decimal(1000) + one.position("AB").dividends, "no cent appears or vanishes"


@given(TRADES)
def test_profit_realised_and_open_is_what_cash_and_value_say(
    trades: list[tuple[str, OrderSide, Decimal, Decimal, datetime, Decimal]],
) -> None:
    book = Book(ZERO)
    for i, (_, side, quantity, price, moment, _) in enumerate(trades):
        book.execute(Execution(f"e{i}", f"c{i}", "AA", side, quantity, price, moment))
    position = book.position("AA")
    mark = Decimal("123.45")
    by_cash = book.cash + position.quantity * mark
    by_profit = position.realised + (position.quantity * mark - position.cost)
    assert abs(by_cash - by_profit) < Decimal("1e-15")
