"""The three cost modes in one call; the harsh one is judged."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.backtest import BacktestResult, run_cost_modes, run_event_backtest
from qts_core.exchange import FillMode, FillSettings
from qts_core.trading.predictors import StoredPredictor
from tests.support.decision_market import WEIGHTS, instruments, panel


def test_harsher_costs_leave_less_and_the_harshest_run_is_the_verdict() -> None:
    bars = panel(breadth=2)
    for name in ("open", "high", "low", "close"):
        bars[name][:] = 50.0
    values = np.where(np.arange(len(bars))[:, None] % 4 < 2, 0.3, 0.0) * np.ones(2)

    def run(fills: FillSettings) -> BacktestResult:
        predictor = StoredPredictor(bars.timeline, bars.symbols, values)
        return run_event_backtest(bars, predictor, WEIGHTS, instruments=instruments(2), fills=fills)

    found = run_cost_modes(run)
    assert list(found.results) == [FillMode.OPTIMISTIC, FillMode.REALISTIC, FillMode.PESSIMISTIC]
    left = [float(result.equity[-1]) for result in found.results.values()]
    assert left[0] > left[1] > left[2]
    assert found.verdict is found.results[FillMode.PESSIMISTIC]
    assert found.verdict.meta["fill_mode"] == "pessimistic"
    assert found.cost_sensitivity() == pytest.approx((left[0] - left[2]) / 100_000)


def test_no_mode_is_no_backtest() -> None:
    with pytest.raises(ValueError, match="no cost mode"):
        run_cost_modes(lambda fills: pytest.fail("nothing is to be run"), modes=())
