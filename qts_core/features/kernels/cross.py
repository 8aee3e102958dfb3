"""Kernels across symbols at one instant; symbols without a value, or outside the universe, neither count nor get one.

`counts`, bool [B, N], says who belongs to the universe at each bar. Values are sorted before they are added, so the
result does not depend on the order of symbols, to the bit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.order import lower_bound
from qts_core.market.panel import Floats

__all__ = [
    "cluster_mean",
    "cross_mean",
    "cross_median",
    "cross_rank",
    "cross_robust",
    "cross_std",
    "cross_zscore",
    "of_column",
]

NORMAL_MAD = 1.4826022185056018
"""Median absolute deviations in a standard deviation of the normal distribution."""

Flags = NDArray[np.bool_]
Columns = NDArray[np.int64]


MOST_COUNTED = 192
"""Up to so many values, counting those below each is cheaper than sorting: it is done several at a time."""

LANES = 16
"""Values that are compared together; a row is filled up to a multiple of it with NaN, which is below nothing."""


@kernel
def take(row: Floats, counts: Flags, values: Floats) -> int:
    """Copy the values that exist and count to the front of `values`, with NaN behind them; return how many."""
    count = 0
    for n in range(len(row)):
        values[count] = row[n]
        count += (row[n] == row[n]) & counts[n]
    values[count : count + LANES] = np.nan
    return count


@kernel
def below(values: Floats, count: int, value: float) -> int:
    """Return how many of the first `count` values, in any order, are below `value`."""
    total = 0
    for i in range((count + LANES - 1) // LANES * LANES):
        total += values[i] < value
    return total


@kernel
def below_and_not_above(values: Floats, count: int, value: float) -> int:
    """Return how many of the first `count` values are below `value`, plus how many are not above it."""
    total = 0
    for i in range((count + LANES - 1) // LANES * LANES):
        total += values[i] < value
        total += values[i] <= value
    return total


@kernel
def put_in_order(values: Floats, count: int, ordered: Floats) -> None:
    """Write the first `count` values, behind which there is only NaN, into `ordered`, sorted."""
    if count > MOST_COUNTED:
        ordered[:count] = values[:count]
        ordered[:count].sort()
        return
    ordered[:count] = np.nan
    for i in range(count):
        place = below(values, count, values[i])
        while ordered[place] == values[i]:
            place += 1
        ordered[place] = values[i]


@kernel
def collect(row: Floats, counts: Flags, values: Floats, ordered: Floats) -> int:
    """Copy the values that exist and count into `ordered`, sorted; return how many. `values` is room to work in."""
    count = take(row, counts, values)
    put_in_order(values, count, ordered)
    return count


@kernel
def mean_of(ordered: Floats, count: int) -> float:
    """Return the mean of the first `count` values, added in their order."""
    total = 0.0
    for i in range(count):
        total += ordered[i]
    return total / count


@kernel
def cross_mean(x: Floats, out: Floats, counts: Flags) -> None:
    """Write the mean over symbols at each symbol that has a value."""
    ordered, values = np.empty(x.shape[1]), np.empty(x.shape[1] + LANES)
    for t in range(x.shape[0]):
        count = collect(x[t], counts[t], values, ordered)
        mean = mean_of(ordered, count) if count > 0 else np.nan
        for n in range(x.shape[1]):
            out[t, n] = mean if x[t, n] == x[t, n] and counts[t, n] else np.nan


@kernel
def cross_zscore(x: Floats, out: Floats, counts: Flags) -> None:
    """Write the distance from the mean over symbols in population deviations; NaN where all are equal."""
    ordered, values = np.empty(x.shape[1]), np.empty(x.shape[1] + LANES)
    for t in range(x.shape[0]):
        count = collect(x[t], counts[t], values, ordered)
        spread, mean = 0.0, 0.0
        if count > 0 and ordered[0] < ordered[count - 1]:
            mean = mean_of(ordered, count)
            for i in range(count):
                spread += (ordered[i] - mean) * (ordered[i] - mean)
            spread = math.sqrt(spread / count)
        for n in range(x.shape[1]):
            out[t, n] = (x[t, n] - mean) / spread if spread > 0.0 and counts[t, n] else np.nan


@kernel
def cross_rank(x: Floats, out: Floats, counts: Flags) -> None:
    """Write the rank over symbols as ``(rank - 1/2) / count``, inside (0, 1); equal values share the mean rank."""
    ordered, values = np.empty(x.shape[1]), np.empty(x.shape[1] + LANES)
    for t in range(x.shape[0]):
        count = take(x[t], counts[t], values)
        is_long = count > MOST_COUNTED
        if is_long:
            put_in_order(values, count, ordered)
        for n in range(x.shape[1]):
            value = x[t, n]
            if value != value or not counts[t, n]:
                out[t, n] = np.nan
            elif is_long:
                not_above = first = lower_bound(ordered, count, value)
                while not_above < count and ordered[not_above] == value:
                    not_above += 1
                out[t, n] = 0.5 * (first + not_above) / count
            else:
                out[t, n] = 0.5 * below_and_not_above(values, count, value) / count


@kernel
def of_column(x: Floats, out: Floats, columns: Columns) -> None:
    """Write the value of the column that each symbol reads; NaN where there is none."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = x[t, columns[n]] if columns[n] >= 0 else np.nan


