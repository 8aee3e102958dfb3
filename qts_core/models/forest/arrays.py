"""A forest as plain arrays, and the file they travel in: numpy's npz, never a pickle."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.models.compiled.flat import LARGEST_SINGLE, Column, Finish, FlatModel, Reading, Tree, Uncompilable

__all__ = ["ForestArrays"]

KINDS = {
    "features": np.int64, "splits": np.int64, "column": np.int32, "threshold": np.float64, "missing_left": np.bool_,
    "left": np.int32, "right": np.int32, "values": np.float64, "importance": np.float64,
}  # fmt: skip
"""Type of each array in the file."""


@dataclass(frozen=True, slots=True, eq=False)
class ForestArrays:
    """All trees one after the other; a tree with S splits has S + 1 leaves.

    Attributes
    ----------
    features : int64 []
        Inputs of a row.
    splits : int64 [T]
        Splits of each tree.
    column, threshold, missing_left : [all splits]
        A value goes left when it is at most the threshold, or missing where the missing go left.
    left, right : int32 [all splits]
        Child within its tree: a split, or leaf i as ``~i``.
    values : float64 [all leaves, W]
        The mean label, or the share of each class.
    importance : float64 [features]
        Shares of the fall in impurity.
    """

    features: NDArray[np.int64]
    splits: NDArray[np.int64]
    column: NDArray[np.int32]
    threshold: Floats
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    values: Floats
    importance: Floats

    @classmethod
    def of_estimators(
        cls, estimators: Sequence[Any], importance: Floats, classes: Sequence[int], width: int
    ) -> ForestArrays:
        """Return the trees of scikit-learn's estimators.

        Parameters
        ----------
        estimators : sequence
            Fitted decision trees.
        importance : float64 [F]
        classes : sequence of int
            The class of each of their values; empty of a regression.
        width : int
            Number of classes altogether, 1 of a regression.
        """
        parts = [_tree_parts(one.tree_) for one in estimators]
        names = ("column", "threshold", "missing_left", "left", "right")
        joined: dict[str, Any] = {n: np.concatenate([part[n] for part in parts]).astype(KINDS[n]) for n in names}
        found = np.concatenate([part["values"] for part in parts])
        values = np.zeros((len(found), width))
        values[:, list(classes) if classes else [0]] = found
        splits = np.array([len(part["column"]) for part in parts], dtype=np.int64)
        return cls(np.array(len(importance)), splits, values=values, importance=importance, **joined)

    def flat(self) -> FlatModel:
        """Return the trees for the evaluator.

        Raises
        ------
        ValueError
            If they are not trees.
        """
        if (self.splits < 0).any() or len(self.splits) == 0 or len(self.values) != self.splits.sum() + len(self.splits):
            raise ValueError("arrays that differ in length")
        if any(len(getattr(self, name)) != self.splits.sum() for name in ("column", "threshold", "left", "right")):
            raise ValueError("arrays that differ in length")
        keys, places = np.unique(2 * self.column.astype(np.int64) + ~self.missing_left, return_inverse=True)
        columns = tuple(
            Column(int(key) // 2, Reading.SINGLE, float("inf") if key % 2 else float("-inf")) for key in keys
        )
        ends = np.concatenate([[0], np.cumsum(self.splits)])
        trees = tuple(self._tree(places, int(ends[t]), int(ends[t + 1]), t) for t in range(len(self.splits)))
        width = self.values.shape[1]
        try:
            return FlatModel(
                int(self.features), columns, trees, np.zeros(width), finish=Finish.MEAN, bias=np.zeros(width)
            )
        except Uncompilable as error:
            raise ValueError(str(error)) from error

    def _tree(self, places: NDArray[np.int64], start: int, stop: int, tree: int) -> Tree:
        return Tree(
            column=places[start:stop],
            # a split that parts what is missing from all else has an infinite threshold
            threshold=np.minimum(self.threshold[start:stop], LARGEST_SINGLE),
            left=self.left[start:stop].astype(np.int64),
            right=self.right[start:stop].astype(np.int64),
            values=self.values[start + tree : stop + tree + 1],
        )

    def to_bytes(self) -> bytes:
        """Return the arrays as npz; the same arrays give the same bytes."""
        target = io.BytesIO()
        np.savez(target, allow_pickle=False, **{part.name: getattr(self, part.name) for part in fields(self)})
        return target.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> ForestArrays:
        """Read what :meth:`to_bytes` wrote.

        Raises
        ------
        ValueError
            If it is something else.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in KINDS}
        except (zipfile.BadZipFile, KeyError, OSError, EOFError, TypeError, AttributeError) as error:
            raise ValueError(f"not a forest: {type(error).__name__}: {error}") from error
        for name, kind in KINDS.items():
            rank = {"features": 0, "values": 2}.get(name, 1)
            if arrays[name].dtype != kind or arrays[name].ndim != rank:
                raise ValueError(f"{name} is {arrays[name].dtype} of {arrays[name].ndim} dimensions")
        if len(arrays["importance"]) != int(arrays["features"]) or not np.isfinite(arrays["values"]).all():
            raise ValueError("numbers that cannot have come from a fit")
        return cls(**arrays)


def _tree_parts(tree: Any) -> dict[str, Any]:
    """Return the arrays of one of scikit-learn's trees: splits and leaves numbered apart, in their own order."""
    is_leaf = tree.children_left == -1
    place = np.empty(len(is_leaf), dtype=np.int64)
    place[~is_leaf], place[is_leaf] = np.arange((~is_leaf).sum()), ~np.arange(is_leaf.sum())
    return {
        "column": tree.feature[~is_leaf],
        "threshold": tree.threshold[~is_leaf],
        "missing_left": tree.missing_go_to_left[~is_leaf].astype(bool),
        "left": place[tree.children_left[~is_leaf]],
        "right": place[tree.children_right[~is_leaf]],
        "values": tree.value[is_leaf, 0, :],
    }
