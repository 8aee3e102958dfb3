"""What VWAP and shortfall send, against hand-made volumes and the paper's trajectory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from qts_core.market.events import BarsClosed
from qts_core.orders.algorithms.almgren_chriss import ImpactModel
from qts_core.orders.algorithms.plans import ShortfallPlan, VwapPlan
from qts_core.orders.algorithms.schedule import Schedule
from qts_core.orders.algorithms.volume import VolumeProfile
from qts_core.orders.algorithms.wishes import ChildWish, ScheduleSettings
from tests.support.execution_market import CLOSE, OPEN, at, bar, exchange, forecast, parent, run_parent, tick

D = Decimal
QUARTER = timedelta(minutes=97.5)
FOUR = VolumeProfile((0.4, 0.1, 0.2, 0.3), 10_000.0, 20)
DAY = 390.0
PAPER = ImpactModel(epsilon=0.0625, eta=2.5e-6, gamma=2.5e-7, sigma=0.95)


def sizes(schedule: Schedule, moments: list[float]) -> list[int]:
    sent = [w for m in moments for w in tick(schedule, m)]
    return [int(w.request.quantity or 0) for w in sent if isinstance(w, ChildWish)]


def test_buckets_are_filled_as_the_historical_profile_says() -> None:
    of = parent("1000", 0, 390)
    schedule = Schedule(of, VwapPlan(), ScheduleSettings(interval=QUARTER), forecast(of, FOUR))
    assert sizes(schedule, [0, 97.5, 195, 292.5]) == [400, 100, 200, 300]


def test_a_window_takes_its_own_part_of_the_profile() -> None:
    """The middle half of the session: 0.1 and 0.2 of the volume are a third and two."""
    of = parent("900", 97.5, 292.5)
    schedule = Schedule(of, VwapPlan(), ScheduleSettings(interval=QUARTER), forecast(of, FOUR))
    assert sizes(schedule, [97.5, 195]) == [300, 600]


def test_heavy_volume_so_far_leaves_less_to_do() -> None:
    """The first quarter trades 9000 for 4000, so the day runs at (9000 + 1000) / (4000 + 1000) = 2 times the usual:
    12000 more are expected, and by the second quarter's end (9000 + 2000) / 21000 of the parent is to be out."""
    of = parent("2100", 0, 390)
    schedule = Schedule(of, VwapPlan(), ScheduleSettings(interval=QUARTER), forecast(of, FOUR))
    assert sizes(schedule, [0]) == [840]
    busy = replace(bar(0, volume=9000.0), ts_known=at(97.5))
    (wish,) = schedule.on_event(BarsClosed(busy))
    assert isinstance(wish, ChildWish)
    assert wish.request.quantity == 1100 - 840


def test_without_adjustment_the_profile_alone_counts() -> None:
    of = parent("2100", 0, 390)
    plan = VwapPlan(is_adaptive=False)
    schedule = Schedule(of, plan, ScheduleSettings(interval=QUARTER), forecast(of, FOUR))
    sizes(schedule, [0])
    (wish,) = schedule.on_event(BarsClosed(replace(bar(0, volume=9000.0), ts_known=at(97.5))))
    assert isinstance(wish, ChildWish)
    assert wish.request.quantity == 210


def test_without_any_volume_it_falls_back_to_equal_slices() -> None:
    of = parent("1000", 0, 390)
    schedule = Schedule(of, VwapPlan(), ScheduleSettings(interval=QUARTER), forecast(of))
    assert sizes(schedule, [0, 97.5, 195, 292.5]) == [250, 250, 250, 250]


def test_progress_says_plan_and_fact_and_the_markets_vwap() -> None:
    of = parent("1000", 0, 390)
    schedule = Schedule(of, VwapPlan(), ScheduleSettings(interval=QUARTER), forecast(of, FOUR))
    bars = [bar(15 * k, 100.0 + k, 100.0, length=15) for k in range(26)]
    run_parent(schedule, exchange(), bars)
    first, second = schedule.progress[:2]
    assert (first.target, first.sent, first.filled, first.market_vwap) == (D(400), D(400), D(0), None)
    assert second.filled == 400
    assert second.market_vwap == pytest.approx(103.0), "seven bars of 100 to 106, equal volumes"
    assert second.achieved is not None
    assert 100.0 < second.achieved < 100.1, "the first open and costs"
    assert schedule.outcome.unfilled == 0


def test_shortfall_sends_the_papers_trades() -> None:
    """One session in five slices is the paper's example with its day a fifth as long: sigma and eta follow."""
    scale = 5.0
    model = ImpactModel(PAPER.epsilon, PAPER.eta / scale, PAPER.gamma, PAPER.sigma * scale**0.5)
    of = parent("1000000", 0, DAY)
    plan = ShortfallPlan(model, 1e-6)
    schedule = Schedule(of, plan, ScheduleSettings(interval=timedelta(minutes=78)), forecast(of))
    sent = sizes(schedule, [0, 78, 156, 234, 312])
    assert sent == pytest.approx([458044.4, 252101.3, 141956.7, 85755.7, 62141.8], abs=2.0)
    assert sum(sent) == 1_000_000


def test_a_wilder_market_hurries_and_a_busier_one_too() -> None:
    def second(moves: float, volume: float) -> Decimal:
        of = parent("100000", 0, DAY)
        usual = VolumeProfile((0.5, 0.5), 3_900_000.0, 20)
        model = ImpactModel.from_market(spread=0.05, daily_volume=3.9e6, sigma=1.0)
        schedule = Schedule(of, ShortfallPlan(model, 1e-6), ScheduleSettings(), forecast(of, usual))
        tick(schedule, 0)
        sent = []
        for minute in range(60):
            close = 100.0 + moves * (-1) ** minute
            sent += schedule.on_event(BarsClosed(bar(minute, close, volume)))
        return max(w.request.quantity or D(0) for w in sent if isinstance(w, ChildWish))

    calm = second(0.025, 10_000.0)
    assert second(0.25, 10_000.0) > calm
    assert second(0.025, 40_000.0) > calm


def test_the_volatility_ratio_is_drawn_to_one_by_thirty_moves() -> None:
    """Thirty moves twice as large as usual: (30 + 30 x 4) / 60 = 2.5."""
    plan = ShortfallPlan(PAPER, 1e-6)
    for k in range(31):
        plan.hear(100.0 + 2 * PAPER.sigma * 0.1 * (k % 2), 0.01)
    assert plan.volatility_ratio == pytest.approx(np.sqrt(2.5))


def test_the_session_is_the_one_the_tests_stand_in() -> None:
    assert (CLOSE - OPEN).total_seconds() / 60 == DAY
