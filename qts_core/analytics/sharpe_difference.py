"""Whether two strategies have the same Sharpe ratio: Ledoit and Wolf's robust tests (specification 11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from qts_core.analytics.returns import is_constant
from qts_core.analytics.significance import Interval
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["SharpeDifference", "sharpe_difference"]

PARZEN_RATE = 2.6614
SMALLEST = 30
"""Sessions below which nothing is said."""


@dataclass(frozen=True, slots=True)
class SharpeDifference:
    """First less second Sharpe ratio over `n` common sessions, annualised.

    Attributes
    ----------
    difference, error : float
        And its standard error (Parzen kernel, Andrews' bandwidth).
    interval : Interval
        Normal, by that error.
    p_value : float
        Two-sided, "they are equal", normal.
    bootstrap_p : float
        The same by the studentised circular block bootstrap, to be preferred.
    block : int
        Sessions of its blocks.
    """

    n: int
    difference: float
    error: float
    interval: Interval
    p_value: float
    bootstrap_p: float
    block: int


def sharpe_difference(
    first: Floats,
    second: Floats,
    generator: np.random.Generator,
    *,
    block: int = 5,
    draws: int = 499,
    confidence: float = 0.95,
    periods_per_year: int = SESSIONS_PER_YEAR,
) -> SharpeDifference:
    """Compare the Sharpe ratios of two series of returns [n] of the same sessions.

    Parameters
    ----------
    block : int
        Sessions that the bootstrap keeps together.

    Raises
    ------
    ValueError
        If the lengths differ.

    References
    ----------
    Ledoit and Wolf (2008), "Robust performance hypothesis testing with the Sharpe ratio", Journal of Empirical Finance
    15(5), 850-859, sections 3.1 and 3.2. Andrews (1991), Econometrica 59(3), 817-858, equation 6.4.
    """
    n = len(first)
    if n != len(second):
        raise ValueError(f"{n} returns but {len(second)} of the other")
    if n < SMALLEST or is_constant(first) or is_constant(second):
        nan = math.nan
        return SharpeDifference(n, nan, nan, Interval(nan, nan, confidence), nan, nan, block)
    table = np.column_stack([first, second])
    found = float(_difference(table[None])[0])
    moments = _moments(table)
    covariance = _parzen(moments) * n / (n - 4)
    gradient = _gradient(table[None])[0]
    error = math.sqrt(max(float(gradient @ covariance @ gradient), 0.0) / n)
    root = math.sqrt(periods_per_year)
    margin = float(ndtri(0.5 + confidence / 2)) * error
    return SharpeDifference(
        n=n,
        difference=found * root,
        error=error * root,
        interval=Interval((found - margin) * root, (found + margin) * root, confidence),
        p_value=float(2 * ndtr(-abs(found) / error)) if error > 0 else math.nan,
        bootstrap_p=_bootstrap(table, found, error, generator, block, draws),
        block=block,
    )


def _difference(tables: Floats) -> Floats:
    """Return the difference of Sharpe ratios of float64 [m, n, 2], population deviations as in the paper."""
    ratio: Floats = tables.mean(axis=1) / tables.std(axis=1)
    difference: Floats = np.subtract(ratio[:, 0], ratio[:, 1])
    return difference


def _moments(table: Floats) -> Floats:
    both = np.column_stack([table, table**2])
    centred: Floats = both - both.mean(axis=0)
    return centred


def _gradient(tables: Floats) -> Floats:
    """Return the gradient of the difference by (mean, mean, square, square), float64 [m, 4]."""
    mean = tables.mean(axis=1)
    square = (tables**2).mean(axis=1)
    cube = (square - mean**2) ** 1.5
    by_mean, by_square = square / cube, -0.5 * mean / cube
    sign = np.array([1.0, -1.0])
    return np.hstack([by_mean * sign, by_square * sign])


def _parzen(moments: Floats) -> Floats:
    """Return the long-run covariance of moments [n, k] under the Parzen kernel."""
    n = len(moments)
    width = _bandwidth(moments)
    total = moments.T @ moments / n
    for lag in range(1, min(math.ceil(width), n - 1) + 1):
        z = lag / width
        weight = 1 - 6 * z**2 + 6 * z**3 if z <= 0.5 else 2 * max(1 - z, 0.0) ** 3
        shared = moments[lag:].T @ moments[:-lag] / n
        total += weight * (shared + shared.T)
    return np.asarray(total, dtype=np.float64)


def _bandwidth(moments: Floats) -> float:
    n = len(moments)
    before, after = moments[:-1], moments[1:]
    rho = np.clip((before * after).sum(axis=0) / (before**2).sum(axis=0), -0.97, 0.97)
    variance = ((after - rho * before) ** 2).mean(axis=0)
    above = float(np.sum(4 * rho**2 * variance**2 / (1 - rho) ** 8))
    below = float(np.sum(variance**2 / (1 - rho) ** 4))
    return max(PARZEN_RATE * math.pow(above / below * n, 0.2), 1e-6)


def _bootstrap(
    table: Floats, found: float, error: float, generator: np.random.Generator, block: int, draws: int
) -> float:
    """Return the p-value of the studentised circular block bootstrap."""
    n = len(table)
    blocks = n // block
    if blocks < 2 or not error > 0:
        return math.nan
    starts = generator.integers(0, n, size=(draws, blocks))
    picks = ((starts[:, :, None] + np.arange(block)) % n).reshape(draws, blocks * block)
    drawn = table[picks]
    both = np.concatenate([drawn, drawn**2], axis=2)
    centred = both - both.mean(axis=1, keepdims=True)
    sums = centred.reshape(draws, blocks, block, 4).sum(axis=2) / math.sqrt(block)
    covariance = np.einsum("mbi,mbj->mij", sums, sums) / blocks
    gradient = _gradient(drawn)
    variance = np.einsum("mi,mij,mj->m", gradient, covariance, gradient) / (blocks * block)
    distance = np.abs(_difference(drawn) - found) / np.sqrt(np.maximum(variance, np.finfo(np.float64).tiny))
    return float((1 + (distance >= abs(found) / error).sum()) / (draws + 1))
