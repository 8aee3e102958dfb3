"""Eigenvalues and eigenvectors of a small symmetric matrix, in arithmetic that is the same on every machine.

Householder's reduction to a tridiagonal matrix, then the implicit QL iteration (Bowdler, Martin, Reinsch and Wilkinson
1968, Numerische Mathematik 11, 293). A library's routine may take another path on another processor; this one does not.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["ascending", "symmetric_eigen"]

ROUNDING = 2.220446049250313e-16
MOST_STEPS = 60


@kernel
def ascending(values: Floats, size: int) -> NDArray[np.int64]:
    """Return the places of the first `size` values in ascending order, of equal ones the first first.

    By insertion: the few hundred symbols of a universe, once a week. A library's sort takes four seconds to compile.
    """
    order = np.empty(size, dtype=np.int64)
    for i in range(size):
        hole = i
        while hole > 0 and values[order[hole - 1]] > values[i]:
            order[hole] = order[hole - 1]
            hole -= 1
        order[hole] = i
    return order


@kernel
def mirror_of(a: Floats, k: int, mirror: Floats) -> float:
    """Write the vector whose reflection empties column `k` below its second place; return 2 over its square, or 0."""
    size = a.shape[0]
    length = 0.0
    for i in range(k + 1, size):
        mirror[i] = a[i, k]
        length += a[i, k] * a[i, k]
    length = math.sqrt(length)
    if length == 0.0:
        return 0.0
    scale: float = 1.0 / (length * (length + abs(a[k + 1, k])))
    mirror[k + 1] += length if a[k + 1, k] > 0.0 else -length
    return scale


@kernel
def reflect(a: Floats, rows: Floats, k: int, scale: float, mirror: Floats, turned: Floats, sums: Floats) -> None:
    """Reflect what is left of `a` behind column `k`, and the basis; `turned` and `sums` are room to work in."""
    size = a.shape[0]
    overlap = 0.0
    for i in range(k + 1, size):
        turned[i] = 0.0
        for j in range(k + 1, size):
            turned[i] += a[i, j] * mirror[j]
        turned[i] *= scale
        overlap += turned[i] * mirror[i]
    for i in range(k + 1, size):
        turned[i] -= 0.5 * scale * overlap * mirror[i]
    for j in range(size):
        sums[j] = 0.0
    for i in range(k + 1, size):
        for j in range(k + 1, size):
            a[i, j] -= mirror[i] * turned[j] + turned[i] * mirror[j]
        for j in range(size):
            sums[j] += mirror[i] * rows[i, j]
    for i in range(k + 1, size):
        for j in range(size):
            rows[i, j] -= scale * mirror[i] * sums[j]


@kernel
def tridiagonal(a: Floats, diagonal: Floats, beside: Floats, rows: Floats) -> None:
    """Reduce `a`, which is overwritten, to a diagonal and what stands beside it; `rows` becomes the transposed basis.

    ``beside[k]`` couples k and k + 1.
    """
    size = a.shape[0]
    for i in range(size):
        for j in range(size):
            rows[i, j] = 1.0 if i == j else 0.0
    mirror, turned, sums = np.empty(size), np.empty(size), np.empty(size)
    for k in range(size - 2):
        scale = mirror_of(a, k, mirror)
        beside[k] = a[k + 1, k] - mirror[k + 1] if scale > 0.0 else a[k + 1, k]
        if scale == 0.0:
            continue
        reflect(a, rows, k, scale, mirror, turned, sums)
    for k in range(size):
        diagonal[k] = a[k, k]
    if size > 1:
        beside[size - 2] = a[size - 1, size - 2]
    beside[size - 1] = 0.0


@kernel
def sweep(diagonal: Floats, beside: Floats, rows: Floats, first: int, last: int) -> None:
    """Make one implicit QL step on the unreduced block from `first` to `last`."""
    g = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first])
    root = math.sqrt(g * g + 1.0)
    g = diagonal[last] - diagonal[first] + beside[first] / (g + (root if g >= 0.0 else -root))
    sine, cosine, shift = 1.0, 1.0, 0.0
    for i in range(last - 1, first - 1, -1):
        f, b = sine * beside[i], cosine * beside[i]
        root = math.sqrt(f * f + g * g)
        beside[i + 1] = root
        if root == 0.0:
            diagonal[i + 1] -= shift
            beside[last] = 0.0
            return
        sine, cosine = f / root, g / root
        g = diagonal[i + 1] - shift
        root = (diagonal[i] - g) * sine + 2.0 * cosine * b
        shift = sine * root
        diagonal[i + 1] = g + shift
        g = cosine * root - b
        for k in range(rows.shape[1]):
            upper = rows[i + 1, k]
            rows[i + 1, k] = sine * rows[i, k] + cosine * upper
            rows[i, k] = cosine * rows[i, k] - sine * upper
    diagonal[first] -= shift
    beside[first] = g
    beside[last] = 0.0


@kernel
def symmetric_eigen(a: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues of a symmetric matrix, largest first, and the eigenvectors as rows; `a` is overwritten."""
    size = a.shape[0]
    values, beside, rows = np.empty(size), np.empty(size), np.empty((size, size))
    tridiagonal(a, values, beside, rows)
    for first in range(size):
        for _ in range(MOST_STEPS):
            last = first
            while last + 1 < size and abs(beside[last]) > ROUNDING * (abs(values[last]) + abs(values[last + 1])):
                last += 1
            if last == first:
                break
            sweep(values, beside, rows, first, last)
    falling, vectors, negative = np.empty(size), np.empty((size, size)), np.empty(size)
    for i in range(size):
        negative[i] = -values[i]
    order = ascending(negative, size)
    for i in range(size):
        falling[i] = values[order[i]]
        for j in range(size):
            vectors[i, j] = rows[order[i], j]
    return falling, vectors
