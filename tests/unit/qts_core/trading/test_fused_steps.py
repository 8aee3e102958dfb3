"""The steps in one call give the bits of the steps one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.exchange import fill_settings
from qts_core.market.panel import Floats, Panel
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.risk.settings import LimitSettings
from qts_core.trading.fused_steps import FusedSteps
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import CoreSettings
from tests.support.decision_market import QUICK, instruments, panel, scores


def run(bars: Panel, values: Floats, chosen: CoreSettings) -> BacktestResult:
    return run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, values), chosen, instruments=instruments(len(bars.symbols)),
        fills=fill_settings("realistic"), keep_decisions=True,
    )  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    breadth=st.integers(1, 9),
    missing=st.sampled_from([0.0, 0.1]),
    gross=st.floats(0.2, 2.0),
    sector=st.floats(0.1, 1.0),
    is_long_only=st.booleans(),
    band=st.floats(0.0, 0.1),
)
def test_fused_and_single_steps_decide_the_same_bits(
    seed: int, breadth: int, missing: float, gross: float, sector: float, is_long_only: bool, band: float,
) -> None:  # fmt: skip
    chosen = replace(
        QUICK,
        portfolio=replace(QUICK.portfolio, is_long_only=is_long_only, rebalance_threshold=band, max_positions=6),
        limits=LimitSettings(max_gross_ratio=gross, max_sector_ratio=sector),
    )
    bars = panel(breadth=breadth, missing=missing, seed=seed)
    values = scores(bars, seed=seed + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FusedSteps, "run", lambda *_: None)
        slow = run(bars, values, chosen)
    fast = run(bars, values, chosen)
    assert [d.digest() for d in fast.decisions] == [d.digest() for d in slow.decisions]
    assert fast.equity.tobytes() == slow.equity.tobytes()


def test_a_broken_cap_is_left_to_the_steps_that_say_so() -> None:
    bars = panel(breadth=6)
    tight = CoreSettings(
        alpha=QUICK.alpha,
        portfolio=PortfolioSettings(volatility_bars=26, entry_threshold=0.05, gross_target=0.9),
        limits=LimitSettings(max_gross_ratio=0.2),
    )
    made = run(bars, scores(bars), tight).decisions
    assert any(v.name == "limit.gross" and not v.is_allowed for d in made for v in d.verdicts)
    assert max(float(np.abs(d.target_weight).sum()) for d in made) <= 0.2 + 1e-9
