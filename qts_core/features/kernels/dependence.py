"""How values depend on earlier ones: autocovariances of a window and what is made of them (specification 6.2).

Functions of one window, oldest value first; :mod:`qts_core.features.kernels.scheduled` says when they are called.
Autocovariances are the biased ones, with divisor n and the mean of the whole window, as in statsmodels.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import dot
from qts_core.market.panel import Floats

__all__ = ["chi_square_survival", "hurst_of", "ljung_box_of", "partial_autocorrelation_of"]


@kernel
def autocorrelations(values: Floats, lags: int, out: Floats) -> bool:
    """Write the autocorrelations 0 to `lags`; return whether there are any, that is, the values are not all equal."""
    count = len(values)
    first = values[0]
    mean = 0.0
    for value in values:
        mean += value - first
    mean = first + mean / count
    centered = values - mean
    for lag in range(lags + 1):
        out[lag] = dot(centered[lag:], centered[: count - lag])
    variance = out[0]
    if variance <= 0.0:
        return False
    for lag in range(lags + 1):
        out[lag] /= variance
    return True


@kernel
def ljung_box_of(values: Floats, lags: int) -> float:
    """Return ``n (n + 2) sum r_k^2 / (n - k)``.

    References
    ----------
    Ljung and Box (1978), Biometrika 65, 297.
    """
    count = len(values)
    r = np.empty(lags + 1)
    if not autocorrelations(values, lags, r):
        return np.nan
    total = 0.0
    for lag in range(1, lags + 1):
        total += r[lag] * r[lag] / (count - lag)
    return count * (count + 2.0) * total


@kernel
def partial_autocorrelation_of(values: Floats, lag: int) -> float:
    """Return the partial autocorrelation at `lag` by the recursion of Durbin (1960) and Levinson (1947)."""
    r = np.empty(lag + 1)
    if not autocorrelations(values, lag, r):
        return np.nan
    weights, before = np.zeros(lag + 1), np.zeros(lag + 1)
    rest = 1.0
    for order in range(1, lag + 1):
        reflected: float = r[order]
        for i in range(1, order):
            reflected -= before[i] * r[order - i]
        reflected /= rest
        for i in range(1, order):
            weights[i] = before[i] - reflected * before[order - i]
        weights[order] = reflected
        rest *= 1.0 - reflected * reflected
        before[: order + 1] = weights[: order + 1]
        if rest <= 0.0 and order < lag:
            return np.nan
    return float(weights[lag])


@kernel
def rescaled_range(values: Floats) -> float:
    """Return the range of the summed deviations over the population deviation; NaN for equal values."""
    count = len(values)
    first = values[0]
    mean = 0.0
    for value in values:
        mean += value - first
    mean /= count
    place, high, low, square = 0.0, 0.0, 0.0, 0.0
    for value in values:
        step = (value - first) - mean
        place += step
        square += step * step
        high, low = max(high, place), min(low, place)
    return (high - low) / math.sqrt(square / count) if square > 0.0 else np.nan


@kernel
def hurst_of(values: Floats, shortest: int) -> float:
    """Return the slope of log mean R/S on log length, lengths `shortest`, twice that, ... up to the window.

    Pieces of one length follow each other from the latest value backwards without overlap; flat ones do not count.

    References
    ----------
    Hurst (1951), Transactions of the ASCE 116, 770; Mandelbrot and Wallis (1969), Water Resources Research 5, 967.
    """
    count = len(values)
    points, mean_x, mean_y, sxx, sxy = 0, 0.0, 0.0, 0.0, 0.0
    length = shortest
    while length <= count:
        total, pieces = 0.0, 0
        for end in range(count, length - 1, -length):
            ratio = rescaled_range(values[end - length : end])
            if ratio == ratio:
                total += ratio
                pieces += 1
        if pieces == 0:
            return np.nan
        points += 1
        x, y = math.log(length), math.log(total / pieces)
        dx = x - mean_x
        mean_x += dx / points
        mean_y += (y - mean_y) / points
        sxx += dx * (x - mean_x)
        sxy += dx * (y - mean_y)
        length *= 2
    return sxy / sxx if sxx > 0.0 else np.nan


@kernel
def chi_square_survival(x: Floats, out: Floats, freedom: int) -> None:
    """Write the probability that a chi-square variable of `freedom` degrees exceeds `x`.

    References
    ----------
    Abramowitz and Stegun (1964), 26.4.4 and 26.4.5: closed sums for odd and even degrees.
    """
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            value = x[t, n]
            half = 0.5 * max(value, 0.0)
            if value != value:
                out[t, n] = np.nan
                continue
            if freedom % 2 == 0:
                term, total, step = 1.0, 1.0, 1.0
                terms = freedom // 2 - 1
                rest = 0.0
            else:
                term, total, step = 0.0, 0.0, 1.5
                terms = freedom // 2
                rest = math.erfc(math.sqrt(half))
                if terms > 0:
                    term = 2.0 * math.sqrt(half / math.pi)
                    total = term
                    terms -= 1
            for _ in range(terms):
                term *= half / step
                total += term
                step += 1.0
            out[t, n] = min(1.0, rest + math.exp(-half) * total)
