"""A backtest's result becomes a report's input without loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from qts_core.backtest.results import BacktestResult
from qts_core.report.context import Context
from qts_core.report.evidence import Ambiguity
from qts_core.report.from_backtest import BacktestOutcome, report_input
from qts_core.report.inputs import ReportInput

Maker = Callable[..., ReportInput]


@dataclass(frozen=True)
class Closed:
    symbol: str = "AAA"
    side: str = "short"
    entered: datetime = datetime(2024, 1, 3, 15, tzinfo=UTC)
    exited: datetime = datetime(2024, 1, 3, 16, tzinfo=UTC)
    quantity: Decimal = Decimal(7)
    entry_price: float = 10.5
    exit_price: float = 10.0
    pnl: Decimal = Decimal("3.47")
    cost: Decimal = Decimal("0.03")
    bars_held: int = 4
    return_ratio: float = 0.0472


def test_curves_costs_trades_and_refusals_are_carried_over(sample: Maker) -> None:
    made = sample()
    c = made.curves
    result: Any = SimpleNamespace(
        timeline=c.timeline, initial_cash=100_000.0, equity=c.net, equity_gross=c.gross, benchmark=c.benchmark,
        gross_exposure=c.gross_exposure, net_exposure=c.net_exposure, position_count=np.full(len(c.net), 12, np.int32),
        turnover=made.costs.traded / c.net, costs=made.costs.by_kind, trades=(Closed(),), open_trades=3,
        verdict_counts={"sector": 0, "gross": 2, "position": 9}, fills=(), ledgers={}, alerts=(), ambiguous_bars=2,
        pnl_interval=(-5.0, 1.0), parents=(),
    )  # fmt: skip
    given = report_input(result, identity=made.identity, trials=made.trials, gates=made.gates, sectors={"AAA": "X"})
    np.testing.assert_allclose(given.costs.traded, made.costs.traded)
    assert given.curves.positions.dtype == np.float64
    (trade,) = given.trades
    assert (trade.symbol, trade.side, trade.quantity, trade.pnl, trade.costs) == ("AAA", "short", 7.0, 3.47, 0.03)
    assert trade.left == Closed().exited
    assert [(e.name, e.count) for e in given.limits] == [("position", 9), ("gross", 2)]
    assert given.open_trades == 3
    assert given.evidence.ambiguity == Ambiguity(2, -5.0, 1.0)
    assert Context.of(given).value("total_return") == pytest.approx(c.net[-1] / 100_000 - 1)


def test_the_event_engines_result_is_what_the_report_reads() -> None:
    def is_one(result: BacktestResult) -> BacktestOutcome:
        return result  # the type checker holds this

    read = {name for name in vars(BacktestOutcome) if not name.startswith("_")}
    assert read <= set(BacktestResult.__dataclass_fields__)
    assert is_one.__name__ == "is_one"
