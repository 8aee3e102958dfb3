"""How the returns of the universe move together: factors and graph, computed when a session begins and then held.

The first row of a session on which anything trades sees the last `window` rows before it: first when there are so many,
then at every `every`-th session that begins. What is found holds until then. A symbol takes part if four fifths of its
returns are there and they vary; the few that are missing count as its mean. Symbols are put in the order of their
variance first, so the result is the same bits whatever the order of columns. The sign of a factor is the one that fits
the loadings held before; at the beginning it is such that the cubes of its loadings have a positive sum.

Those take part who belong to the universe at that first row, with all their returns, those from before they joined
included. Who leaves has no place from that bar on, who joins has none before the next computation; the places of the
others hold until then.

State: in the first symbol's row session, rows seen, place in the ring and sessions begun since the last computation,
itself included; in each row the symbol's results and its ring of returns.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.eigen import ascending, symmetric_eigen
from qts_core.features.kernels.graphs import average_linkage, centrality_of, numbered, silhouettes_of
from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["FACTORS", "HEADER", "RESULTS", "WIDTH", "part", "structure"]

FACTORS = 5
EXPLAINING = 3
LEAST_SHARE = 0.8
LEAST_SYMBOLS = 3

RESULTS = (
    *(f"loading_{k + 1}" for k in range(FACTORS)),
    "explained", "own_deviation", "absorption", "dominance", "dimension", "signal",
    "mean_correlation", "degree", "centrality", "density", "cluster", "cluster_share", "silhouette",
)  # fmt: skip
WIDTH = len(RESULTS)
HEADER = 4 + WIDTH

(
    EXPLAINED, OWN_DEVIATION, ABSORPTION, DOMINANCE, DIMENSION, SIGNAL,
    MEAN_CORRELATION, DEGREE, CENTRALITY, DENSITY, CLUSTER, CLUSTER_SHARE, SILHOUETTE,
) = range(FACTORS, WIDTH)  # fmt: skip

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]


@kernel
def gather(state: Floats, counts: Flags, window: int) -> tuple[Places, Floats, Floats]:
    """Return who takes part, calmest first, their deviations and their returns as unit vectors, [window, m]."""
    place = int(state[0, 2])
    some = np.empty(state.shape[0], dtype=np.int64)
    deviations, vectors = np.empty(state.shape[0]), np.zeros((state.shape[0], window))
    size = 0
    for n in range(state.shape[0]):
        if not counts[n]:
            continue
        row = vectors[size]
        for t in range(window):
            row[t] = state[n, HEADER + (place + t if place + t < window else place + t - window)]
        count, total, lowest, highest = 0, 0.0, math.inf, -math.inf
        for value in row:
            if value == value:
                count += 1
                total += value
                lowest, highest = min(lowest, value), max(highest, value)
        if count < LEAST_SHARE * window or not lowest < highest:
            continue
        mean, squares = total / count, 0.0
        for t in range(window):
            row[t] = row[t] - mean if row[t] == row[t] else 0.0
            squares += row[t] * row[t]
        length = math.sqrt(squares)
        for t in range(window):
            row[t] /= length
        some[size], deviations[size] = n, math.sqrt(squares / (count - 1.0))
        size += 1
    places, spreads, columns = np.empty(size, dtype=np.int64), np.empty(size), np.empty((window, size))
    order = ascending(deviations, size)
    for i in range(size):
        places[i], spreads[i] = some[order[i]], deviations[order[i]]
        for t in range(window):
            columns[t, i] = vectors[order[i], t]
    return places, spreads, columns


@kernel
def correlations_of(vectors: Floats) -> Floats:
    """Return the products of all pairs of columns, with ones on the diagonal."""
    size = vectors.shape[1]
    out = np.zeros((size, size))
    steps = len(vectors) // 4 * 4
    for t in range(0, steps, 4):  # four rows at a time: the sums are read and written once for all of them
        one, two, three, four = vectors[t], vectors[t + 1], vectors[t + 2], vectors[t + 3]
        for i in range(size):
            a, b, c, d = one[i], two[i], three[i], four[i]
            for j in range(i):
                out[i, j] += (a * one[j] + b * two[j]) + (c * three[j] + d * four[j])
    for row in vectors[steps:]:
        for i in range(size):
            for j in range(i):
                out[i, j] += row[i] * row[j]
    for i in range(size):
        out[i, i] = 1.0
        for j in range(i):
            out[i, j] = min(1.0, max(-1.0, out[i, j]))
            out[j, i] = out[i, j]
    return out


@kernel
def side_of(vector: Floats, before: Floats) -> float:
    """Return the sign that fits the loadings held before, or else a positive sum of cubes."""
    fit, cubes = 0.0, 0.0
    for i in range(len(vector)):
        if before[i] == before[i]:
            fit += vector[i] * before[i]
        cubes += vector[i] * vector[i] * vector[i]
    if fit != 0.0:
        return 1.0 if fit > 0.0 else -1.0
    return 1.0 if cubes >= 0.0 else -1.0


@kernel
def find_factors(state: Floats, some: Places, deviations: Floats, correlations: Floats, window: int) -> None:
    """Write loadings, what they explain and the shares of the eigenvalues."""
    size = len(some)
    values, vectors = symmetric_eigen(correlations.copy())
    explained = np.zeros(size)
    before = np.empty(size)
    for k in range(min(FACTORS, size)):
        for i in range(size):
            before[i] = state[some[i], 4 + k]
        scale = side_of(vectors[k], before) * math.sqrt(max(0.0, values[k]))
        for i in range(size):
            loading = min(1.0, max(-1.0, scale * vectors[k, i]))
            state[some[i], 4 + k] = loading
            if k < EXPLAINING:
                explained[i] += loading * loading
    most = max(1, (2 * size + 5) // 10)  # a fifth of the symbols, to the nearest
    absorbed, entropy, edge = 0.0, 0.0, (1.0 + math.sqrt(size / window)) ** 2
    for k in range(size):
        share = max(0.0, values[k]) / size
        absorbed += share if k < most else 0.0
        entropy -= share * math.log(share) if share > 0.0 else 0.0
    for i in range(size):
        s = state[some[i], 4:]
        s[EXPLAINED] = min(1.0, explained[i])
        s[OWN_DEVIATION] = deviations[i] * math.sqrt(1.0 - s[EXPLAINED])
        s[ABSORPTION], s[DOMINANCE] = min(1.0, absorbed), values[0] / (values[0] + max(0.0, values[1]))
        s[DIMENSION], s[SIGNAL] = min(1.0, math.exp(entropy) / size), values[0] / edge


@kernel
def find_graph(state: Floats, some: Places, correlations: Floats) -> None:
    """Write each symbol's place in the graph of correlations, and its group."""
    size = len(some)
    means, total = np.zeros(size), 0.0
    weights, distances = np.empty((size, size)), np.empty((size, size))
    for i in range(size):
        for j in range(size):
            weights[i, j] = abs(correlations[i, j]) if i != j else 0.0
            distances[i, j] = math.sqrt(max(0.0, 2.0 * (1.0 - correlations[i, j])))
            means[i] += correlations[i, j] if i != j else 0.0
        means[i] /= size - 1.0
        total += means[i]
    density = total / size
    central = centrality_of(weights)
    numbers, sizes = numbered(average_linkage(distances.copy(), max(2, int(math.sqrt(size) + 0.5))))
    silhouettes = silhouettes_of(distances, numbers, sizes)
    for i in range(size):
        s = state[some[i], 4:]
        above = 0.0
        for j in range(size):
            above += 1.0 if i != j and correlations[i, j] > density else 0.0
        s[MEAN_CORRELATION], s[DEGREE] = means[i], above / (size - 1.0)
        s[CENTRALITY], s[DENSITY] = central[i], density
        s[CLUSTER], s[CLUSTER_SHARE], s[SILHOUETTE] = numbers[i], sizes[i] / size, silhouettes[i]


