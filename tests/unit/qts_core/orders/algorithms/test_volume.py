"""Profiles and forecasts of volume, counted by hand and by pandas."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from qts_core.market.bars import BarSlice
from qts_core.orders.algorithms.profiles import ProfileFold
from qts_core.orders.algorithms.volume import VolumeForecast, VolumeProfile
from tests.support.execution_market import CLOSE, OPEN, at, bar

FOUR = VolumeProfile((0.4, 0.1, 0.1, 0.4), 10_000.0, 20)
SLOTS = 13


def session(day: int, volumes: np.ndarray, *, slots: int = SLOTS) -> list[BarSlice]:
    length = timedelta(minutes=30)
    start = OPEN + timedelta(days=day)
    one = bar(0)
    return [
        replace(one, ts_event=start + k * length, ts_known=start + (k + 1) * length, slot=k, slots=slots,
                volume=np.array([v]))
        for k, v in enumerate(volumes)
    ]  # fmt: skip


def test_a_profile_is_straight_within_a_slot_and_stretched_over_the_session() -> None:
    assert FOUR.cumulative(0.125) == pytest.approx(0.2)
    assert FOUR.cumulative(0.5) == pytest.approx(0.5)
    assert FOUR.cumulative(0.875) == pytest.approx(0.8)
    assert (FOUR.cumulative(-1.0), FOUR.cumulative(2.0)) == pytest.approx((0.0, 1.0))


def test_the_historical_profile_is_the_mean_of_each_sessions_shares() -> None:
    generator = np.random.default_rng(3)
    volumes = generator.integers(100, 9000, size=(7, SLOTS)).astype(float)
    fold = ProfileFold(1, slots=SLOTS, sessions=5, minimum=5)
    for day, row in enumerate(volumes):
        for one in session(day, row):
            fold.update(one)
    kept = pd.DataFrame(volumes[2:])
    expected = kept.div(kept.sum(axis=1), axis=0).mean()
    found = fold.profile(0)
    assert found is not None
    assert found.shares == pytest.approx(expected.to_list(), rel=1e-12)
    assert found.session_volume == pytest.approx(float(kept.sum(axis=1).mean()))
    assert found.sessions == 5


def test_the_session_under_way_and_half_days_are_in_no_profile() -> None:
    fold = ProfileFold(1, slots=SLOTS, minimum=2)
    for day in range(2):
        for one in session(day, np.full(SLOTS, 100.0)):
            fold.update(one)
    before = fold.profile(0)
    for one in [*session(2, np.full(7, 9e9), slots=7), *session(3, np.full(SLOTS - 1, 9e9))]:
        fold.update(one)
    assert before is not None
    assert fold.profile(0) == before


def test_there_is_no_profile_before_enough_sessions_had_volume() -> None:
    fold = ProfileFold(1, slots=SLOTS, minimum=3)
    for day, level in enumerate((100.0, np.nan, 100.0)):
        for one in session(day, np.full(SLOTS, level)):
            fold.update(one)
    assert fold.profile(0) is None


def test_volumes_before_a_split_count_on_the_newest_basis() -> None:
    """Two for one: 100 shares before are 200 after; the factor before is 1, after it 2."""
    fold = ProfileFold(1, slots=SLOTS, minimum=2)
    for one in session(0, np.full(SLOTS, 100.0)):
        fold.update(one)
    for one in session(1, np.full(SLOTS, 200.0)):
        fold.update(replace(one, factor=np.array([2.0])))
    found = fold.profile(0, factor=2.0)
    assert found is not None
    assert found.session_volume == pytest.approx(200.0 * SLOTS)


def test_a_restored_profile_goes_on_as_before() -> None:
    generator = np.random.default_rng(5)
    fold, bars = ProfileFold(1, slots=SLOTS, minimum=2), []
    for day in range(4):
        bars += session(day, generator.integers(1, 900, SLOTS).astype(float))
    for one in bars[:33]:
        fold.update(one)
    again = ProfileFold(1, slots=SLOTS, minimum=2)
    again.restore(json.loads(json.dumps(fold.snapshot())))
    for one in bars[33:]:
        fold.update(one)
        again.update(one)
    assert again.profile(0) == fold.profile(0) is not None
    assert again.snapshot() == fold.snapshot()


def test_without_a_profile_the_mean_rate_of_the_window_goes_on() -> None:
    forecast = VolumeForecast(at(30), at(90), OPEN, CLOSE)
    assert forecast.expect(at(30), at(35)) is None
    forecast.hear(bar(29, volume=7e6), 0)
    assert forecast.expect(at(30), at(35)) is None
    forecast.hear(bar(30, volume=100.0), 0)
    forecast.hear(bar(31, volume=300.0), 0)
    assert forecast.observed == 400.0
    assert forecast.expect(at(32), at(37)) == pytest.approx(1000.0)


def test_today_s_volume_moves_what_is_expected_between_the_profile_and_the_day() -> None:
    """A quarter of the session is usually 4000 shares; 9000 came: ratio (9000 + 1000) / (4000 + 1000) = 2."""
    quarter = 390 / 4
    forecast = VolumeForecast(OPEN, CLOSE, OPEN, CLOSE, FOUR)
    whole = bar(0, volume=9000.0)
    assert forecast.expect(at(0), at(quarter)) == pytest.approx(4000.0)
    forecast.hear(replace(whole, ts_known=at(quarter)), 0)
    assert forecast.ratio == pytest.approx(2.0)
    assert forecast.expect(at(quarter), at(2 * quarter)) == pytest.approx(2000.0)


def test_the_markets_vwap_is_of_typical_prices_by_volume() -> None:
    """Bars of 100 and 102 with volumes 1 and 3: 101.5."""
    forecast = VolumeForecast(at(0), at(60), OPEN, CLOSE)
    forecast.hear(bar(0, 100.0, 100.0, spread=0.3), 0)
    forecast.hear(bar(1, 102.0, 300.0), 0)
    assert forecast.vwap == pytest.approx(101.5)


def test_a_bar_without_a_trade_and_one_heard_twice_add_nothing() -> None:
    forecast = VolumeForecast(at(0), at(60), OPEN, CLOSE)
    assert forecast.hear(bar(0, volume=100.0), 0)
    assert not forecast.hear(bar(0, volume=100.0), 0)
    assert forecast.hear(bar(1, close=np.nan, volume=np.nan), 0)
    assert forecast.observed == 100.0
    assert forecast.last_close == 100.0
