"""What was held and earned, against sums done by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from qts_core.market.events import Alert, Severity
from qts_core.market.orders import OrderSide
from qts_core.market.panel import Floats
from qts_core.report.account import executions_of, firings_of, holdings_of, profit_by_ledger, profit_by_symbol


@dataclass(frozen=True)
class Fill:
    symbol: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    reference_price: Decimal
    commission: Decimal
    ts_event: datetime = datetime(2024, 6, 3, 14, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Part:
    model_id: str
    initial_cash: Decimal
    equity: Floats


BOUGHT = Fill("AAA", OrderSide.BUY, Decimal(10), Decimal("100.05"), Decimal(100), Decimal("0.50"))
SOLD = Fill("AAA", OrderSide.SELL, Decimal(4), Decimal("109.90"), Decimal(110), Decimal("0.20"))


def test_a_symbol_earns_what_its_trades_brought_and_what_is_still_held_is_worth() -> None:
    quantity = np.array([[10.0, 0.0], [6.0, 0.0]])
    closes = np.array([[101.0, 5.0], [112.0, np.nan]])
    # -1000.50 - 0.50 + 439.60 - 0.20 + 6 x 112.
    assert profit_by_symbol(("AAA", "BBB"), [BOUGHT, SOLD], quantity, closes) == {"AAA": pytest.approx(110.40)}


def test_a_weight_is_the_position_over_equity_and_a_missing_close_repeats_the_last() -> None:
    held = holdings_of(("A", "B"), np.array([[1.0, -2.0], [1.0, -2.0]]), np.array([[50.0, 10.0], [np.nan, 20.0]]),
                       np.array([1000.0, 500.0]))  # fmt: skip
    np.testing.assert_allclose(held.weights, [[0.05, -0.02], [0.10, -0.08]])


def test_a_price_unknown_so_far_counts_as_nothing_held() -> None:
    held = holdings_of(("A",), np.array([[1.0]]), np.array([[np.nan]]), np.array([1000.0]))
    assert held.weights.tolist() == [[0.0]]


def test_shortfall_is_what_was_paid_beyond_the_reference_whatever_the_side() -> None:
    found = executions_of([BOUGHT, SOLD])
    assert found is not None
    np.testing.assert_allclose(found.shortfall, [10 * 0.05 + 0.5, 4 * 0.10 + 0.2])
    np.testing.assert_allclose(found.notional, [1000.0, 440.0])
    assert found.hours.tolist() == [10.5, 10.5]
    assert executions_of([]) is None


def test_strategies_of_one_model_are_summed_under_it() -> None:
    parts = {
        "a": Part("m", Decimal(100), np.array([100.0, 110.0])),
        "b": Part("m", Decimal(100), np.array([100.0, 95.0])),
        "c": Part("", Decimal(100), np.array([])),
    }
    assert profit_by_ledger(parts) == {
        "strategy": {"a": 10.0, "b": -5.0, "c": 0.0},
        "model": {"m": 5.0, "no model": 0.0},
    }
    assert profit_by_ledger({}) == {}


def test_only_alerts_that_tell_of_a_stop_are_firings() -> None:
    alerts = [Alert(Severity.CRITICAL, "kill switch", "asked for"), Alert(Severity.WARNING, "bar ignored", "again")]
    assert [(f.trigger, f.action, f.reason) for f in firings_of(alerts)] == [("kill switch", "critical", "asked for")]
