"""The surrogate against scikit-learn, its gradient against differences, acquisitions against integrals and minima."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from qts_core.training.search.gaussian_process import (
    Acquisition,
    _cost,
    expected_improvement,
    fit_surrogate,
    upper_confidence_bound,
)
from qts_core.training.search.proposing import propose, random_point
from qts_core.training.search.space import Choice, Number, Point, Space

PLANE = Space((Number("x", -5.0, 10.0), Number("y", 0.0, 15.0)))


def branin(x: float, y: float) -> float:
    """Dixon and Szegö (1978); its minimum is 0.397887."""
    return float(
        (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2
        + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x)
        + 10
    )


def quadratic(x: float, y: float) -> float:
    return (x - 3.0) ** 2 + (y - 4.0) ** 2


def test_mean_and_deviation_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    points, places = rng.random((25, 3)), rng.random((40, 3))
    values = np.sin(5 * points[:, 0]) + points[:, 1] ** 2 + 0.05 * rng.standard_normal(25)
    ours = fit_surrogate(points, values, rng)
    kernel = ConstantKernel(ours.height, "fixed") * Matern(ours.lengths, "fixed", nu=2.5) + WhiteKernel(
        ours.noise + 1e-9, "fixed"
    )
    theirs = GaussianProcessRegressor(kernel, alpha=0.0, normalize_y=True, optimizer=None).fit(points, values)
    mean, deviation = theirs.predict(places, return_std=True)
    found, spread = ours.predict(places)
    np.testing.assert_allclose(found, mean, rtol=1e-7, atol=1e-9)
    # theirs is of a new measurement, ours of the value itself
    noise = (ours.noise + 1e-9) * values.var()
    np.testing.assert_allclose(spread**2 + noise, deviation**2, rtol=1e-6)


def test_the_gradient_of_the_posterior_is_that_of_its_differences() -> None:
    rng = np.random.default_rng(4)
    points, values = rng.random((15, 2)), rng.standard_normal(15)
    for _ in range(5):
        theta = rng.uniform(-1.0, 0.5, 4)
        error = check_grad(lambda t: _cost(t, points, values)[0], lambda t: _cost(t, points, values)[1], theta)
        assert error < 1e-4


@pytest.mark.parametrize(("mean", "deviation", "best"), [(0.0, 1.0, 0.0), (1.0, 0.3, 1.2), (-1.0, 2.0, 0.5)])
def test_expected_improvement_is_the_integral_that_it_stands_for(mean: float, deviation: float, best: float) -> None:
    wanted, _ = quad(
        lambda v: max(v - best, 0.0) * norm.pdf(v, mean, deviation),
        mean - 12 * deviation,
        mean + 12 * deviation,
        points=[best],
    )
    found = expected_improvement(np.array([mean]), np.array([deviation]), best)
    assert found[0] == pytest.approx(wanted, rel=1e-6)


def test_the_upper_bound_is_so_many_deviations_above_the_mean() -> None:
    assert upper_confidence_bound(np.array([1.0]), np.array([0.5]), 4.0)[0] == 2.0


def best_of(function: object, acquisition: Acquisition | None, trials: int, seed: int) -> float:
    assert callable(function)
    points: list[Point] = []
    values: list[float] = []
    for number in range(trials):
        rng = np.random.default_rng([seed, number])
        is_random = acquisition is None or number < 6
        point = (
            random_point(PLANE, rng)
            if is_random or acquisition is None
            else propose(PLANE, points, np.array(values), rng, acquisition=acquisition)
        )
        points.append(point)
        values.append(-function(**point))
    return -max(values)


@pytest.mark.parametrize("acquisition", ["ei", "ucb"])
@pytest.mark.parametrize(("function", "least", "near"), [(branin, 0.397887, 0.5), (quadratic, 0.0, 0.5)])
def test_known_minima_are_found_much_better_than_by_chance(
    acquisition: Acquisition, function: object, least: float, near: float
) -> None:
    guided = np.array([best_of(function, acquisition, 22, seed) for seed in (1,)]) - least
    chance = np.array([best_of(function, None, 22, seed) for seed in range(30)]) - least
    assert (guided < near).all()
    assert guided.mean() < 0.25 * np.median(chance)


def test_a_choice_is_searched_as_well_as_a_number() -> None:
    space = Space((Choice("way", ("up", "down", "side")), Number("x", 0.0, 1.0)))

    def height(way: str, x: float) -> float:
        return {"up": 1.0, "down": 0.0, "side": 0.5}[way] - (x - 0.3) ** 2

    points: list[Point] = [random_point(space, np.random.default_rng(s)) for s in range(8)]
    values = [height(**point) for point in points]  # type: ignore[arg-type]
    for number in range(8):
        found = propose(space, points, np.array(values), np.random.default_rng(number), acquisition="ei")
        points.append(found)
        values.append(height(**found))  # type: ignore[arg-type]
    best = points[int(np.argmax(values))]
    assert best["way"] == "up"
    assert best["x"] == pytest.approx(0.3, abs=0.05)


def test_two_processes_do_not_try_the_same_point() -> None:
    points = [random_point(PLANE, np.random.default_rng(s)) for s in range(10)]
    values = np.array([-branin(**p) for p in points])  # type: ignore[arg-type]
    first = propose(PLANE, points, values, np.random.default_rng(1), acquisition="ei")
    second = propose(PLANE, points, values, np.random.default_rng(2), acquisition="ei", pending=[first])
    assert np.linalg.norm(PLANE.encode(first) - PLANE.encode(second)) > 0.02
