"""The universe as a graph of correlations: who stands in the middle, and who belongs together (specification 6.4)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.eigen import ascending
from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["average_linkage", "centrality_of", "numbered", "silhouettes_of"]

MOST_ROUNDS = 2000
CLOSE_ENOUGH = 1e-13

Labels = NDArray[np.int64]


@kernel
def centrality_of(weights: Floats) -> Floats:
    """Return the eigenvector centrality of a graph with non-negative weights, with mean 1 (Bonacich 1972).

    Powers of ``weights + I``, whose largest eigenvalue is alone of its size, until nothing changes.
    """
    size = weights.shape[0]
    place, moved = np.ones(size), np.empty(size)
    for _ in range(MOST_ROUNDS):
        total, change = 0.0, 0.0
        for i in range(size):
            moved[i] = place[i]
            for j in range(size):
                moved[i] += weights[i, j] * place[j]
            total += moved[i]
        for i in range(size):
            moved[i] *= size / total
            change = max(change, abs(moved[i] - place[i]))
            place[i] = moved[i]
        if change < CLOSE_ENOUGH:
            break
    return place


@kernel
def average_linkage(distances: Floats, clusters: int) -> Labels:
    """Return a label for each point after joining the nearest groups by mean distance until `clusters` are left.

    Sokal and Michener (1958). A label is the first point of the group. `distances` is overwritten.
    """
    size = distances.shape[0]
    label, weight = np.empty(size, dtype=np.int64), np.ones(size)
    for i in range(size):
        label[i] = i
    for _ in range(size - clusters):
        one, other, nearest = -1, -1, math.inf
        for i in range(size):
            if weight[i] == 0.0:
                continue
            for j in range(i + 1, size):
                if weight[j] > 0.0 and distances[i, j] < nearest:
                    one, other, nearest = i, j, distances[i, j]
        whole = weight[one] + weight[other]
        for k in range(size):
            joined = (weight[one] * distances[one, k] + weight[other] * distances[other, k]) / whole
            distances[one, k], distances[k, one] = joined, joined
        weight[one], weight[other] = whole, 0.0
        for i in range(size):
            label[i] = one if label[i] == other else label[i]
    return label


@kernel
def numbered(labels: Labels) -> tuple[Labels, Labels]:
    """Return each point's group by number, the largest group being 0, and its size; equal ones by their first point."""
    size = len(labels)
    sizes = np.zeros(size, dtype=np.int64)
    for label in labels:
        sizes[label] += 1
    negative = np.empty(size)
    for label in range(size):
        negative[label] = -float(sizes[label])
    order = ascending(negative, size)
    number, numbers, whole = np.empty_like(labels), np.empty_like(labels), np.empty_like(labels)
    for place in range(size):
        number[order[place]] = place
    for i in range(size):
        numbers[i], whole[i] = number[labels[i]], sizes[labels[i]]
    return numbers, whole


@kernel
def silhouettes_of(distances: Floats, numbers: Labels, sizes: Labels) -> Floats:
    """Return how much nearer each point is to its own group than to the next, -1 to 1 (Rousseeuw 1987); 0 if alone."""
    size = len(numbers)
    groups = numbers.max() + 1
    out = np.zeros(size)
    for i in range(size):
        if sizes[i] == 1:
            continue
        total, count = np.zeros(groups), np.zeros(groups)
        for j in range(size):
            if j != i:
                total[numbers[j]] += distances[i, j]
                count[numbers[j]] += 1.0
        own, next_one = 0.0, math.inf
        for g in range(groups):
            if count[g] > 0.0:
                mean = total[g] / count[g]
                if g == numbers[i]:
                    own = mean
                else:
                    next_one = min(next_one, mean)
        largest = max(own, next_one)
        out[i] = (next_one - own) / largest if 0.0 < largest < math.inf else 0.0
    return out
