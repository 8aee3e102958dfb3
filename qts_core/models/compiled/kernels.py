"""The kernels that read the columns of a block of rows and add up its leaves.

No sum is reordered: each row adds its leaves tree by tree, in the precision of the library, so the bits are the
library's.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats
from qts_core.models.compiled.fast_exp import fast_exp
from qts_core.models.compiled.flat import LARGEST_SINGLE, ZERO_LIMIT, Finish, Reading
from qts_core.models.compiled.layout import BITS, MASKS

__all__ = ["add_up", "finish_double", "finish_single"]

BLOCK_ROWS = 64
"""Rows that are asked together: their columns stay in the second cache."""
LANES = 8
NEAR_ZERO, ZERO_MISSING, SINGLE = int(Reading.NEAR_ZERO), int(Reading.ZERO_MISSING), int(Reading.SINGLE)
MEMBER, STRANGER, PRESENT = int(Reading.MEMBER), int(Reading.STRANGER), int(Reading.PRESENT)
SIGMOID, SOFTMAX, FAST_SOFTMAX = int(Finish.SIGMOID), int(Finish.SOFTMAX), int(Finish.FAST_SOFTMAX)
EVERY_LEAF = np.uint64(2**64 - 1)
NOTHING, ONE = np.uint64(0), np.uint64(1)
# the place of a word's only bit, by the six bits that a de Bruijn number shifted by it begins with
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
SHIFT = np.uint64(58)
PLACES = np.zeros(64, dtype=np.uint8)
for _place in range(64):
    PLACES[((0x03F79D71B4CB0A89 << _place) & (2**64 - 1)) >> 58] = _place


@kernel
def _is_member(value: float, known: NDArray[np.uint8]) -> bool:
    """Return whether a value is in a set of categories; fractions are cut off."""
    return -1.0 < value < len(known) and known[int(value)] == 1


@kernel
def _read_columns(
    rows: Floats,
    features: NDArray[np.int64],
    readings: NDArray[np.int64],
    missing: Floats,
    members: NDArray[np.uint8],
    member_ranges: NDArray[np.int64],
    columns: Floats,
) -> None:
    """Fill `columns`, float64 [C, n], from `rows`, float64 [R, F] with R at most n; places beyond R hold nothing."""
    for column in range(len(features)):
        feature, reading = features[column], readings[column]
        known = members[member_ranges[column, 0] : member_ranges[column, 1]]
        for row in range(len(rows)):
            value = rows[row, feature]
            if np.isnan(value) or (reading == ZERO_MISSING and abs(value) <= ZERO_LIMIT):
                value = missing[column]
            elif reading == SINGLE:
                value = np.float64(np.float32(min(max(value, -LARGEST_SINGLE), LARGEST_SINGLE)))
            elif reading == NEAR_ZERO:
                value = 0.0 if abs(value) <= ZERO_LIMIT else value
            elif reading == MEMBER:
                value = 0.0 if _is_member(value, known) else 1.0
            elif reading == PRESENT:
                value = 0.0
            elif reading == STRANGER:
                value = 1.0 if _is_member(value, known) else 0.0
            columns[column, row] = value


@kernel
def _keep(columns: Floats, splits: NDArray[np.void], first: int, stop: int, words: NDArray[np.uint64]) -> None:
    """Clear the leaves on the left of each split that a row passes on the right; then name the lowest that is left."""
    words[:] = EVERY_LEAF
    for place in range(first, stop):
        column, threshold, mask = splits[place]["column"], splits[place]["threshold"], splits[place]["mask"]
        for lane in range(len(words)):
            words[lane] &= EVERY_LEAF if columns[column, lane] <= threshold else mask
    for lane in range(len(words)):
        lowest = words[lane] & (~words[lane] + ONE)
        words[lane] = PLACES[(lowest * DE_BRUIJN) >> SHIFT]


@kernel
def _spell(columns: Floats, splits: NDArray[np.void], first: int, stop: int, words: NDArray[np.uint64]) -> None:
    """Set the bit of each level where a row goes right."""
    words[:] = NOTHING
    for place in range(first, stop):
        column, threshold, bit = splits[place]["column"], splits[place]["threshold"], splits[place]["mask"]
        for lane in range(len(words)):
            words[lane] |= NOTHING if columns[column, lane] <= threshold else bit


@kernel
def _walk(columns: Floats, nodes: NDArray[np.void], root: int, depth: int, words: NDArray[np.uint64]) -> None:
    """Walk all rows down a tree, level by level, until each is at a leaf."""
    words[:] = root
    for _ in range(depth):
        is_moving = False
        for lane in range(len(words)):
            node = nodes[words[lane]]
            goes_left = columns[np.uint64(node["column"]), lane] <= node["threshold"]
            reached = np.uint64(node["child"]) + (NOTHING if goes_left else ONE)
            is_moving |= reached != words[lane]
            words[lane] = reached
        if not is_moving:
            break
    for lane in range(len(words)):
        words[lane] -= np.uint64(root)


@kernel
def add_up(
    rows: Floats,
    trees: NDArray[np.void],
    splits: NDArray[np.void],
    nodes: NDArray[np.void],
    values: NDArray[np.floating],
    features: NDArray[np.int64],
    readings: NDArray[np.int64],
    missing: Floats,
    members: NDArray[np.uint8],
    member_ranges: NDArray[np.int64],
    sums: NDArray[np.floating],
) -> None:
    """Add the leaves of `rows`, float64 [R, F], to `sums`, float64 or float32 [R, K]."""
    lanes = min(BLOCK_ROWS, (len(rows) + LANES - 1) // LANES * LANES)
    columns = np.zeros((len(features), lanes))
    words = np.zeros(lanes, dtype=np.uint64)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        _read_columns(block, features, readings, missing, members, member_ranges, columns)
        for place in range(len(trees)):
            tree = trees[place]
            first, stop, depth = int(tree["first"]), int(tree["stop"]), int(tree["depth"])
            if tree["form"] == MASKS:
                _keep(columns, splits, first, stop, words)
            elif tree["form"] == BITS:
                _spell(columns, splits, first, stop, words)
            else:
                _walk(columns, nodes, first, depth, words)
            leaf, width, group = np.uint64(tree["leaf"]), np.uint64(tree["width"]), np.uint64(tree["group"])
            for row in range(len(block)):
                for index in range(width):
                    sums[start + row, group + index] += values[leaf + words[row] * width + index]


@kernel
def finish_double(sums: Floats, finish: int, slope: float) -> None:
    """Turn sums, float64 [R, K], into probabilities, in place, as LightGBM and CatBoost do."""
    for row in range(len(sums)):
        if finish == SIGMOID:
            for index in range(sums.shape[1]):
                sums[row, index] = 1.0 / (1.0 + math.exp(-slope * sums[row, index]))
        elif finish in (SOFTMAX, FAST_SOFTMAX):
            largest = sums[row].max()
            total = 0.0
            for index in range(sums.shape[1]):
                less = sums[row, index] - largest
                sums[row, index] = math.exp(less) if finish == SOFTMAX else fast_exp(less)
                total += sums[row, index]
            for index in range(sums.shape[1]):
                sums[row, index] /= total


@kernel
def finish_single(sums: NDArray[np.floating], finish: int) -> None:
    """Turn sums, float32 [R, K], into probabilities, in place, as XGBoost does."""
    one, most, tiny = np.float32(1.0), np.float32(88.7), np.float32(1e-16)
    for row in range(len(sums)):
        if finish == SIGMOID:
            for index in range(sums.shape[1]):
                against = min(-sums[row, index], most)
                sums[row, index] = one / (np.float32(math.exp(against)) + one + tiny)
        elif finish == SOFTMAX:
            largest = sums[row].max()
            total = 0.0
            for index in range(sums.shape[1]):
                sums[row, index] = np.float32(math.exp(np.float32(sums[row, index] - largest)))
                total += np.float64(sums[row, index])
            for index in range(sums.shape[1]):
                sums[row, index] /= np.float32(total)
