"""Tests of stationarity on one window, oldest value first: augmented Dickey-Fuller and KPSS (specification 6.2)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import dot, pairwise_sum
from qts_core.market.panel import Floats

__all__ = ["dickey_fuller_of", "kpss_of"]

SINGULAR = 1e-12
"""A regressor whose own part is smaller than this share of it is taken as a combination of the others."""


@kernel
def centered_columns(values: Floats, lags: int) -> Floats:
    """Return the changes 1 to `lags` before, the level before and the change, each less its mean, [lags + 2, rows]."""
    rows = len(values) - 1 - lags
    columns = np.empty((lags + 2, rows))
    for i in range(rows):
        now = lags + 1 + i
        for back in range(1, lags + 1):
            columns[back - 1, i] = values[now - back] - values[now - back - 1]
        columns[lags, i] = values[now - 1] - values[0]
        columns[lags + 1, i] = values[now] - values[now - 1]
    for k in range(lags + 2):
        mean = pairwise_sum(columns[k]) / rows
        for i in range(rows):
            columns[k, i] -= mean
    return columns


@kernel
def products_of(columns: Floats) -> Floats:
    """Return the sums of products of all pairs of columns; only those with j <= k are filled."""
    size = len(columns)
    products = np.zeros((size, size))
    for j in range(size):
        for k in range(j, size):
            products[j, k] = dot(columns[j], columns[k])
    return products


@kernel
def sweep(products: Floats, pivot: int) -> None:
    """Take the part that column `pivot` explains out of the columns after it."""
    size = len(products)
    for j in range(pivot + 1, size):
        share = products[pivot, j] / products[pivot, pivot]
        for k in range(j, size):
            products[j, k] -= share * products[pivot, k]


@kernel
def dickey_fuller_of(values: Floats, lags: int) -> float:
    """Return the t statistic of the level in the regression of changes on level, `lags` changes and a constant.

    References
    ----------
    Said and Dickey (1984), Biometrika 71, 599. Regressors but the level are swept out first (Frisch and Waugh 1933).
    """
    products = products_of(centered_columns(values, lags))
    whole = np.diag(products).copy()
    for pivot in range(lags + 1):
        if products[pivot, pivot] <= SINGULAR * whole[pivot]:
            return np.nan
        if pivot < lags:
            sweep(products, pivot)
    level, cross, change = products[lags, lags], products[lags, lags + 1], products[lags + 1, lags + 1]
    slope = cross / level
    rest = change - slope * cross
    if rest <= SINGULAR * whole[lags + 1]:
        return np.nan
    freedom = len(values) - 1 - lags - (lags + 2)
    return float(slope / math.sqrt(rest / freedom / level))


@kernel
def kpss_of(values: Floats, lags: int) -> float:
    """Return the statistic of level stationarity with Bartlett weights on `lags` autocovariances.

    References
    ----------
    Kwiatkowski, Phillips, Schmidt and Shin (1992), Journal of Econometrics 54, 159.
    """
    count = len(values)
    mean = 0.0
    for value in values:
        mean += value - values[0]
    centered = (values - values[0]) - mean / count
    place, squares = 0.0, 0.0
    for step in centered:
        place += step
        squares += place * place
    variance = 0.0
    for lag in range(lags + 1):
        total = dot(centered[lag:], centered[: count - lag])
        variance += total if lag == 0 else 2.0 * (1.0 - lag / (lags + 1.0)) * total
    return squares / count / variance if variance > 0.0 else np.nan
