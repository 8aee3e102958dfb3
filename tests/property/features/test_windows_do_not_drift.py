"""After five years of bars every windowed sum, moment and regression is the exact one of its window.

The referee computes each statistic from the window's values as rational numbers, so that it has no rounding of its
own. A statistic that can pass through zero is compared on its own scale: a covariance with the product of the
deviations, a correlation with one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from qts_core.features import FeatureBlock, FeatureEngine, Node, Plan, ops
from qts_core.features.graph import apply
from qts_core.features.kernels import pairs, polynomial

Floats = NDArray[np.float64]
Exact = list[Fraction]

FIVE_YEARS = 32_700
WINDOW = 130
TOLERANCE = 1e-9


def regimes() -> dict[str, Floats]:
    """Return five years of closes of different kinds, one of them beside the next as the second series."""
    random = np.random.default_rng(21)
    walk = np.cumsum(random.standard_normal((FIVE_YEARS, 2)), axis=0)
    noise = random.standard_normal((FIVE_YEARS, 2))
    price = np.round(100.0 * np.exp(0.002 * walk), 2)
    spiked = price.copy()
    spiked[:: FIVE_YEARS // 50] = 1e9
    stepping = np.where(np.arange(FIVE_YEARS)[:, None] // 3000 % 2 == 0, 1e-6 * noise, 1e8 + noise)
    still = np.full((FIVE_YEARS, 2), 0.1)
    still[FIVE_YEARS // 3 :] = 1e7 + 1e-3 * noise[FIVE_YEARS // 3 :]
    return {
        "prices": price,
        "prices with monstrous prints": spiked,
        "a large offset and a tiny variance": 1e6 + 1e-4 * noise,
        "returns": 1e-3 * noise,
        "steps between two worlds": stepping,
        "still, then far away": still,
    }


REGIMES = regimes()


def spread(x: Exact) -> Fraction:
    """Return the sum of squared deviations."""
    mean = sum(x, Fraction()) / len(x)
    return sum(((v - mean) ** 2 for v in x), Fraction())


def product(x: Exact, y: Exact) -> Fraction:
    """Return the sum of products of deviations."""
    mean_x, mean_y = sum(x, Fraction()) / len(x), sum(y, Fraction()) / len(y)
    return sum(((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)), Fraction())


def root(x: Fraction) -> float:
    """Return the square root of a number too small or large for a float's square, too."""
    return math.sqrt(x) if x > 0 else 0.0


def shape(x: Exact, power: int) -> float:
    """Return skewness (3) or kurtosis (4) before the correction of bias."""
    mean, n = sum(x) / len(x), len(x)
    variance = spread(x) / n
    central = sum(((v - mean) ** power for v in x), Fraction()) / n
    return float(central) / float(variance) ** (power / 2) if variance > 0 else math.nan


def skewness(x: Exact, _: Exact) -> tuple[float, float]:
    n = len(x)
    found = shape(x, 3)
    return found * math.sqrt(n * (n - 1)) / (n - 2), 1.0 + abs(found)


def kurtosis(x: Exact, _: Exact) -> tuple[float, float]:
    n = len(x)
    found = shape(x, 4)
    return ((n + 1) * (found - 3.0) + 6.0) * (n - 1) / ((n - 2) * (n - 3)), found


def line(x: Exact, y: Exact) -> tuple[Fraction, float]:
    """Return the slope of x on y and the scale of its error."""
    mxx, myy = spread(x), spread(y)
    return product(x, y) / myy, root(mxx / myy)


def fitted(x: Exact, y: Exact) -> tuple[float, float]:
    slope, _ = line(x, y)
    distance = slope * (y[-1] - sum(y) / len(y))
    level = sum(x) / len(x)
    return float(level + distance), abs(float(level)) + root(spread(x))


def residual(x: Exact, y: Exact) -> tuple[float, float]:
    """Return the standard error of a line; what is right is its square, as a share of the whole variance.

    Where one print in both series is nearly all of both variances, what the line leaves is below the last place.
    """
    slope, _ = line(x, y)
    exact = root((spread(x) - slope * product(x, y)) / (len(x) - 2))
    whole = root(spread(x) / len(x))
    return exact, 1e-3 * whole * whole / max(exact, 1e-6 * whole)


