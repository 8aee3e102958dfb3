"""Which algorithm is chosen, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from qts_core.orders.algorithms.maker import AlgorithmChoice, AlgorithmSettings, MarketFacts, make_schedule, window
from qts_core.orders.algorithms.plans import ShortfallPlan, TwapPlan, VwapPlan
from qts_core.orders.algorithms.routing import Algorithm, Ask, RoutingSettings, aversion, impact_of, route
from qts_core.orders.algorithms.volume import VolumeProfile
from qts_core.orders.algorithms.wishes import ChildWish, ScheduleSettings
from tests.support.execution_market import CLOSE, OPEN, at, parent, tick

D = Decimal
RULES = RoutingSettings()
LARGE = Ask(
    shares=50_000, price=100.0, spread_bps=5.0, daily_volume=1_000_000, daily_volatility=0.02, urgency=0.2,
    days=60 / 390, slices=12,
)  # fmt: skip
SMALL = replace(LARGE, shares=500)
SHAPED = (0.2, 0.16, 0.12, 0.1, 0.08, 0.06, 0.05, 0.05, 0.05, 0.05, 0.04, 0.04)


def test_small_and_urgent_goes_at_once_small_and_patient_rests() -> None:
    assert route(replace(SMALL, urgency=0.6), RULES).algorithm is Algorithm.MARKET
    assert route(replace(SMALL, urgency=0.2), RULES).algorithm is Algorithm.LIMIT


def test_a_wide_spread_makes_a_small_order_rest_unless_it_must_not() -> None:
    wide = replace(SMALL, spread_bps=50.0, urgency=0.8)
    found = route(wide, RULES)
    assert found.algorithm is Algorithm.LIMIT
    assert "50.0 bps" in found.reason
    assert route(replace(wide, urgency=1.0), RULES).algorithm is Algorithm.MARKET


def test_large_and_patient_is_divided_evenly_and_by_volume_where_its_shape_is_known() -> None:
    patient = replace(LARGE, urgency=0.0)
    assert route(patient, RULES).algorithm is Algorithm.TWAP
    assert route(replace(patient, window_volume=SHAPED), RULES).algorithm is Algorithm.VWAP


def test_large_and_urgent_weighs_impact_against_risk() -> None:
    found = route(replace(LARGE, urgency=1.0), RULES)
    assert found.algorithm is Algorithm.SHORTFALL
    assert "shortfall" in found.reason
    assert found.chosen is not None
    others = {c.algorithm: c for c in found.candidates}
    assert found.chosen.utility_bps <= others[Algorithm.TWAP].utility_bps
    assert found.chosen.timing_risk_bps < others[Algorithm.TWAP].timing_risk_bps


def test_a_large_order_measured_by_vwap_follows_the_volume() -> None:
    asked = replace(LARGE, urgency=1.0, window_volume=SHAPED, is_vwap_benchmark=True)
    assert route(asked, RULES).algorithm is Algorithm.VWAP


def test_an_unknown_volume_leaves_only_time() -> None:
    found = route(replace(LARGE, daily_volume=0.0), RULES)
    assert found.algorithm is Algorithm.TWAP
    assert "no volume" in found.reason


def test_costs_are_almgren_and_chriss_s_by_hand() -> None:
    """Spread 5 cents: eta = 0.05 / 10000, gamma = 0.05 / 100000, epsilon 2.5 cents; 12 slices of 50000 / 12 shares,
    each a 78th of a session long."""
    found = {c.algorithm: c for c in route(LARGE, RULES).candidates}
    tau, x = 5 / 390, 50_000.0
    eta, gamma = 5e-6, 5e-7
    expected = 0.5 * gamma * x**2 + 0.025 * x + (eta - gamma * tau / 2) / tau * x**2 / 12
    variance = 2.0**2 * tau * sum((x * k / 12) ** 2 for k in range(1, 12))
    assert found[Algorithm.TWAP].expected_bps == pytest.approx(expected / (x * 100) * 1e4)
    assert found[Algorithm.TWAP].timing_risk_bps == pytest.approx(np.sqrt(variance) / (x * 100) * 1e4)
    at_once = 0.5 * gamma * x**2 + 0.025 * x + (eta - gamma * tau / 2) / tau * x**2
    assert found[Algorithm.MARKET].expected_bps == pytest.approx(at_once / (x * 100) * 1e4)
    assert found[Algorithm.MARKET].timing_risk_bps == 0.0


def test_urgency_scales_risk_aversion_by_a_hundred_each_way() -> None:
    assert [aversion(RULES, u) for u in (0.0, 0.5, 1.0)] == pytest.approx([1e-8, 1e-6, 1e-4])


def test_the_spread_is_never_taken_for_less_than_a_cent() -> None:
    model = impact_of(replace(LARGE, spread_bps=0.0))
    assert model is not None
    assert model.epsilon == pytest.approx(0.005)


FACTS = MarketFacts(OPEN, CLOSE, 5.0, 0.02, 1_000_000, VolumeProfile((0.4, 0.3, 0.3), 1_000_000.0, 20))


@pytest.mark.parametrize(
    ("choice", "plan"),
    [(AlgorithmChoice.TWAP, TwapPlan), (AlgorithmChoice.VWAP, VwapPlan), (AlgorithmChoice.SHORTFALL, ShortfallPlan)],
)
def test_a_given_algorithm_is_taken(choice: AlgorithmChoice, plan: type) -> None:
    made = make_schedule(parent("50000"), AlgorithmSettings(choice), FACTS)
    assert isinstance(made.schedule.plan, plan)
    assert made.route.chosen is not None


def test_none_is_one_market_order() -> None:
    capped = AlgorithmSettings(schedule=ScheduleSettings(max_participation=0.01))
    made = make_schedule(parent("50000"), capped, FACTS)
    (wish,) = tick(made.schedule, 30)
    assert isinstance(wish, ChildWish)
    assert wish.request.quantity == 50_000
    assert wish.request.limit_price is None


def test_a_patient_small_order_rests_at_the_last_price_and_crosses_at_the_end() -> None:
    settings = AlgorithmSettings(AlgorithmChoice.ADAPTIVE, schedule=ScheduleSettings(urgency=0.1))
    made = make_schedule(parent("500"), settings, FACTS)
    assert made.route.algorithm is Algorithm.LIMIT
    (resting,) = tick(made.schedule, 30)
    assert isinstance(resting, ChildWish)
    assert (resting.request.quantity, resting.request.limit_price) == (D(500), D(100))
    assert len(tick(made.schedule, 90)) == 1


def test_shortfall_without_volume_is_twap_and_says_so() -> None:
    bare = replace(FACTS, daily_volume=0.0, profile=None)
    made = make_schedule(parent("500"), AlgorithmSettings(AlgorithmChoice.SHORTFALL), bare)
    assert isinstance(made.schedule.plan, TwapPlan)
    assert "twap instead" in made.route.reason


def test_a_window_ends_with_the_session() -> None:
    assert window(at(360), timedelta(hours=1), CLOSE) == CLOSE
    assert window(at(0), timedelta(hours=1), CLOSE) == at(60)
    assert window(CLOSE, timedelta(hours=1), CLOSE) is None
