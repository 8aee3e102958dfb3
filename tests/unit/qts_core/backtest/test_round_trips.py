"""Round trips from fills, by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from qts_core.backtest.results import FillRecord
from qts_core.backtest.round_trips import round_trips
from qts_core.market.orders import Execution, OrderSide
from qts_core.market.time import from_micros
from qts_core.orders.book import Book
from tests.support.decision_market import panel

D = Decimal
BARS = panel(breadth=2)


def at(row: int) -> datetime:
    return from_micros(int(BARS.timeline.ts_event[row]))


def ledger(*lines: tuple[int, str, str, str, str]) -> tuple[Book, list[FillRecord]]:
    book, fills = Book(D(10_000)), []
    for i, (row, symbol, side, quantity, price) in enumerate(lines):
        book.execute(Execution(f"e{i}", f"c{i}", symbol, OrderSide(side), D(quantity), D(price), at(row), D("0.10")))
        fills.append(
            FillRecord(at(row), symbol, OrderSide(side), D(quantity), D(price), D(price), D("0.2"), D("0.3"), D("0.1"),
                       f"c{i}")
        )  # fmt: skip
    return book, fills


def test_a_position_built_in_two_steps_and_left_in_two_is_one_trip() -> None:
    book, fills = ledger((1, "AA", "buy", "10", "100"), (3, "AA", "buy", "10", "110"),
                         (8, "AA", "sell", "5", "120"), (11, "AA", "sell", "15", "112"))  # fmt: skip
    (trip,), still_open = round_trips(book, fills, BARS.timeline)
    assert still_open == 0
    assert trip.pnl == D(5 * 120 + 15 * 112 - 10 * 100 - 10 * 110) - D("0.40")
    assert trip.cost == 4 * D("0.6")
    assert (trip.entry_price, trip.exit_price, trip.quantity) == (105.0, 114.0, D(20))
    assert trip.bars_held == 10
    assert trip.return_ratio == pytest.approx(179.6 / 2100)


def test_trips_are_in_order_of_exit_and_open_ones_are_only_counted() -> None:
    book, fills = ledger((1, "AB", "sell", "10", "50"), (2, "AA", "buy", "1", "10"), (4, "AA", "sell", "1", "9"),
                         (9, "AB", "buy", "10", "45"), (12, "AB", "buy", "3", "44"))  # fmt: skip
    trips, still_open = round_trips(book, fills, BARS.timeline)
    assert [(t.symbol, t.side, t.pnl) for t in trips] == [("AA", "long", D("-1.2")), ("AB", "short", D("49.8"))]
    assert still_open == 1
