"""Pass rates of a calibration and their intervals."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from qts_core.research.calibration import Calibration, CalibrationSettings, MarketOutcome, pass_rate_interval


def outcome(number: int, *, passed: bool, refused_by: tuple[str, ...] = ()) -> MarketOutcome:
    return MarketOutcome(number, 1, passed, refused_by, float("nan"), 100, 200, 1, 1.0)


def calibration(signal: float, passed: int, markets: int) -> Calibration:
    outcomes = tuple(
        outcome(i, passed=i < passed, refused_by=() if i < passed else ("deflated_sharpe",)) for i in range(markets)
    )
    return Calibration(CalibrationSettings(signal, 0), 0.05, outcomes)


@pytest.mark.parametrize(("passed", "markets"), [(0, 1), (0, 40), (3, 40), (20, 40), (39, 40), (40, 40)])
def test_the_interval_of_a_pass_rate_is_the_exact_binomial_one(passed: int, markets: int) -> None:
    referee = binomtest(passed, markets).proportion_ci(confidence_level=0.95, method="exact")
    assert pass_rate_interval(passed, markets) == pytest.approx((referee.low, referee.high), abs=1e-12)


def test_noise_that_passes_more_often_than_promised_is_said_in_capitals() -> None:
    assert "MORE than the nominal 5%" in calibration(0.0, 8, 40).verdict()
    assert "MORE" not in calibration(0.0, 1, 40).verdict()


def test_a_signal_is_spoken_of_as_power() -> None:
    assert calibration(1.0, 38, 40).verdict().startswith("power: 38 of 40 markets passed")


def test_the_json_names_markets_passed_and_who_refused() -> None:
    found = calibration(0.0, 1, 4).as_dict()
    assert (found["markets"], found["passed"], found["pass_rate"]) == (4, 1, 0.25)
    assert found["refused_by"] == {"deflated_sharpe": 3}
    assert found["median_net_sharpe"] is None


def test_a_market_depends_on_seed_and_number_alone() -> None:
    one, again = CalibrationSettings(0.0, 3).market(5), CalibrationSettings(1.0, 3).market(5)
    assert one.seed == again.seed
    assert len({CalibrationSettings(0.0, 3).market(n).seed for n in range(50)}) == 50
    assert CalibrationSettings(0.0, 4).market(5).seed != one.seed


@pytest.mark.parametrize(
    ("months", "first"), [(24, "2023-01-01"), (15, "2023-10-01"), (36, "2022-01-01"), (23, "2023-02-01")]
)
def test_a_market_ends_with_2024_and_has_its_months(months: int, first: str) -> None:
    market = CalibrationSettings(0.0, 0, months=months).market(0)
    assert (str(market.first), str(market.last)) == (first, "2024-12-31")
