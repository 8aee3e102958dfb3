"""Lays flat trees out for speed: small trees as bit masks, symmetric ones as bits of a place, large ones as nodes.

A tree with at most 64 leaves is not walked at all. Its leaves are the bits of a word, numbered from left to right;
every split that a row passes on the right clears the leaves on its left, in any order, and the lowest bit that is left
is the row's leaf. All rows of a block are asked the same question at the same time, which suits a processor better than
a walk.

References
----------
Lucchese et al. (2015), QuickScorer: A Fast Algorithm to Rank Documents with Additive Ensembles of Regression Trees,
SIGIR, pp. 73-82: the masks, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.models.compiled.flat import Column, FlatModel, SymmetricTree, Tree

__all__ = ["BITS", "MASKS", "NODE", "SPLIT", "TREE", "WALK", "Layout", "lay_out"]

SPLIT = np.dtype([("threshold", np.float64), ("mask", np.uint64), ("column", np.uint64)])
"""A split of a small or symmetric tree: the leaves it keeps, or the bit it sets, where a row goes right."""
NODE = np.dtype([("threshold", np.float64), ("column", np.uint32), ("child", np.uint32)])
"""A node of a large tree: its left child, the right one follows. A leaf is its own left child, and all go left."""
TREE = np.dtype(
    [(name, np.uint32) for name in ("form", "first", "stop", "depth", "leaf", "width", "group", "unused")], align=True
)
"""A tree: its form, its splits or nodes, its depth, its first value."""
MASKS, BITS, WALK = 0, 1, 2
MOST_MASK_LEAVES = 64
EVERY_LEAF = 2**MOST_MASK_LEAVES - 1


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The arrays that the kernels read.

    Attributes
    ----------
    trees, splits, nodes : structured arrays
    values : float64 or float32 [leaves]
        Of each tree, leaf by leaf; of a tree that is walked, node by node.
    features, readings : int64 [C]
        Of each column: its input and how it is read.
    missing : float64 [C]
        What a missing value counts as.
    members : uint8 [...]
        The categories of all columns, one byte each.
    member_ranges : int64 [C, 2]
        Where a column's bytes begin and stop.
    """

    trees: NDArray[np.void]
    splits: NDArray[np.void]
    nodes: NDArray[np.void]
    values: NDArray[np.floating]
    features: NDArray[np.int64]
    readings: NDArray[np.int64]
    missing: Floats
    members: NDArray[np.uint8]
    member_ranges: NDArray[np.int64]


def lay_out(model: FlatModel) -> Layout:
    """Return the arrays of `model`."""
    trees = np.zeros(len(model.trees), TREE)
    splits: list[NDArray[np.void]] = []
    nodes: list[NDArray[np.void]] = []
    values: list[Floats] = []
    split_count = node_count = value_count = 0
    for place, tree in enumerate(model.trees):
        leaves = tree.values
        if isinstance(tree, Tree) and len(tree.values) > MOST_MASK_LEAVES:
            laid, leaves, depth = _nodes(tree, node_count)
            trees[place] = (WALK, node_count, node_count + len(laid), depth, value_count, 0, 0, 0)
            nodes.append(laid)
            node_count += len(laid)
        else:
            form = MASKS if isinstance(tree, Tree) else BITS
            laid, leaves = _masked(tree) if isinstance(tree, Tree) else (_bits(tree), tree.values)
            trees[place] = (form, split_count, split_count + len(laid), 0, value_count, 0, 0, 0)
            splits.append(laid)
            split_count += len(laid)
        trees[place]["width"], trees[place]["group"] = leaves.shape[1], tree.group
        values.append(leaves.ravel())
        value_count += leaves.size
    kind = np.float32 if model.is_single else np.float64
    members, ranges = _members(model.columns)
    return Layout(
        trees=trees,
        splits=np.concatenate(splits) if splits else np.zeros(0, SPLIT),
        nodes=np.concatenate(nodes) if nodes else np.zeros(0, NODE),
        values=np.concatenate(values).astype(kind),
        features=np.array([column.feature for column in model.columns], dtype=np.int64),
        readings=np.array([int(column.reading) for column in model.columns], dtype=np.int64),
        missing=np.array([column.missing for column in model.columns], dtype=np.float64),
        members=members,
        member_ranges=ranges,
    )


def _split_rows(tree: Tree | SymmetricTree, masks: Sequence[int]) -> NDArray[np.void]:
    rows = np.zeros(len(tree.column), SPLIT)
    rows["threshold"], rows["column"] = tree.threshold, tree.column
    rows["mask"] = np.array(masks, dtype=np.uint64)
    return rows


def _bits(tree: SymmetricTree) -> NDArray[np.void]:
    return _split_rows(tree, [1 << level for level in range(len(tree.column))])


def _masked(tree: Tree) -> tuple[NDArray[np.void], Floats]:
    """Return the splits, each with the leaves it keeps on its right, and the leaves' values from left to right."""
    splits = len(tree.column)
    below, first = [0] * splits, [0] * splits
    left, right = tree.left.tolist(), tree.right.tolist()
    for split in range(splits - 1, -1, -1):
        below[split] = sum(below[child] if child >= 0 else 1 for child in (left[split], right[split]))
    masks, order = [0] * splits, [0] * (splits + 1)
    for split in range(splits):
        on_left = below[left[split]] if left[split] >= 0 else 1
        masks[split] = EVERY_LEAF ^ (((1 << on_left) - 1) << first[split])
        for child, start in ((left[split], first[split]), (right[split], first[split] + on_left)):
            if child >= 0:
                first[child] = start
            else:
                order[start] = ~child
    return _split_rows(tree, masks), tree.values[order]


def _nodes(tree: Tree, start: int) -> tuple[NDArray[np.void], Floats, int]:
    """Return the nodes of a tree that is walked, beginning at place `start`, the value of each, and the depth."""
    splits = len(tree.column)
    place = np.zeros(splits, dtype=np.int64)
    values = np.zeros((2 * splits + 1, tree.values.shape[1]))
    rows = np.zeros(2 * splits + 1, NODE)
    rows["threshold"], rows["child"] = np.inf, start + np.arange(len(rows))
    for child, shift in ((tree.left, 1), (tree.right, 2)):
        at = 2 * np.arange(splits) + shift
        is_split = child >= 0
        place[child[is_split]] = at[is_split]
        values[at[~is_split]] = tree.values[~child[~is_split]]
    rows["threshold"][place] = tree.threshold
    rows["column"][place] = tree.column
    rows["child"][place] = start + 1 + 2 * np.arange(splits)
    return rows, values, _depth(tree)


def _depth(tree: Tree) -> int:
    level, depth = np.zeros(1, dtype=np.int64), 0
    while len(level):
        children = np.concatenate([tree.left[level], tree.right[level]])
        level, depth = children[children >= 0], depth + 1
    return depth


def _members(columns: Sequence[Column]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the categories of all columns, a byte for each number up to the largest, and where each column's are."""
    ranges = np.zeros((len(columns), 2), dtype=np.int64)
    parts, stop = [np.zeros(0, dtype=np.uint8)], 0
    for place, column in enumerate(columns):
        known = np.zeros(max(column.categories, default=-1) + 1, dtype=np.uint8)
        known[sorted(column.categories)] = 1
        ranges[place] = stop, stop + len(known)
        stop += len(known)
        parts.append(known)
    return np.concatenate(parts), ranges
