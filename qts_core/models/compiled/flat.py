"""Trees as plain arrays, whatever library grew them.

Every library asks another question at a split. Here there is one: *is the value at most the threshold, or missing where
the missing go left?* What is asked differently is put in these words when a model is read:

- ``value < threshold`` in float32 is ``value <= the float32 before it`` (XGBoost);
- zero that counts as missing, and membership in a set of categories, become columns of their own (:class:`Column`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["Column", "Finish", "FlatModel", "Reading", "SymmetricTree", "Tree", "Uncompilable"]

ZERO_LIMIT = float(np.float32(1e-35))
"""LightGBM takes what is no larger than this for zero."""


class Uncompilable(Exception):
    """A model that only its library can predict with; the message says why."""


class Reading(IntEnum):
    """How an input becomes a column.

    ``DOUBLE``: as it is. ``NEAR_ZERO``: zero where it is within ``ZERO_LIMIT`` of it. ``ZERO_MISSING``: missing there.
    ``SINGLE``: rounded to float32. ``MEMBER``: 0 where it is in the set of categories, else 1, also where it is missing.
    ``OTHER``: 1 where it is in the set, 0 where it is not; missing stays missing.
    """

    DOUBLE = 0
    NEAR_ZERO = 1
    ZERO_MISSING = 2
    SINGLE = 3
    MEMBER = 4
    OTHER = 5


class Finish(IntEnum):
    """What is made of a row's sums.

    ``IDENTITY``; ``SIGMOID``: 1 / (1 + exp(-slope s)); ``SOFTMAX``; ``MEAN``: divided by the number of trees.
    """

    IDENTITY = 0
    SIGMOID = 1
    SOFTMAX = 2
    MEAN = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column that splits look at: an input, and how it is read.

    Attributes
    ----------
    feature : int
        Place of the input.
    reading : Reading
    categories : frozenset of int
        The set of ``MEMBER`` and ``OTHER``.
    """

    feature: int
    reading: Reading
    categories: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A binary tree with S splits and S + 1 leaves; split 0 is the root.

    Attributes
    ----------
    column : int64 [S]
        Place among the model's columns.
    threshold : float64 [S]
        Left is at most this.
    missing_left : bool [S]
    left, right : int64 [S]
        Child: a split, or leaf i as ``~i``. A child stands after its parent, so no walk is endless.
    values : float64 [S + 1, W]
        What each leaf adds.
    group : int
        The first of the W sums it is added to.
    """

    column: NDArray[np.int64]
    threshold: Floats
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    values: Floats
    group: int = 0

    def check(self, columns: int, sums: int) -> None:
        """Raise Uncompilable where a walk could leave the arrays."""
        splits = len(self.column)
        parts = (self.threshold, self.missing_left, self.left, self.right)
        if any(part.shape != (splits,) for part in parts) or self.values.ndim != 2 or len(self.values) != splits + 1:
            raise Uncompilable("a tree whose arrays differ in length")
        children = np.sort(np.concatenate([self.left, self.right]))
        every = np.concatenate([np.arange(-splits - 1, 0), np.arange(1, splits)]) if splits else children
        if not np.array_equal(children, every):
            raise Uncompilable("a tree that does not lead to each leaf in one way")
        places = np.arange(splits)
        if any(((child >= 0) & (child <= places)).any() for child in (self.left, self.right)):
            raise Uncompilable("a tree that leads back")
        _check_width(self.column, columns, self.values, self.group, sums)


@dataclass(frozen=True, slots=True, eq=False)
class SymmetricTree:
    """A tree that asks the same question everywhere on a level: D splits, 2^D leaves.

    Attributes
    ----------
    column, threshold, missing_left : [D]
        As of a :class:`Tree`; split d sets bit d of the leaf's place where it goes right.
    values : float64 [2^D, W]
    group : int
    """

    column: NDArray[np.int64]
    threshold: Floats
    missing_left: NDArray[np.bool_]
    values: Floats
    group: int = 0

    def check(self, columns: int, sums: int) -> None:
        """Raise Uncompilable where a leaf could lie outside the arrays."""
        depth = len(self.column)
        parts = (self.threshold, self.missing_left)
        if depth > 30 or any(part.shape != (depth,) for part in parts) or len(self.values) != 1 << depth:
            raise Uncompilable("a symmetric tree whose arrays differ in length")
        _check_width(self.column, columns, self.values, self.group, sums)


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
    takes_infinite : bool
        Whether the library takes infinite inputs; where it does not, it is asked, and refuses in its own words.
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
    takes_infinite: bool = True

    def __post_init__(self) -> None:
        if not self.trees:
            raise Uncompilable("no trees")
        if any(not 0 <= column.feature < self.features for column in self.columns):
            raise Uncompilable("a split on an input that the model does not have")
        for tree in self.trees:
            tree.check(len(self.columns), len(self.start))


def _check_width(column: NDArray[np.int64], columns: int, values: Floats, group: int, sums: int) -> None:
    if ((column < 0) | (column >= columns)).any():
        raise Uncompilable("a split on a column that is not there")
    if group < 0 or group + values.shape[1] > sums:
        raise Uncompilable("a leaf that adds to a sum that is not there")
