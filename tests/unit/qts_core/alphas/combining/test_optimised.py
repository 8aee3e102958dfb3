"""The highest ratio against its closed form and a dense search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.alphas.combining.optimised import best_ratio
from qts_core.alphas.combining.settings import CombinerSettings
from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Infeasible

FREE = CombinerSettings(shrinkage=0.0)
GAIN = np.array([0.002, 0.001, 0.0015])
COVARIANCE = np.array([[4.0, 0.5, 0.3], [0.5, 1.0, 0.2], [0.3, 0.2, 2.0]]) * 1e-4


def ratio(weights: Floats) -> Floats:
    return np.asarray((weights @ GAIN) / np.sqrt(np.einsum("...i,ij,...j->...", weights, COVARIANCE, weights)))


def grid() -> Floats:
    first, second = np.meshgrid(np.linspace(0, 1, 401), np.linspace(0, 1, 401))
    points = np.stack([first, second, 1.0 - first - second], axis=-1).reshape(-1, 3)
    return np.asarray(points[points[:, 2] >= 0.0])


def test_without_constraints_it_is_the_inverse_covariance_times_the_gains() -> None:
    expected = np.linalg.solve(COVARIANCE, GAIN)
    assert best_ratio(GAIN, COVARIANCE, None, FREE) == pytest.approx(expected / expected.sum(), abs=1e-5)


def test_covariances_are_shrunk_towards_zero() -> None:
    expected = GAIN / np.diagonal(COVARIANCE)
    found = best_ratio(GAIN, COVARIANCE, None, replace(FREE, shrinkage=1.0))
    assert found == pytest.approx(expected / expected.sum(), abs=1e-5)


@pytest.mark.parametrize(
    ("solver", "limits"),
    [
        ("scipy", {"max_weight": 0.4}),
        ("scipy", {"max_turnover": 0.2}),
        ("clarabel", {"max_turnover": 0.2}),
        ("clarabel", {"max_concentration": 0.345}),
    ],
)
def test_under_a_constraint_no_point_of_a_fine_grid_does_better(solver: str, limits: dict[str, float]) -> None:
    settings = replace(FREE, solver=solver, **limits)  # type: ignore[arg-type]
    previous = np.array([0.5, 0.2, 0.3])
    found = best_ratio(GAIN, COVARIANCE, previous, settings)
    points = grid()
    allowed = (points <= settings.max_weight).all(axis=1)
    allowed &= (points**2).sum(axis=1) <= settings.max_concentration
    allowed &= np.abs(points - previous).sum(axis=1) <= settings.max_turnover
    assert found.sum() == pytest.approx(1.0, abs=1e-6)
    assert found.max() <= settings.max_weight + 1e-6
    assert (found**2).sum() <= settings.max_concentration + 1e-6
    assert np.abs(found - previous).sum() <= settings.max_turnover + 1e-6
    assert ratio(found) >= ratio(points[allowed]).max() - 1e-6


def test_alphas_that_lose_have_no_highest_ratio() -> None:
    with pytest.raises(Infeasible):
        best_ratio(-GAIN, COVARIANCE, None, FREE)


def test_without_cones_the_concentration_is_kept_all_the_same() -> None:
    found = best_ratio(GAIN, COVARIANCE, None, replace(FREE, max_concentration=0.345))
    assert found.sum() == pytest.approx(1.0)
    assert (found**2).sum() == pytest.approx(0.345)
    assert ratio(found) > ratio(np.full(3, 1 / 3))
