"""Target over realised, average true range as a volatility, correlation and leverage."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from qts_core.portfolio.sizing.volatility_target import (
    RollingAtr,
    correlation_scale,
    under_leverage,
    volatility_ratio,
)


def test_a_size_is_target_over_realised_times_base() -> None:
    found = volatility_ratio(np.array([0.15, 0.30, 0.075, np.nan, 0.0]), 0.15, 0.05)
    assert found[:3].tolist() == pytest.approx([0.05, 0.025, 0.10])
    assert np.isnan(found[3:]).all()


@pytest.mark.parametrize(("correlation", "positions"), [(0.0, 20), (0.3, 20), (1.0, 4)])
def test_correlated_sizes_are_as_volatile_as_uncorrelated_ones(correlation: float, positions: int) -> None:
    matrix = correlation + (1.0 - correlation) * np.eye(positions)
    weight = np.full(positions, correlation_scale(correlation, positions))
    assert math.sqrt(weight @ matrix @ weight) == pytest.approx(math.sqrt(positions))


def test_negative_correlation_enlarges_nothing() -> None:
    assert correlation_scale(-0.5, 10) == 1.0


def test_the_largest_positions_together_keep_under_the_leverage() -> None:
    units = np.array([0.4, 0.1, 0.5, np.nan, 0.3])
    # the two largest sum to 0.9
    assert under_leverage(units, 2, 0.45)[[0, 1, 2, 4]].tolist() == pytest.approx([0.2, 0.05, 0.25, 0.15])
    assert under_leverage(units, 2, 0.9) is units


def test_true_range_by_hand_gaps_included() -> None:
    fold = RollingAtr(2, 1, minimum_bars=2, bars_per_year=1)
    for high, low, close in ((11.0, 9.0, 10.0), (13.0, 12.0, 12.5)):
        fold.update(np.array([high]), np.array([low]), np.array([close]))
    # the second bar opened above: from the last close, 10, to 13
    expected = (2.0 / 10.0 + 3.0 / 12.5) / 2.0 / math.sqrt(8.0 / math.pi)
    assert fold.estimate()[0] == pytest.approx(expected)


def test_average_true_range_of_a_random_walk_gives_its_volatility() -> None:
    rng = np.random.default_rng(2)
    steps = rng.standard_normal((4000, 400)) * 0.01 / 20.0
    path = np.exp(np.cumsum(steps.ravel())).reshape(4000, 400)
    fold = RollingAtr(4000, 1, bars_per_year=252)
    opened = 1.0
    for row in path:
        fold.update(np.array([max(opened, row.max())]), np.array([min(opened, row.min())]), np.array([row[-1]]))
        opened = row[-1]
    # 400 steps miss some of the range between them: about 3 %
    assert fold.estimate()[0] == pytest.approx(0.01 * math.sqrt(252), rel=0.05)


def test_a_restart_and_a_missing_bar_give_the_same_bits() -> None:
    rng = np.random.default_rng(4)
    close = 100.0 * np.exp(np.cumsum(rng.standard_normal((70, 3)) * 0.01, axis=0))
    close[30:33, 1] = np.nan
    whole, first, second = (RollingAtr(20, 3) for _ in range(3))
    for row in close:
        whole.update(row * 1.01, row * 0.99, row)
    for row in close[:45]:
        first.update(row * 1.01, row * 0.99, row)
    second.restore(json.loads(json.dumps(first.snapshot())))
    for row in close[45:]:
        second.update(row * 1.01, row * 0.99, row)
    assert second.estimate().tolist() == whole.estimate().tolist()
    assert np.isnan(RollingAtr(20, 3).estimate()).all()
