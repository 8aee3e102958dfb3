"""A worked order on the simulated exchange, measured: the loop from schedule to cost closes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qts_core.analytics.tca import Benchmark, measure
from qts_core.market.bars import BarSlice
from qts_core.orders.algorithms.maker import AlgorithmChoice, AlgorithmSettings, MarketFacts, Working, make_schedule
from qts_core.orders.algorithms.measured import worked_trade
from qts_core.orders.algorithms.volume import VolumeProfile
from tests.support.execution_market import CLOSE, OPEN, bar, exchange, parent, run_parent

USUAL = VolumeProfile((1 / 13,) * 13, 390_000.0, 20)
FACTS = MarketFacts(OPEN, CLOSE, 2.0, 0.02, profile=USUAL)


def worked(choice: AlgorithmChoice) -> tuple[Working, list[BarSlice]]:
    """Work 12000 shares in an hour whose minutes trade 1000 shares each, a cent dearer from one to the next."""
    working = make_schedule(parent("12000", 30, 90), AlgorithmSettings(choice), FACTS)
    bars = [bar(m, 100 + (m - 30) / 100, 1000.0) for m in range(30, 95)]
    run_parent(working.schedule, exchange(), bars)
    return working, bars


def test_vwap_in_a_market_that_follows_its_profile_pays_the_spread_and_slippage_alone() -> None:
    """Realistic fills cost 1 bp half spread and 1.5 bp slippage. Slices fill at minutes 0, 5 ... 55, in the mean two
    cents before the mean of all minutes and 27.5 cents after the first."""
    working, bars = worked(AlgorithmChoice.VWAP)
    trade = worked_trade(working, bars)
    assert trade is not None
    found = measure(trade)
    assert found.filled == 12000
    assert found.slippage_bps[Benchmark.VWAP] == pytest.approx(2.5 - 2.0, abs=0.05)
    assert found.slippage_bps[Benchmark.ARRIVAL] == pytest.approx(2.5 + 27.5, abs=0.05)
    assert found.participation == pytest.approx(0.2)
    assert (trade.decision_price, trade.arrival_price, trade.end_price) == (
        Decimal(100),
        Decimal(100),
        Decimal("100.59"),
    )
    assert trade.algorithm == "vwap"


def test_the_expected_cost_of_the_route_is_what_the_order_is_judged_by() -> None:
    working, bars = worked(AlgorithmChoice.SHORTFALL)
    trade = worked_trade(working, bars, is_divided=True)
    assert trade is not None
    assert working.route.chosen is not None
    assert trade.expected_bps == working.route.chosen.expected_bps
    assert trade.is_divided


def test_an_order_in_a_rising_market_does_better_the_more_it_hurries() -> None:
    costs = []
    for choice in (AlgorithmChoice.NONE, AlgorithmChoice.SHORTFALL, AlgorithmChoice.TWAP):
        working, bars = worked(choice)
        trade = worked_trade(working, bars)
        assert trade is not None
        costs.append(measure(trade).slippage_bps[Benchmark.ARRIVAL])
    assert costs == sorted(costs)
    assert costs[0] == pytest.approx(2.5, abs=0.01)


def test_without_a_bar_in_the_window_nothing_is_measured() -> None:
    working, _ = worked(AlgorithmChoice.TWAP)
    assert worked_trade(working, [bar(0)]) is None
