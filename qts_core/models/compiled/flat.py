"""Trees as plain arrays, whatever library grew them.

Every library asks another question at a split. Here there is one: *is the value at most the threshold?* What is asked
differently is put in these words when a model is read:

- ``value < threshold`` in float32 is ``value <= the float32 before it`` (XGBoost);
- what is missing counts as minus infinity where it goes left and as infinity where it goes right: an input that is
  split in both ways is two columns (:class:`Column`), and a split need not ask whether a value is there;
- zero that counts as missing, and membership in a set of categories, are columns of their own too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["Column", "Finish", "FlatModel", "Reading", "SymmetricTree", "Tree", "Uncompilable"]

LARGEST_SINGLE = float(np.finfo(np.float32).max)
ZERO_LIMIT = float(np.float32(1e-35))
"""LightGBM takes what is no larger than this for zero."""
DEEPEST = 20
"""Levels of a symmetric tree; the library grows 16 at most."""


class Uncompilable(Exception):
    """A model that only its library can predict with; the message says why."""


class Reading(IntEnum):
    """How an input becomes a column.

    ``SINGLE``: rounded to float32, beyond its range its largest number. ``NEAR_ZERO``: zero where it is within
    ``ZERO_LIMIT`` of it. ``ZERO_MISSING``: missing there. ``MEMBER``: 0 where it is in the set of categories, else 1.
    ``STRANGER``: 1 where it is in the set, else 0. ``PRESENT``: 0, whatever it is.
    """

    SINGLE = 0
    NEAR_ZERO = 1
    ZERO_MISSING = 2
    MEMBER = 3
    STRANGER = 4
    PRESENT = 5


class Finish(IntEnum):
    """What is made of a row's sums.

    ``IDENTITY``; ``SIGMOID``: 1 / (1 + exp(-slope s)); ``SOFTMAX``; ``FAST_SOFTMAX``: with CatBoost's own exponential;
    ``MEAN``: divided by the number of trees.
    """

    IDENTITY = 0
    SIGMOID = 1
    SOFTMAX = 2
    MEAN = 3
    FAST_SOFTMAX = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One column that splits look at: an input, and how it is read.

    Attributes
    ----------
    feature : int
        Place of the input.
    reading : Reading
    missing : float
        What a missing value counts as.
    categories : frozenset of int
        The set of ``MEMBER`` and ``STRANGER``.
    """

    feature: int
    reading: Reading
    missing: float
    categories: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A binary tree with S splits and S + 1 leaves; split 0 is the root.

    Attributes
    ----------
    column : int64 [S]
        Place among the model's columns.
    threshold : float64 [S]
        Left is at most this; finite.
    left, right : int64 [S]
        Child: a split, or leaf i as ``~i``. A child stands after its parent, so no walk is endless.
    values : float64 [S + 1, W]
        What each leaf adds.
    group : int
        The first of the W sums it is added to.
    """

    column: NDArray[np.int64]
    threshold: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    values: Floats
    group: int = 0

    def check(self, columns: int, sums: int) -> None:
        """Raise Uncompilable where a walk could leave the arrays."""
        splits = len(self.column)
        parts = (self.threshold, self.left, self.right)
        if any(part.shape != (splits,) for part in parts) or self.values.ndim != 2 or len(self.values) != splits + 1:
            raise Uncompilable("a tree whose arrays differ in length")
        children = np.sort(np.concatenate([self.left, self.right]))
        every = np.concatenate([np.arange(-splits - 1, 0), np.arange(1, splits)]) if splits else children
        if not np.array_equal(children, every):
            raise Uncompilable("a tree that does not lead to each leaf in one way")
        places = np.arange(splits)
        if any(((child >= 0) & (child <= places)).any() for child in (self.left, self.right)):
            raise Uncompilable("a tree that leads back")
        _check_parts(self, columns, sums)


@dataclass(frozen=True, slots=True, eq=False)
class SymmetricTree:
    """A tree that asks the same question everywhere on a level: D splits, 2^D leaves.

    Attributes
    ----------
    column, threshold : [D]
        As of a :class:`Tree`; split d sets bit d of the leaf's place where it goes right.
    values : float64 [2^D, W]
    group : int
    """

    column: NDArray[np.int64]
    threshold: Floats
    values: Floats
    group: int = 0

    def check(self, columns: int, sums: int) -> None:
        """Raise Uncompilable where a leaf could lie outside the arrays."""
        depth = len(self.column)
        if depth > DEEPEST or self.threshold.shape != (depth,) or len(self.values) != 1 << depth:
            raise Uncompilable("a symmetric tree whose arrays differ in length")
        _check_parts(self, columns, sums)


@dataclass(frozen=True, slots=True, eq=False)
class FlatModel:
    """Trees, what they look at, and how their leaves become a prediction.

    Attributes
    ----------
    features : int
        Inputs of a row.
    columns : tuple of Column
    trees : tuple of Tree or SymmetricTree
        In the order in which they are added up.
    start : float64 [K]
        What each of the K sums begins with.
    finish : Finish
    slope : float
        Of ``SIGMOID``.
    is_single : bool
        Whether sums and what is made of them are float32.
    scale, bias : float, float64 [K]
        Each sum times this, plus that, before the finish.
    """

    features: int
    columns: tuple[Column, ...]
    trees: tuple[Tree | SymmetricTree, ...]
    start: Floats
    finish: Finish = Finish.IDENTITY
    slope: float = 1.0
    is_single: bool = False
    scale: float = 1.0
    bias: Floats = field(default_factory=lambda: np.zeros(1))

    def __post_init__(self) -> None:
        if not self.trees:
            raise Uncompilable("no trees")
        if any(not 0 <= column.feature < self.features for column in self.columns):
            raise Uncompilable("a split on an input that the model does not have")
        for tree in self.trees:
            tree.check(len(self.columns), len(self.start))


def _check_parts(tree: Tree | SymmetricTree, columns: int, sums: int) -> None:
    if ((tree.column < 0) | (tree.column >= columns)).any():
        raise Uncompilable("a split on a column that is not there")
    if not np.isfinite(tree.threshold).all():
        raise Uncompilable("a threshold that is not finite")
    if tree.group < 0 or tree.group + tree.values.shape[1] > sums:
        raise Uncompilable("a leaf that adds to a sum that is not there")
