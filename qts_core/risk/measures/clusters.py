"""Which symbols move together: pairwise correlations and their connected components (specification 10.3; X-03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import dot, pairwise_sum
from qts_core.market.panel import Floats

__all__ = ["CORRELATED", "Clusters", "clusters_of", "correlation_breakdown", "correlations"]

CORRELATED = 0.7
"""|rho| above which two symbols belong together (X-03)."""


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """A partition of N symbols.

    Attributes
    ----------
    index : int64 [N]
        Number of each symbol's cluster, from 0, in the order of their first members.
    count : int
        How many clusters; N when nothing moves together.
    """

    index: NDArray[np.int64]
    count: int

    def gross(self, weight: Floats) -> Floats:
        """Return the sum of |weight| within each cluster, float64 [count]."""
        gross: Floats = np.bincount(self.index, weights=np.abs(weight), minlength=self.count).astype(np.float64)
        return gross

    def snapshot(self) -> dict[str, object]:
        """Return the partition as JSON values."""
        return {"index": self.index.tolist()}

    @classmethod
    def from_snapshot(cls, state: Mapping[str, object]) -> Clusters:
        """Return the partition that :meth:`snapshot` wrote."""
        index = np.array(cast(list[int], state["index"]), dtype=np.int64)
        return cls(index, int(index.max()) + 1 if len(index) else 0)


def correlations(returns: Floats, *, minimum: int = 52) -> Floats:
    """Return Pearson's correlation of each pair over the bars that both have.

    Parameters
    ----------
    returns : float64 [T, N]
        NaN = unknown.
    minimum : int
        Common returns needed; with fewer, and for a symbol that does not move, the correlation is NaN.

    Returns
    -------
    float64 [N, N]
        Symmetric; 1 on the diagonal where the symbol's own variance is known.
    """
    matrix = np.full((returns.shape[1], returns.shape[1]), np.nan)
    known = returns[~np.isnan(returns).all(axis=1)]
    if len(known):
        _correlate(np.ascontiguousarray(known.T), max(2, minimum), matrix)
    return matrix


def clusters_of(correlation: Floats, *, threshold: float = CORRELATED) -> Clusters:
    """Return the connected components of the graph in which |correlation| > `threshold` joins two symbols.

    An unknown correlation joins nothing. Members of one cluster may be weakly correlated with each other: a chain of
    strong pairs is enough.
    """
    index = np.arange(len(correlation), dtype=np.int64)
    return Clusters(index, int(_components(correlation, threshold, index)))


def correlation_breakdown(recent: Floats, usual: Floats) -> tuple[float, float]:
    """Return how far recent correlations are from the usual ones.

    Parameters
    ----------
    recent, usual : float64 [N, N]
        Of a short and of a long window.

    Returns
    -------
    distance, shift : float
        Root mean square of the differences of the pairs, and their mean: positive when everything moves together
        more than usual, which is when diversification fails. NaN without a pair that both know.
    """
    pairs = np.triu_indices(len(recent), 1)
    difference = (recent - usual)[pairs]
    difference = difference[~np.isnan(difference)]
    if not len(difference):
        return float("nan"), float("nan")
    return float(np.sqrt(np.mean(difference**2))), float(np.mean(difference))


@kernel
def _correlate(series: Floats, minimum: int, matrix: Floats) -> None:
    """Write the correlations of rows of `series`; two passes, so that no precision is lost to a large mean."""
    breadth, length = series.shape
    centred = np.empty_like(series)
    spread = np.empty(breadth)
    for i in range(breadth):
        # NaN where a return is missing: such a row goes the long way.
        centred[i] = series[i] - pairwise_sum(series[i]) / length
        spread[i] = dot(centred[i], centred[i])
    for i in range(breadth):
        for j in range(i + 1):
            if np.isnan(spread[i] + spread[j]):
                count, xx, yy, xy = _common_moments(series[i], series[j])
            else:
                count, xx, yy, xy = length, spread[i], spread[j], dot(centred[i], centred[j])
            if count >= minimum and xx > 0.0 and yy > 0.0:
                value = 1.0 if i == j else min(1.0, max(-1.0, xy / np.sqrt(xx * yy)))
                matrix[i, j] = value
                matrix[j, i] = value


@kernel
def _common_moments(one: Floats, other: Floats) -> tuple[int, float, float, float]:
    """Return how many values both have, and the centred sums of squares and products over those."""
    count = 0
    x, y = 0.0, 0.0
    for t in range(len(one)):
        if not np.isnan(one[t] + other[t]):
            count += 1
            x += one[t]
            y += other[t]
    x /= max(count, 1)
    y /= max(count, 1)
    xx, yy, xy = 0.0, 0.0, 0.0
    for t in range(len(one)):
        if not np.isnan(one[t] + other[t]):
            xx += (one[t] - x) ** 2
            yy += (other[t] - y) ** 2
            xy += (one[t] - x) * (other[t] - y)
    return count, xx, yy, xy


@kernel
def _components(correlation: Floats, threshold: float, root: NDArray[np.int64]) -> int:
    """Turn `root`, each symbol by itself, into numbers of components, and return how many there are."""
    breadth = len(root)
    for i in range(breadth):
        for j in range(i):
            if abs(correlation[i, j]) > threshold:
                a, b = i, j
                while root[a] != a:
                    a = root[a]
                while root[b] != b:
                    b = root[b]
                # The smaller number becomes the root, so components are numbered by their first members.
                if a < b:
                    root[b] = a
                else:
                    root[a] = b
    count = 0
    number = np.empty(breadth, dtype=np.int64)
    for i in range(breadth):
        if root[i] == i:
            number[i] = count
            count += 1
        else:
            a = root[i]
            while root[a] != a:
                a = root[a]
            root[i] = a
            number[i] = number[a]
    root[:] = number
    return count
