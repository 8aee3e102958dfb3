"""Money is neither made nor lost: the account, its strategies and the exchange agree to the cent on any market."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.backtest import BacktestResult, Part, part_of, run_shared_backtest
from qts_core.data.actions.table import actions_frame
from qts_core.exchange import fill_settings
from qts_core.market.panel import Panel
from tests.support.decision_market import WEIGHTS, instruments, panel
from tests.support.strategies import Random

D = Decimal
MODES = st.sampled_from(["optimistic", "realistic", "pessimistic", "alpaca-paper"])


def parts(bars: Panel, count: int, seed: int) -> list[Part]:
    return [part_of(Random(f"s{i}", seed + i), bars, WEIGHTS, D(40_000)) for i in range(count)]


def run(bars: Panel, chosen: list[Part], mode: str, actions: pl.DataFrame | None = None) -> BacktestResult:
    return run_shared_backtest(
        bars, chosen, instruments=instruments(len(bars.symbols)), fills=fill_settings(mode), cash=D(130_000),
        actions=actions,
    )  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 9999), breadth=st.integers(1, 5), count=st.integers(1, 3), mode=MODES)
def test_sub_ledgers_sum_to_the_account_to_the_cent(seed: int, breadth: int, count: int, mode: str) -> None:
    bars = panel(breadth=breadth, seed=seed, missing=0.03)
    result = run(bars, parts(bars, count, seed), mode)
    ledgers = result.ledgers.values()
    assert len(result.fills) > 0
    unassigned = D(130_000) - 40_000 * count
    assert sum((ledger.cash for ledger in ledgers), unassigned) == result.final_cash
    held: dict[str, Decimal] = {}
    for ledger in ledgers:
        for symbol, quantity in ledger.positions:
            held[symbol] = held.get(symbol, D(0)) + quantity
    assert {s: q for s, q in held.items() if q} == dict(result.final_positions)
    whole = np.sum([ledger.equity for ledger in ledgers], axis=0) + float(unassigned)
    np.testing.assert_allclose(whole, result.equity, atol=1e-6)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 9999), mode=MODES)
def test_cash_is_start_less_purchases_and_fees_of_the_fills(seed: int, mode: str) -> None:
    bars = panel(breadth=3, seed=seed)
    result = run(bars, parts(bars, 2, seed), mode)
    cash = D(130_000)
    for fill in result.fills:
        cash -= fill.side.sign * fill.quantity * fill.price + fill.commission
    borrowed = result.costs["borrow"].sum()
    assert float(cash - result.final_cash) == float(np.round(borrowed, 2))
    marks = bars["close"][-1]
    worth = sum(float(q) * marks[bars.symbols.index(s)] for s, q in result.final_positions)
    np.testing.assert_allclose(result.equity[-1], float(result.final_cash) + worth, rtol=1e-12)


def test_through_a_split_and_a_dividend_nothing_is_lost() -> None:
    bars = panel(breadth=2, seed=5)
    for name in ("open", "high", "low", "close"):
        bars[name][52:, 0] = np.round(bars[name][52:, 0] / 3.0, 2)
    bars["factor"][52:, 0] = 3.0
    actions = actions_frame([
        {"symbol": "AA", "ex_date": date(2024, 3, 6), "kind": "split", "new_shares": 3.0, "old_shares": 1.0},
        {"symbol": "AB", "ex_date": date(2024, 3, 7), "kind": "dividend", "cash_per_share": 0.37},
    ])  # fmt: skip
    result = run(bars, parts(bars, 3, 5), "realistic", actions)
    assert sum((ledger.cash for ledger in result.ledgers.values()), D(10_000)) == result.final_cash
    total = {
        s: sum((dict(ledger.positions).get(s, D(0)) for ledger in result.ledgers.values()), D(0)) for s in bars.symbols
    }
    assert {s: q for s, q in total.items() if q} == dict(result.final_positions)


def test_one_strategy_alone_trades_as_it_does_without_the_others_ledger() -> None:
    bars = panel(breadth=4, seed=3)
    (one,) = parts(bars, 1, 3)
    result = run(bars, [one], "realistic")
    assert set(result.ledgers) == {"s0"}
    assert result.ledgers["s0"].cash + 90_000 == result.final_cash
    assert {fill.strategy for fill in result.fills} == {"s0"}