def bend(x: Exact, _: Exact) -> tuple[float, float]:
    """Return the second derivative of the parabola on time."""
    n = len(x)
    u = [Fraction(2 * i - n + 1, 2) for i in range(n)]
    second = [t * t - Fraction(n * n - 1, 12) for t in u]
    norm = sum(v * v for v in second)
    return float(2 * sum(a * b for a, b in zip(x, second, strict=True)) / norm), root(4 * spread(x) / norm)


def ramp(x: Exact, _: Exact) -> tuple[float, float]:
    n = len(x)
    return float(sum((i + 1) * v for i, v in enumerate(x)) / Fraction(n * (n + 1), 2)), float(max(map(abs, x)))


def time(x: Exact) -> Exact:
    return [Fraction(i) for i in range(len(x))]


def pair(kind: int) -> Node:
    return apply("rolling_pair", ops.close, ops.volume, window=WINDOW, kind=kind)


clock = ops.count_bars(ops.close)
Referee = Callable[[Exact, Exact], tuple[float, float]]
CASES: dict[str, tuple[Node, Referee]] = {
    "sum": (ops.rolling_sum(ops.close, WINDOW), lambda x, _: (float(sum(x)), float(sum(map(abs, x))))),
    "mean": (ops.sma(ops.close, WINDOW), lambda x, _: (float(sum(x) / len(x)), float(sum(map(abs, x)) / len(x)))),
    "weighted mean": (ops.wma(ops.close, WINDOW), ramp),
    "deviation": (ops.std(ops.close, WINDOW), lambda x, _: (root(spread(x) / (len(x) - 1)),) * 2),
    "skewness": (ops.skewness(ops.close, WINDOW), skewness),
    "kurtosis": (ops.kurtosis(ops.close, WINDOW), kurtosis),
    "covariance": (
        pair(pairs.COVARIANCE),
        lambda x, y: (float(product(x, y) / (len(x) - 1)), root(spread(x)) * root(spread(y)) / (len(x) - 1)),
    ),
    "correlation": (
        pair(pairs.CORRELATION),
        lambda x, y: (float(product(x, y)) / (root(spread(x)) * root(spread(y))), 1.0),
    ),
    "slope": (pair(pairs.SLOPE), lambda x, y: (float(line(x, y)[0]), line(x, y)[1])),
    "fitted": (pair(pairs.FITTED), fitted),
    "residual": (pair(pairs.RESIDUAL_STD), residual),
    "slope on time": (
        ops.beta(ops.close, clock, WINDOW),
        lambda x, _: (float(line(x, time(x))[0]), line(x, time(x))[1]),
    ),
    "parabola": (apply("parabola", ops.close, window=WINDOW, kind=polynomial.CURVATURE), bend),
}


@pytest.fixture(scope="module")
def found() -> dict[str, Floats]:
    """Return every statistic of every regime, pushed in blocks, float64 [rows, regimes]."""
    bars = np.empty((5, FIVE_YEARS, len(REGIMES)))
    for column, series in enumerate(REGIMES.values()):
        bars[:4, :, column] = series[:, 0]
        bars[4, :, column] = series[:, 1]
    plan = Plan.of({name: node for name, (node, _) in CASES.items()})
    engine = FeatureEngine(plan, [f"S{i}" for i in range(len(REGIMES))])
    block = FeatureBlock(np.arange(FIVE_YEARS), bars, np.zeros((11, FIVE_YEARS)))
    return dict(zip(CASES, engine.push(block), strict=True))


def check(found: dict[str, Floats], name: str, regime: str, rows: range) -> None:
    """Compare one statistic with the exact one."""
    _, referee = CASES[name]
    series = REGIMES[regime]
    column = list(REGIMES).index(regime)
    for row in rows:
        x, y = ([Fraction(float(v)) for v in series[row - WINDOW + 1 : row + 1, i]] for i in (0, 1))
        if spread(x) == 0 or spread(y) == 0:
            continue
        exact, scale = referee(x, y)
        assert abs(found[name][row, column] - exact) <= TOLERANCE * scale, (row, found[name][row, column], exact)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("name", CASES)
def test_the_last_windows_of_five_years_are_exact(found: dict[str, Floats], name: str, regime: str) -> None:
    check(found, name, regime, range(FIVE_YEARS - 1, FIVE_YEARS - WINDOW - 1, -41))


@pytest.mark.slow
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("name", CASES)
def test_windows_all_along_five_years_are_exact(found: dict[str, Floats], name: str, regime: str) -> None:
    check(found, name, regime, range(WINDOW - 1, FIVE_YEARS, 499))