@kernel
def middle_of(ordered: Floats, count: int) -> float:
    """Return the median of the first `count` ordered values."""
    middle: float = 0.5 * (ordered[(count - 1) // 2] + ordered[count // 2])
    return middle


@kernel
def cross_median(x: Floats, out: Floats, counts: Flags) -> None:
    """Write the median over symbols at each symbol that has a value."""
    ordered, values = np.empty(x.shape[1]), np.empty(x.shape[1] + LANES)
    for t in range(x.shape[0]):
        count = collect(x[t], counts[t], values, ordered)
        middle = middle_of(ordered, count) if count > 0 else np.nan
        for n in range(x.shape[1]):
            out[t, n] = middle if x[t, n] == x[t, n] and counts[t, n] else np.nan


@kernel
def cross_robust(x: Floats, out: Floats, counts: Flags) -> None:
    """Write the distance from the median over symbols in scaled median absolute deviations; NaN where that is 0."""
    ordered, values = np.empty(x.shape[1]), np.empty(x.shape[1] + LANES)
    for t in range(x.shape[0]):
        count = collect(x[t], counts[t], values, ordered)
        middle, spread = 0.0, 0.0
        if count > 0:
            middle = middle_of(ordered, count)
            for i in range(count):
                values[i] = abs(ordered[i] - middle)
            put_in_order(values, count, ordered)
            spread = NORMAL_MAD * middle_of(ordered, count)
        for n in range(x.shape[1]):
            out[t, n] = (x[t, n] - middle) / spread if spread > 0.0 and counts[t, n] else np.nan


@kernel
def cross_std(x: Floats, out: Floats, counts: Flags) -> None:
    """Write the population deviation over symbols at each symbol that has a value; NaN where one is alone."""
    ordered, values = np.empty(x.shape[1]), np.empty(x.shape[1] + LANES)
    for t in range(x.shape[0]):
        count = collect(x[t], counts[t], values, ordered)
        spread = np.nan
        if count > 1:
            mean, squares = mean_of(ordered, count), 0.0
            for i in range(count):
                squares += (ordered[i] - mean) * (ordered[i] - mean)
            spread = math.sqrt(squares / count) if ordered[0] < ordered[count - 1] else 0.0
        for n in range(x.shape[1]):
            out[t, n] = spread if x[t, n] == x[t, n] and counts[t, n] else np.nan


@kernel
def cluster_mean(x: Floats, cluster: Floats, out: Floats, counts: Flags) -> None:
    """Write the mean over the other symbols with the same number of a cluster, 0 up; NaN where there is no other."""
    ordered = np.empty(x.shape[1])
    for t in range(x.shape[0]):
        highest = -1.0
        for n in range(x.shape[1]):
            out[t, n] = np.nan
            if counts[t, n] and x[t, n] == x[t, n] and cluster[t, n] > highest:
                highest = cluster[t, n]
        for number in range(int(highest) + 1):
            count = 0
            for n in range(x.shape[1]):
                if counts[t, n] and cluster[t, n] == number and x[t, n] == x[t, n]:
                    ordered[count] = x[t, n]
                    count += 1
            if count < 2:
                continue
            ordered[:count].sort()
            total = mean_of(ordered, count) * count
            for n in range(x.shape[1]):
                if counts[t, n] and cluster[t, n] == number and x[t, n] == x[t, n]:
                    out[t, n] = (total - x[t, n]) / (count - 1)
