"""The daemon's journal as trades, against a day written down by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from qts_core.analytics.tca import Benchmark, analyse
from qts_core.market.bars import BarSlice
from qts_core.market.events import BarsClosed, SubmitOrder
from qts_core.market.ids import client_order_id
from qts_core.market.orders import OrderRequest, OrderSide
from qts_core.market.time import to_micros
from qts_core.ports.journal import StoredEvent
from qts_core.research.live_costs import live_trades
from qts_core.trading.event_codec import encode_command, encode_event

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
STEP = timedelta(minutes=15)
D = Decimal


def bar(slot: int, close: float, *, high: float, low: float, volume: float = 100.0) -> BarSlice:
    one = np.array
    start = OPEN + slot * STEP
    return BarSlice(
        start, start + STEP, slot, 4, ("AAA",), one([low]), one([high]), one([low]), one([close]), one([volume]),
        one([1.0]),
    )  # fmt: skip


@dataclass
class Tables:
    """A journal in lists."""

    tables: dict[str, list[dict[str, object]]] = field(
        default_factory=lambda: {"intents": [], "sends": [], "executions": [], "orders": []}
    )
    bars: list[BarSlice] = field(default_factory=list)

    def rows(self, table: str, **equals: object) -> list[dict[str, object]]:
        return self.tables[table]

    def events(self, first_sequence: int, before: int | None = None) -> Iterator[StoredEvent]:
        for i, one in enumerate(self.bars):
            yield StoredEvent(i + 1, 1, "BarsClosed", one.ts_known, encode_event(BarsClosed(one)), "")

    def order(self, name: str, side: OrderSide, quantity: int, decided: datetime, sent: datetime | None) -> None:
        request = OrderRequest(name, "AAA", side, quantity=D(quantity))
        body = encode_command(SubmitOrder(request, "d1"))
        self.tables["intents"].append({"client_order_id": name, "created_at": to_micros(decided), "body": body})
        if sent is not None:
            self.tables["sends"].append({"client_order_id": name, "sent_at": to_micros(sent)})

    def fill(self, name: str, side: OrderSide, quantity: int, price: str, at: datetime, fee: str = "0") -> None:
        row: dict[str, object] = {
            "execution_id": f"{name}{at}", "client_order_id": name, "symbol": "AAA", "side": side.value,
            "quantity": str(quantity), "price": price, "commission": fee, "ts_event": to_micros(at),
        }  # fmt: skip
        self.tables["executions"].append(row)
        self.tables["orders"].append({"client_order_id": name, "updated_at": to_micros(at)})


def identity(purpose: str, attempt: int = 0) -> str:
    return client_order_id(
        account="P", strategy="ml", symbol="AAA", ts_event=OPEN, purpose=purpose, attempt=attempt
    )  # fmt: skip


@pytest.fixture
def journal() -> Tables:
    bars = [
        bar(0, 100.0, high=101.0, low=99.0), bar(1, 102.0, high=103.0, low=100.0),
        bar(2, 104.0, high=105.0, low=102.0), bar(3, 110.0, high=111.0, low=104.0),
    ]  # fmt: skip
    return Tables(bars=bars)


def test_an_order_is_held_against_the_close_it_was_decided_and_sent_at(journal: Tables) -> None:
    name, decided = identity("r"), OPEN + STEP
    journal.order(name, OrderSide.BUY, 10, decided, decided + timedelta(seconds=2))
    journal.fill(name, OrderSide.BUY, 10, "100.50", decided + timedelta(seconds=3), "0.20")
    (trade,) = live_trades(journal)
    assert (trade.decision_price, trade.arrival_price, trade.close_price) == (D(100), D(100), D(110))
    assert trade.algorithm == "single order"
    (cost,) = analyse([trade]).orders
    # (100.50 / 100 - 1), then against (103 + 100 + 102) / 3 of the bar that filled it, then its close, then the last.
    assert cost.slippage_bps[Benchmark.ARRIVAL] == pytest.approx(50.0)
    assert cost.slippage_bps[Benchmark.VWAP] == pytest.approx((100.5 / (305 / 3) - 1) * 1e4)
    assert cost.slippage_bps[Benchmark.TWAP] == pytest.approx((100.5 / 102 - 1) * 1e4)
    assert cost.slippage_bps[Benchmark.CLOSE] == pytest.approx((100.5 / 110 - 1) * 1e4)
    assert (cost.shortfall.delay, cost.shortfall.trading, cost.shortfall.fees) == (D(0), D("5.00"), D("0.20"))


def test_an_order_that_left_a_bar_late_shows_the_delay(journal: Tables) -> None:
    name, decided = identity("r"), OPEN + STEP
    journal.order(name, OrderSide.SELL, 10, decided, decided + STEP)
    journal.fill(name, OrderSide.SELL, 10, "101.90", decided + STEP)
    (trade,) = live_trades(journal)
    found = analyse([trade]).orders[0].shortfall
    # Sold: the price rose from 100 to 102 while it waited, then a tenth was lost against 102.
    assert (found.delay, found.trading) == (D("-20.0"), D("1.0"))


def test_children_of_one_parent_are_one_order_and_the_rest_was_not_filled(journal: Tables) -> None:
    for number, price in ((1, "100.10"), (2, "102.30")):
        name, decided = identity("a", number), OPEN + number * STEP
        journal.order(name, OrderSide.BUY, 10, decided, decided)
        journal.fill(name, OrderSide.BUY, 10 if number == 1 else 4, price, decided + timedelta(seconds=1))
    (trade,) = live_trades(journal)
    assert (trade.quantity, trade.filled, trade.algorithm) == (D(20), D(14), "worked order")
    assert trade.decided_at == OPEN + STEP
    found = analyse([trade]).orders[0].shortfall
    assert found.trading == D("10") * D("0.10") + D("4") * D("2.30")
    # Six shares were left when the last close known was 102.
    assert found.opportunity == D("12.0")


def test_orders_that_never_left_and_old_ones_are_no_trades(journal: Tables) -> None:
    decided = OPEN + STEP
    journal.order(identity("r"), OrderSide.BUY, 10, decided, None)
    old = identity("x")
    journal.order(old, OrderSide.BUY, 10, decided - timedelta(days=90), decided - timedelta(days=90))
    sent = identity("r", 1)
    journal.order(sent, OrderSide.BUY, 10, decided, decided)
    assert [trade.parent_id for trade in live_trades(journal)] == [sent]


def test_an_order_that_found_no_price_and_an_empty_journal_give_nothing(journal: Tables) -> None:
    assert live_trades(Tables()) == ()
    name = identity("r")
    journal.order(name, OrderSide.BUY, 10, OPEN - timedelta(minutes=1), OPEN - timedelta(minutes=1))
    assert live_trades(journal) == ()
