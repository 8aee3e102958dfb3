"""Drawdowns of a curve that can be followed with a finger."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.analytics.drawdown import (
    Drawdown,
    average_drawdown,
    burke_ratio,
    drawdown_curve,
    drawdowns,
    max_drawdown,
    pain_index,
    sterling_ratio,
    ulcer_index,
)

EQUITY = np.array([100.0, 120.0, 90.0, 108.0, 120.0, 150.0, 135.0, 141.0])
UNDER = [0.0, 0.0, -0.25, -0.10, 0.0, 0.0, -0.10, -0.06]


def test_curve_is_the_loss_from_the_highest_so_far() -> None:
    assert drawdown_curve(EQUITY).tolist() == pytest.approx(UNDER)
    assert max_drawdown(EQUITY) == pytest.approx(0.25)


def test_episodes_know_peak_trough_and_recovery() -> None:
    first, second = drawdowns(EQUITY)
    assert first == Drawdown(peak=1, trough=2, end=4, depth=first.depth)
    assert first.depth == pytest.approx(0.25)
    assert first.recovery == 2
    assert (second.peak, second.trough, second.end, second.recovery) == (5, 6, None, None)
    assert second.depth == pytest.approx(0.10)


def test_measures_by_hand() -> None:
    assert average_drawdown(EQUITY) == pytest.approx(0.175)
    assert ulcer_index(EQUITY) == pytest.approx(math.sqrt((0.25**2 + 0.1**2 + 0.1**2 + 0.06**2) / 8))
    assert pain_index(EQUITY) == pytest.approx(0.51 / 8)
    assert burke_ratio(EQUITY, 0.3) == pytest.approx(0.3 / math.sqrt(0.25**2 + 0.10**2))
    assert sterling_ratio(EQUITY, 0.35) == pytest.approx(2.0)


def test_a_curve_that_never_falls_has_no_drawdown() -> None:
    rising = np.array([1.0, 1.0, 2.0])
    assert drawdowns(rising) == ()
    assert max_drawdown(rising) == 0.0
    assert average_drawdown(rising) == 0.0
    assert pain_index(rising) == 0.0
    assert math.isnan(burke_ratio(rising, 0.1))
    assert math.isnan(sterling_ratio(rising, 0.1))
    assert math.isnan(max_drawdown(np.array([])))


def test_sterling_takes_the_five_deepest() -> None:
    depths = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]
    equity = np.concatenate([[1.0], *([1 - d, 1.0] for d in depths)])
    assert sterling_ratio(equity, 0.04) == pytest.approx(0.04 / 0.04)


@given(st.lists(st.floats(0.5, 2.0), min_size=1, max_size=60))
def test_the_deepest_episode_is_the_maximum_drawdown(values: list[float]) -> None:
    equity = np.array(values)
    naive = max((max(values[: i + 1]) - v) / max(values[: i + 1]) for i, v in enumerate(values))
    assert max_drawdown(equity) == pytest.approx(naive, abs=1e-12)
    assert max((d.depth for d in drawdowns(equity)), default=0.0) == pytest.approx(naive, abs=1e-12)
