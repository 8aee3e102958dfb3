"""A worked order on the simulated exchange, measured: the loop from schedule to cost closes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qts_core.analytics.tca import Benchmark, MarketWindow, ParentTrade, measure
from qts_core.orders.algorithms.plans import VwapPlan
from qts_core.orders.algorithms.schedule import Schedule
from qts_core.orders.algorithms.volume import VolumeProfile
from qts_core.orders.algorithms.wishes import ScheduleSettings
from tests.support.execution_market import at, bar, exchange, forecast, parent, run_parent


def test_vwap_in_a_market_that_follows_its_profile_pays_the_spread_and_slippage_alone() -> None:
    """Realistic fills: 1 bp half spread and 1.5 bp slippage; each minute trades at one price, rising by a cent."""
    of = parent("12000", 30, 90)
    usual = VolumeProfile((1 / 13,) * 13, 390_000.0, 20)
    schedule = Schedule(of, VwapPlan(), ScheduleSettings(), forecast(of, usual))
    bars = [bar(m, 100 + (m - 30) / 100, 1000.0) for m in range(30, 95)]
    run_parent(schedule, exchange(), bars)
    done = ParentTrade(
        of.id, of.symbol, of.side, schedule.plan.name, of.quantity, of.decided_at, of.start, of.end,
        of.decision_price, Decimal(100), Decimal("100.59"), schedule.ledger.executions,
        MarketWindow.of(bars[:60], "AA"), expected_bps=2.5,
    )  # fmt: skip
    found = measure(done)
    assert found.filled == 12000
    # Slices fill at minutes 0, 5, ... 55 of the window: their mean is 2 cents before that of all minutes.
    assert found.slippage_bps[Benchmark.VWAP] == pytest.approx(2.5 - 2.0, abs=0.05)
    assert found.slippage_bps[Benchmark.ARRIVAL] == pytest.approx(2.5 + 27.5, abs=0.05)
    assert found.participation == pytest.approx(0.2)
    assert at(90) == of.end