@kernel
def refresh(state: Floats, counts: Flags, window: int, is_found: bool) -> None:
    """Compute everything anew from the ring; nothing where too few symbols take part."""
    for n in range(state.shape[0]):
        if not is_found:
            clear(state[n])
    some, deviations, vectors = gather(state, counts, window)
    is_in = np.zeros(state.shape[0], dtype=np.bool_)
    for n in some:
        is_in[n] = len(some) >= LEAST_SYMBOLS
    if len(some) >= LEAST_SYMBOLS:
        correlations = correlations_of(vectors)
        find_factors(state, some, deviations, correlations, window)
        find_graph(state, some, correlations)
    for n in range(state.shape[0]):
        if not is_in[n]:
            clear(state[n])


@kernel
def hold(state: Floats, held: Floats) -> None:
    """Write what was found last, one row for each result."""
    for k in range(WIDTH):
        for n in range(state.shape[0]):
            held[k, n] = state[n, 4 + k]


@kernel
def clear(row: Floats) -> None:
    """Take a symbol's results away."""
    for k in range(4, HEADER):
        row[k] = np.nan


@kernel
def begins(header: Floats, day: float, window: int, every: int) -> bool:
    """Count sessions; return whether everything is to be computed anew: the ring is full and `every` have begun."""
    if day == header[0]:
        return False
    header[0] = day
    if header[1] < window:
        return False
    header[3] += 1.0
    if header[3] > 1.0 and header[3] <= every:
        return False
    header[3] = 1.0
    return True


@kernel
def structure(x: Floats, session: Floats, out: Floats, state: Floats, counts: Flags, window: int, every: int) -> None:
    """Write factors and graph of the universe's returns, ``RESULTS``, found before the session at every `every`-th."""
    rows, columns = x.shape
    header = state[0]
    held = np.empty((WIDTH, columns))
    hold(state, held)
    for t in range(rows):
        day, is_any = 0.0, False
        for n in range(columns):
            if counts[t, n] and x[t, n] == x[t, n]:
                day, is_any = session[t, n], True
        if not is_any:
            for k in range(WIDTH):
                for n in range(columns):
                    out[k, t, n] = np.nan
            continue
        is_found = header[3] > 0.0
        if begins(header, day, window, every):
            refresh(state, counts[t], window, is_found)
            hold(state, held)
        for k in range(WIDTH):
            for n in range(columns):
                out[k, t, n] = held[k, n] if header[3] > 0.0 and counts[t, n] and x[t, n] == x[t, n] else np.nan
        place = int(header[2])
        for n in range(columns):
            state[n, HEADER + place] = x[t, n]
        header[1] = min(header[1] + 1.0, float(window))
        header[2] = place + 1 if place + 1 < window else 0


@kernel
def part(x: Floats, out: Floats, place: int) -> None:
    """Write one of the results of an operation that has several."""
    for t in range(out.shape[0]):
        for n in range(out.shape[1]):
            out[t, n] = x[place, t, n]
