"""A Gaussian process over few trials, and where to try next: expected improvement or upper confidence bound (11.4).

A surrogate for objectives that cost minutes a trial: tens to hundreds of points in the unit cube. The kernel is
Matérn 5/2 with a length for each column; its lengths, height and noise are those of the highest posterior density,
found from the analytic gradient.

References
----------
Rasmussen and Williams (2006), "Gaussian Processes for Machine Learning", algorithm 2.1 and equation 5.9.
Jones, Schonlau and Welch (1998), "Efficient Global Optimization of Expensive Black-Box Functions", equation 15.
Srinivas et al. (2010), "Gaussian Process Optimization in the Bandit Setting", theorem 2.
Snoek, Larochelle and Adams (2012), "Practical Bayesian Optimization of Machine Learning Algorithms", section 3.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtr

from qts_core.market.panel import Floats

__all__ = ["Acquisition", "Surrogate", "expected_improvement", "fit_surrogate", "matern", "upper_confidence_bound"]

Acquisition = Literal["ei", "ucb"]

ROOT_FIVE = math.sqrt(5.0)
JITTER = 1e-9
STARTS = 4
LENGTH_PRIOR = (math.log(0.5), 1.0)
"""Mean and deviation of the logarithm of a length: half the cube, within a factor of e."""
NOISE_PRIOR = (math.log(1e-3), 2.0)
"""Of the logarithm of the noise's share of the variance."""
BOUNDS = (math.log(0.02), math.log(20.0)), (math.log(0.05), math.log(20.0)), (math.log(1e-6), math.log(1.0))
"""Of lengths, height and noise, logarithms."""


@dataclass(frozen=True, slots=True, eq=False)
class Surrogate:
    """A fitted process.

    Attributes
    ----------
    points : float64 [n, d]
        In the unit cube.
    lengths : float64 [d]
    height, noise : float
        Variances of signal and noise, of the standardised values.
    centre, scale : float
        By which values were standardised.
    """

    points: Floats
    lengths: Floats
    height: float
    noise: float
    centre: float
    scale: float
    factor: Floats
    solved: Floats

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the noise-free value at `points`, float64 [m, d]; each float64 [m]."""
        cross = self.height * matern(points, self.points, self.lengths)
        mean = cross @ self.solved
        part = solve_triangular(self.factor, cross.T, lower=True)
        variance = np.maximum(self.height - (part**2).sum(axis=0), 1e-12)
        return self.centre + self.scale * mean, self.scale * np.sqrt(variance)


def matern(left: Floats, right: Floats, lengths: Floats) -> Floats:
    """Return the Matérn 5/2 correlation of float64 [n, d] and [m, d], float64 [n, m]."""
    distance = _distance(left, right, lengths)
    scaled = ROOT_FIVE * distance
    return np.asarray((1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled))


def fit_surrogate(points: Floats, values: Floats, rng: np.random.Generator) -> Surrogate:
    """Fit a process to float64 [n, d] points of the unit cube and their finite float64 [n] values.

    Parameters
    ----------
    rng : Generator
        Draws the starts of the search for lengths.
    """
    columns = points.shape[1]
    centre, scale = float(values.mean()), float(values.std()) or 1.0
    standard = (values - centre) / scale
    bounds = [BOUNDS[0]] * columns + [BOUNDS[1], BOUNDS[2]]
    starts = [np.array([LENGTH_PRIOR[0]] * columns + [0.0, NOISE_PRIOR[0]])]
    low, high = np.array(bounds).T
    starts += [low + (high - low) * rng.random(columns + 2) for _ in range(STARTS - 1)]
    best = min(
        (minimize(_cost, start, (points, standard), "L-BFGS-B", jac=True, bounds=bounds) for start in starts),
        key=lambda found: float(found.fun),
    ).x
    lengths, height, noise = np.exp(best[:columns]), math.exp(best[-2]), math.exp(best[-1])
    covariance = height * matern(points, points, lengths) + (noise + JITTER) * np.eye(len(points))
    factor = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    solved = cho_solve((factor, True), standard)
    return Surrogate(points, lengths, height, noise, centre, scale, factor, solved)


def expected_improvement(mean: Floats, deviation: Floats, best: float) -> Floats:
    """Return how much more than `best` is expected at each place, nothing less than nothing, float64 [m]."""
    margin = mean - best
    z = margin / deviation
    return np.asarray(margin * ndtr(z) + deviation * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi))


def upper_confidence_bound(mean: Floats, deviation: Floats, beta: float) -> Floats:
    """Return the mean and the root of `beta` deviations more, float64 [m]."""
    return mean + math.sqrt(beta) * deviation


def acquisition_of(kind: Acquisition, surrogate: Surrogate, values: Floats, columns: int) -> Callable[[Floats], Floats]:
    """Return what is greatest where the next trial belongs.

    The weight of the upper confidence bound grows with the number of trials as in theorem 2 of Srinivas et al., a fifth
    of it as in their experiments, with a tenth of error probability.
    """
    trials = len(values)
    beta = 0.2 * 2.0 * math.log(max(columns, 1) * trials**2 * math.pi**2 / 0.6)
    # what was measured is noisy: the surrogate's own mean at the best trial, not the luckiest measurement
    best = float(surrogate.predict(surrogate.points)[0].max())

    def acquisition(points: Floats) -> Floats:
        mean, deviation = surrogate.predict(points)
        if kind == "ei":
            return expected_improvement(mean, deviation, best)
        return upper_confidence_bound(mean, deviation, max(beta, 0.1))

    return acquisition


def _distance(left: Floats, right: Floats, lengths: Floats) -> Floats:
    a, b = left / lengths, right / lengths
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2.0 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def _cost(theta: Floats, points: Floats, values: Floats) -> tuple[float, Floats]:
    """Return the negative log posterior of the logarithms `theta` = (lengths, height, noise) and its gradient."""
    columns = points.shape[1]
    lengths, height, noise = np.exp(theta[:columns]), math.exp(theta[-2]), math.exp(theta[-1])
    distance = _distance(points, points, lengths)
    decay = np.exp(-ROOT_FIVE * distance)
    signal = height * (1.0 + ROOT_FIVE * distance + 5.0 / 3.0 * distance**2) * decay
    covariance = signal + (noise + JITTER) * np.eye(len(points))
    try:
        factor = cho_factor(covariance, lower=True)
    except LinAlgError:
        return 1e10, np.zeros_like(theta)
    solved = cho_solve(factor, values)
    inverse = cho_solve(factor, np.eye(len(points)))
    cost = 0.5 * values @ solved + np.log(np.diag(factor[0])).sum() + 0.5 * len(points) * math.log(2.0 * math.pi)
    inner = inverse - np.outer(solved, solved)
    slope = height * 5.0 / 3.0 * (1.0 + ROOT_FIVE * distance) * decay
    gradient = np.empty_like(theta)
    for column in range(columns):
        apart = (points[:, column, None] - points[None, :, column]) / lengths[column]
        gradient[column] = 0.5 * (inner * slope * apart**2).sum()
    gradient[-2] = 0.5 * (inner * signal).sum()
    gradient[-1] = 0.5 * noise * np.trace(inner)
    for places, (mean, deviation) in ((slice(columns), LENGTH_PRIOR), (slice(-1, None), NOISE_PRIOR)):
        offset = (theta[places] - mean) / deviation
        cost += 0.5 * float((offset**2).sum())
        gradient[places] += offset / deviation
    return float(cost), gradient
