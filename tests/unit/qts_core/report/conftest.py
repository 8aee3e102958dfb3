"""A made-up run, small enough to be drawn in a blink."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest

from qts_core.market.calendar import xnys
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline
from qts_core.report.inputs import (
    Costs,
    Curves,
    Fold,
    Gate,
    Identity,
    LimitEvent,
    Link,
    LiveSession,
    ReportInput,
    Scenario,
    Trade,
    Trials,
)

GATES = (
    Gate("Net Sharpe ratio", True, 1.2, 0.5, ">=", "1.20 per year after pessimistic costs"),
    Gate("Deflated Sharpe ratio", False, 0.61, 0.95, ">=", "with 14 trials 0.61 is too likely luck"),
)
Maker = Callable[..., ReportInput]


def walk(returns: Floats) -> Floats:
    """Compound `returns` from 100,000 dollars."""
    return np.asarray(100_000.0 * np.cumprod(1 + returns), dtype=np.float64)


def make(first: date = date(2023, 11, 1), last: date = date(2024, 6, 28), *, is_synthetic: bool = True) -> ReportInput:
    """Make a run from `first` to `last` with every part of the report in it."""
    generator = np.random.default_rng(7)
    line = Timeline.between(xnys(), first, last)
    n = len(line)
    gross = walk(generator.normal(0.00002, 0.0008, n))
    traded = np.where(generator.random(n) < 0.5, 4000.0, 0.0)
    costs = {"spread": traded * 1e-4, "slippage": traded * 1.5e-4, "commission": traded * 1e-5}
    rows = [int(r) for r in generator.integers(0, n - 8, 30)]
    trades = tuple(
        Trade(
            f"S{i % 5}",
            "long" if i % 2 else "short",
            from_micros(int(line.ts_event[row])),
            from_micros(int(line.ts_event[row + 1 + i % 7])),
            10.0,
            100.0,
            101.0,
            float(generator.normal(3, 20)),
            0.26,
            1 + i % 7,
            float(generator.normal(0, 0.01)),
        )
        for i, row in enumerate(rows)
    )
    measures = {"Rank IC": (0.09, 0.05), "Net Sharpe": (3.0, -1.5)}
    fold = Fold("fold 1", first, first, last, last, 82_000, 41_000, measures)
    return ReportInput(
        identity=Identity(
            "Demo",
            "ml",
            "synthetic",
            is_synthetic,
            configuration_hash="3f9a" * 16,
            cost_model="pessimistic",
            seed=7,
            created=datetime(2024, 12, 31, 22, tzinfo=UTC),
            links=(Link("MLflow run", "http://127.0.0.1:5000/#/runs/1"),),
        ),
        curves=Curves(
            line,
            gross - np.cumsum(sum(costs.values())),
            gross,
            100_000.0,
            np.full(n, 0.8),
            generator.normal(0, 0.05, n),
            np.full(n, 12.0),
            walk(generator.normal(0.00001, 0.001, n)),
        ),
        costs=Costs(costs, traded),
        trials=Trials(14, 0.0009),
        trades=trades,
        open_trades=2,
        gates=GATES,
        folds=(fold,),
        sectors={f"S{i}": "Technology" if i < 3 else "Energy" for i in range(5)},
        limits=(LimitEvent("position", 412, reason="target above 10 %", value=0.123, limit=0.1),),
        live=LiveSession(last, "paper", 26, 41, 41, 26, 0, 312.55),
        scenarios=(Scenario("optimistic", 0.22, 2.1, 0.06, 1500.0),),
    )


@pytest.fixture(scope="session")
def sample() -> Maker:
    """The maker of made-up runs."""
    return make
