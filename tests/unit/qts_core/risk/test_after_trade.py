"""Executions judged afterwards, and profit that adds up, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.orders import Execution, OrderSide
from qts_core.risk.after_trade import CostTally, FilledOrder, QualitySettings, book_differences, quality
from qts_core.risk.attribution import attribute, by_group

ORDER = FilledOrder("c1", "AA", OrderSide.BUY, 100.0, 50.1, 50.0, 50.05, 1.0, 10.0)
NOW = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)


def test_costs_against_arrival_market_and_estimate_by_hand() -> None:
    found = quality(ORDER, QualitySettings())
    # 10 cents on 50 dollars are 20 bps; one dollar on 5,000 is 2 more.
    assert found.arrival_bps == pytest.approx(20.0)
    assert found.market_bps == pytest.approx(0.05 / 50.05 * 1e4)
    assert found.cost_bps == pytest.approx(22.0)
    assert found.over_estimate_bps == pytest.approx(12.0)
    assert found.verdicts == ()


def test_an_execution_that_costs_too_much_and_more_than_expected_is_remarkable() -> None:
    found = quality(replace(ORDER, average_price=50.2), QualitySettings())
    assert [(v.name, round(v.value, 9)) for v in found.verdicts] == [
        ("after.shortfall", 42.0),
        ("after.estimate", 32.0),
    ]
    unknown = quality(replace(ORDER, arrival_price=float("nan")), QualitySettings())
    assert len(unknown.verdicts) == 2, "an unknown price passes nothing"


def test_a_cost_model_is_doubted_when_orders_cost_more_on_the_whole() -> None:
    tally = CostTally()
    for i in range(40):
        order = replace(ORDER, average_price=50.1 + 0.01 * (i % 3), commission=0.0)
        tally.add(order, quality(order, QualitySettings()))
    verdict = tally.judge()
    assert verdict is not None
    assert verdict.reason.startswith("40 orders cost 2")
    right = CostTally()
    for i in range(40):
        order = replace(ORDER, average_price=50.05 + 0.05 * (-1) ** i, commission=0.0, estimate_bps=10.0)
        right.add(order, quality(order, QualitySettings()))
    assert right.judge() is None
    assert CostTally().judge() is None


def test_books_that_differ_are_named_symbol_by_symbol() -> None:
    found = book_differences({"AA": 10.0, "AB": 5.0}, {"AA": 10.0, "AC": -1.0})
    assert [(v.name, v.symbol, v.limit, v.value) for v in found] == [
        ("after.reconciliation", "AB", 5.0, 0.0), ("after.reconciliation", "AC", 0.0, -1.0),
    ]  # fmt: skip


def test_profit_of_a_day_comes_from_holding_trading_costs_and_income() -> None:
    fills = [Execution("e1", "c1", "AA", OrderSide.SELL, Decimal(5), Decimal(103), NOW, Decimal("0.5")),
             Execution("e2", "c2", "AB", OrderSide.BUY, Decimal(2), Decimal(20), NOW)]  # fmt: skip
    first, last = {"AA": Decimal(100), "AB": Decimal(21)}, {"AA": Decimal(102), "AB": Decimal(22)}
    found = attribute({"AA": Decimal(10)}, fills, first, last, Decimal("29.5"), {"AA": Decimal(1)})
    one, other = found.symbols["AA"], found.symbols["AB"]
    assert (one.holding, one.trading, one.costs, one.income) == (Decimal(20), Decimal(5), Decimal("-0.5"), Decimal(1))
    assert other.trading == Decimal(4)
    assert (found.total, found.unexplained) == (Decimal("29.5"), Decimal(0))
    groups = by_group(found, {"AA": "Energy", "AB": "Energy"})
    assert groups["Energy"].total == Decimal("29.5")


MONEY = st.decimals("1", "500", places=2)
FILLS = st.lists(st.tuples(st.sampled_from(["AA", "AB"]), st.sampled_from(OrderSide), st.integers(1, 50), MONEY, MONEY))


@given(FILLS, st.integers(-50, 50), MONEY, MONEY, MONEY, MONEY)
def test_holding_trading_and_costs_are_the_change_of_equity_to_the_last_decimal(
    trades: list[tuple[str, OrderSide, int, Decimal, Decimal]], held: int, a: Decimal, b: Decimal, c: Decimal,
    d: Decimal,
) -> None:  # fmt: skip
    first, last = {"AA": a, "AB": b}, {"AA": c, "AB": d}
    fills = [
        Execution(f"e{i}", "c", symbol, side, Decimal(shares), price, NOW, fee)
        for i, (symbol, side, shares, price, fee) in enumerate(trades)
    ]
    shares, cash = {"AA": Decimal(held), "AB": Decimal(0)}, Decimal(0)
    before = shares["AA"] * a
    for fill in fills:
        shares[fill.symbol] += fill.side.sign * fill.quantity
        cash -= fill.side.sign * fill.quantity * fill.price + fill.commission
    change = cash + sum((shares[s] * last[s] for s in shares), Decimal(0)) - before
    found = attribute({"AA": Decimal(held)}, fills, first, last, change)
    assert found.unexplained == 0
    assert found.total == change
