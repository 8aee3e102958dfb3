"""The optimiser of the decision path: gross kept, sides kept, unknown symbols kept, restarts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qts_core.portfolio.optimisation.optimiser import PortfolioOptimiser
from qts_core.portfolio.optimisation.risk_parity import risk_contributions, risk_parity
from qts_core.portfolio.optimisation.settings import Method, OptimiserSettings
from tests.unit.qts_core.portfolio.optimisation.markets_for_tests import drawn_returns

SECTORS = ("A", "A", "B", "B", "C", "C")
CLOSES = np.asarray(100.0 * np.cumprod(1.0 + drawn_returns(6, 80), axis=0), dtype=np.float64)
DIRECTION = np.array([1.0, -1.0, 1.0, 0.0, -1.0, 1.0])
SIZED = DIRECTION * 0.05
FLAT = np.zeros(6)


def optimiser(method: Method, closes: np.typing.NDArray[np.float64] = CLOSES) -> PortfolioOptimiser:
    made = PortfolioOptimiser(OptimiserSettings(method=method, max_position_ratio=0.2), SECTORS)
    for row in closes:
        made.observe(row)
    return made


@pytest.mark.parametrize("method", [method for method in Method if method is not Method.NONE])
def test_gross_and_sides_are_those_that_were_decided(method: Method) -> None:
    expected = np.array([0.2, -0.1, 0.15, 0.3, -0.2, 0.1])
    found = optimiser(method).spread(DIRECTION, SIZED, FLAT, expected)
    assert np.abs(found.weights).sum() == pytest.approx(0.25, abs=1e-6)
    assert (found.weights * DIRECTION >= 0.0).all()
    assert found.weights[3] == 0.0
    assert np.abs(found.weights).max() <= 0.2 + 1e-6


def test_a_short_position_is_a_long_one_in_the_mirrored_return() -> None:
    made = optimiser(Method.RISK_PARITY)
    found = made.spread(DIRECTION, SIZED, FLAT).weights
    chosen = np.flatnonzero(DIRECTION)
    covariance = made.covariance[np.ix_(chosen, chosen)]
    assert risk_contributions(found[chosen], covariance) == pytest.approx(0.2, abs=1e-9)
    mirrored = covariance * np.outer(DIRECTION[chosen], DIRECTION[chosen])
    assert np.abs(found[chosen]) == pytest.approx(0.25 * risk_parity(mirrored))


def test_a_symbol_known_too_short_keeps_the_size_it_was_given() -> None:
    closes = CLOSES.copy()
    closes[:70, 1] = np.nan
    found = optimiser(Method.RISK_PARITY, closes).spread(DIRECTION, SIZED, FLAT)
    assert found.excluded == (1,)
    assert found.weights[1] == -0.05
    assert np.abs(found.weights).sum() == pytest.approx(0.25)


def test_nothing_known_keeps_every_size_and_says_so() -> None:
    made = PortfolioOptimiser(OptimiserSettings(method=Method.RISK_PARITY), SECTORS)
    found = made.spread(DIRECTION, SIZED, FLAT)
    assert found.weights.tolist() == SIZED.tolist()
    assert found.verdict is not None


def test_nothing_chosen_is_nothing_held_and_no_fallback() -> None:
    found = optimiser(Method.RISK_PARITY).spread(FLAT, FLAT, SIZED)
    assert found.weights.tolist() == [0.0] * 6
    assert found.verdict is None


def test_a_sector_is_held_under_its_limit() -> None:
    settings = OptimiserSettings(method=Method.MINIMUM_VARIANCE, max_position_ratio=0.4, max_sector_ratio=0.1)
    made = PortfolioOptimiser(settings, SECTORS)
    for row in CLOSES:
        made.observe(row)
    found = made.spread(np.ones(6), np.full(6, 0.05), FLAT)
    assert found.fallback_reason is None
    assert [float(found.weights[i : i + 2].sum()) for i in (0, 2, 4)] == pytest.approx([0.1] * 3, abs=1e-6)


def test_a_restart_gives_the_same_bits() -> None:
    whole, first = optimiser(Method.RISK_PARITY), optimiser(Method.RISK_PARITY, CLOSES[:50])
    second = PortfolioOptimiser(OptimiserSettings(method=Method.RISK_PARITY, max_position_ratio=0.2), SECTORS)
    second.restore(json.loads(json.dumps(first.snapshot())))
    for row in CLOSES[50:]:
        second.observe(row)
    one, other = whole.spread(DIRECTION, SIZED, FLAT), second.spread(DIRECTION, SIZED, FLAT)
    assert one.weights.tolist() == other.weights.tolist()
