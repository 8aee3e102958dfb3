"""Loss of one position, rapid declines, and the brake of wild markets, by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from qts_core.risk.measures.market_state import VolatilityRegime
from qts_core.risk.rapid_decline import RapidDecline
from qts_core.risk.trade_stops import StopView, TradeStops
from qts_core.risk.volatility_brake import BrakeSettings, VolatilityBrake

USUAL, HIGH, EXTREME = VolatilityRegime.USUAL, VolatilityRegime.HIGH, VolatilityRegime.EXTREME


def look(stops: TradeStops, shares: float, mark: float, *, paid: float = 100.0) -> StopView:
    return stops.update(np.array([shares, 0.0]), np.array([paid, 0.0]), np.array([mark, 7.0]), 10_000.0)


@pytest.mark.parametrize(("shares", "mark", "closes"), [
    (50.0, 98.01, False), (50.0, 98.0, True), (-50.0, 101.99, False), (-50.0, 102.0, True), (50.0, 150.0, False),
])  # fmt: skip
def test_a_position_is_closed_at_one_per_cent_of_equity(shares: float, mark: float, *, closes: bool) -> None:
    view = look(TradeStops(("AA", "AB"), 0.01), shares, mark)
    assert view.must_close.tolist() == [closes, False]
    assert [v.name for v in view.verdicts] == ["loss.trade"] * closes
    assert view.applied(np.array([0.5, 0.2])).tolist() == [0.0 if closes else 0.5, 0.2]


def test_a_stop_stays_until_the_position_is_gone_and_rests_after_it() -> None:
    stops = TradeStops(("AA", "AB"), 0.01, rest_bars=2)
    assert look(stops, 50.0, 97.0).must_close[0]
    assert look(stops, 50.0, 99.9).must_close[0], "a kinder bar changes nothing"
    again = TradeStops(("AA", "AB"), 0.01, rest_bars=2)
    again.restore(json.loads(json.dumps(stops.snapshot())))
    for _ in range(2):
        assert look(again, 0.0, 99.9).must_close[0]
    assert not look(again, 0.0, 99.9).must_close[0]


def test_without_a_price_or_a_limit_nothing_is_stopped() -> None:
    assert not look(TradeStops(("AA", "AB"), 0.01), 50.0, math.nan).must_close.any()
    assert not look(TradeStops(("AA", "AB"), math.inf), 50.0, 1.0).must_close.any()


def test_a_decline_counts_from_the_highest_of_the_last_bars_only() -> None:
    slow = RapidDecline(0.03, 2, 100.0)
    assert [slow.update(e) for e in (98.5, 97.1, 95.7, 94.3)] == [None] * 4, "3 % in three bars is not 3 % in two"
    fast = slow.update(92.0)
    assert fast is not None
    assert fast.value == pytest.approx((95.7 - 92.0) / 95.7)
    again = RapidDecline(0.03, 2, 1.0)
    again.restore(json.loads(json.dumps(slow.snapshot())))
    assert again.update(93.0) == slow.update(93.0)


@pytest.mark.parametrize(("points", "scale"), [
    (math.nan, 1.0), (30.0, 1.0), (45.0, 0.625), (60.0, 0.25), (90.0, 0.25),
])  # fmt: skip
def test_sizes_shrink_along_a_line_above_the_threshold(points: float, scale: float) -> None:
    brake = VolatilityBrake(BrakeSettings(threshold=30.0, severe=60.0, floor=0.25)).update(points, USUAL, math.nan)
    assert brake.scale == pytest.approx(scale)
    assert [v.name for v in brake.verdicts] == ["market.volatility"] * (scale < 1.0)


def test_a_volatile_market_keeps_more_in_cash() -> None:
    settings = BrakeSettings(high_cash=0.25, extreme_cash=0.5)
    caps = [VolatilityBrake(settings).update(20.0, regime, math.nan).gross_cap for regime in (USUAL, HIGH, EXTREME)]
    assert caps == [math.inf, 0.75, 0.5]


@pytest.mark.parametrize(
    ("forecast", "cap"), [(0.10, 1.0), (0.15, 1.0), (0.30, 0.5), (3.0, 0.25), (math.nan, math.inf)]
)
def test_leverage_is_the_target_over_the_forecast(forecast: float, cap: float) -> None:
    brake = VolatilityBrake(BrakeSettings(target_volatility=0.15))
    assert brake.update(20.0, USUAL, forecast).gross_cap == pytest.approx(cap)


def test_the_brake_is_put_on_at_once_and_let_go_step_by_step() -> None:
    settings = BrakeSettings(threshold=30.0, severe=60.0, floor=0.2, target_volatility=0.15, rise_per_session=0.3)
    brake = VolatilityBrake(settings)
    assert (brake.update(80.0, USUAL, 0.6).scale, brake.in_force.gross_cap) == (0.2, 0.25)
    again = VolatilityBrake(settings)
    again.restore(json.loads(json.dumps(brake.snapshot())))
    seen = [(again.update(10.0, USUAL, 0.1).scale, again.in_force.gross_cap) for _ in range(3)]
    assert seen == [(pytest.approx(0.5), pytest.approx(0.55)), (pytest.approx(0.8), pytest.approx(0.85)), (1.0, 1.0)]


def test_by_default_nothing_is_braked() -> None:
    brake = VolatilityBrake(BrakeSettings()).update(500.0, EXTREME, 9.0)
    assert (brake.scale, brake.gross_cap, brake.verdicts) == (1.0, math.inf, ())
