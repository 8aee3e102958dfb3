"""Coarse bars in parts that add up to the whole, and schedules worked on them (X-36)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from qts_core.market.bars import BarSlice
from qts_core.market.errors import OrderSubmissionError
from qts_core.orders.algorithms.inside_bar import InsideProfile, divide
from qts_core.orders.algorithms.plans import TwapPlan
from qts_core.orders.algorithms.schedule import Schedule
from qts_core.orders.algorithms.wishes import ScheduleSettings
from tests.support.execution_market import at, bar, exchange, forecast, parent, run_parent

FIVE = timedelta(minutes=5)


def coarse(minute: int = 30) -> BarSlice:
    """Return a quarter of an hour from 100 to 106 between 97 and 109."""
    o, h, low, c = (np.array([v]) for v in (100.0, 109.0, 97.0, 106.0))
    return BarSlice(
        at(minute), at(minute + 15), minute // 15, 26, ("AA",), o, h, low, c, np.array([900.0]), np.array([1.0])
    )


def prices(parts: list[BarSlice]) -> list[tuple[float, float, float, float]]:
    return [(float(p.open[0]), float(p.high[0]), float(p.low[0]), float(p.close[0])) for p in parts]


def test_a_straight_profile_goes_from_open_to_close() -> None:
    found = prices(divide(coarse(), FIVE, InsideProfile.STRAIGHT))
    assert found == [(100, 102, 100, 102), (102, 104, 102, 104), (104, 106, 104, 106)]


def test_a_path_through_the_extremes_keeps_them() -> None:
    low = prices(divide(coarse(), FIVE, InsideProfile.LOW_FIRST))
    assert low == [(100, 100, 97, 97), (97, 109, 97, 109), (109, 109, 106, 106)]
    high = prices(divide(coarse(), FIVE, InsideProfile.HIGH_FIRST))
    assert high == [(100, 109, 100, 109), (109, 109, 97, 97), (97, 106, 97, 106)]


@pytest.mark.parametrize("profile", InsideProfile)
@pytest.mark.parametrize("minutes", [1, 3, 5, 15])
def test_parts_add_up_to_the_whole(profile: InsideProfile, minutes: int) -> None:
    whole = coarse()
    parts = divide(whole, timedelta(minutes=minutes), profile)
    assert len(parts) == 15 // minutes
    assert (parts[0].ts_event, parts[-1].ts_known) == (whole.ts_event, whole.ts_known)
    assert all(a.ts_known == b.ts_event for a, b in pairwise(parts))
    assert (parts[0].open[0], parts[-1].close[0]) == (100.0, 106.0)
    assert sum(float(p.volume[0]) for p in parts) == pytest.approx(900.0)
    assert all(p.low[0] <= min(p.open[0], p.close[0]) <= max(p.open[0], p.close[0]) <= p.high[0] for p in parts)
    if profile is not InsideProfile.STRAIGHT:
        assert max(float(p.high[0]) for p in parts) == 109.0
        assert min(float(p.low[0]) for p in parts) == 97.0


def test_a_symbol_without_a_bar_has_none_in_the_parts() -> None:
    parts = divide(bar(30, close=np.nan, length=15), FIVE, InsideProfile.LOW_FIRST)
    assert all(np.isnan(p.close[0]) for p in parts)


def test_a_part_must_divide_the_bar() -> None:
    with pytest.raises(OrderSubmissionError, match="QTS-EXEC-059"):
        divide(coarse(), timedelta(minutes=4), InsideProfile.STRAIGHT)


def test_slices_finer_than_the_bars_are_worked_inside_the_next_bar() -> None:
    """Three slices in a quarter of an hour from 100 to 106 fill at 100, 102 and 104, costs apart."""
    of = parent("300", 30, 45)
    schedule = Schedule(of, TwapPlan(), ScheduleSettings(), forecast(of))
    run_parent(schedule, exchange(), [coarse(), coarse(45)], part=FIVE)
    fills = schedule.ledger.executions
    assert [f.quantity for f in fills] == [100, 100, 100]
    assert [f.ts_event for f in fills] == [at(30), at(35), at(40)]
    assert [float(f.price) for f in fills] == pytest.approx([100, 102, 104], rel=3e-4)
    assert schedule.outcome.unfilled == 0


def test_without_division_the_slices_of_a_bar_go_out_together_and_still_add_up() -> None:
    of = parent("1200", 30, 90)
    schedule = Schedule(of, TwapPlan(), ScheduleSettings(), forecast(of))
    sent = run_parent(schedule, exchange(), [bar(m, length=15) for m in range(30, 120, 15)])
    assert [w.request.quantity for w in sent] == [100, 300, 300, 300, 200]
    assert schedule.outcome.filled == Decimal(1200)
