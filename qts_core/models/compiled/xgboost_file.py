"""Reads XGBoost's own files (UBJ) into flat trees.

References
----------
XGBoost 3.x, `doc/model.schema`: the fields; `src/common/categorical.h`: splits on categories;
`src/predictor/cpu_predictor.cc`: the order of the sum, which begins with the base score, in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.models.compiled.columns import Columns
from qts_core.models.compiled.flat import Finish, FlatModel, Reading, Tree, Uncompilable
from qts_core.models.compiled.ubjson import read_ubjson

__all__ = ["read_xgboost"]

FINISHES = {
    "reg:squarederror": Finish.IDENTITY,
    "reg:absoluteerror": Finish.IDENTITY,
    "reg:pseudohubererror": Finish.IDENTITY,
    "reg:quantileerror": Finish.IDENTITY,
    "binary:logistic": Finish.SIGMOID,
    "multi:softprob": Finish.SOFTMAX,
}


def read_xgboost(content: bytes) -> FlatModel:
    """Return the trees of a model that XGBoost wrote as UBJ.

    Raises
    ------
    Uncompilable
        If it is no `gbtree`, has an objective whose transformation is not known here, or is not readable.
    """
    try:
        document: Any = read_ubjson(content)
        learner = document["learner"]
        booster, parameters = learner["gradient_booster"], learner["learner_model_param"]
        if booster["name"] != "gbtree":
            raise Uncompilable(f"booster {booster['name']}")
        objective = learner["objective"]["name"]
        if objective not in FINISHES or int(parameters.get("num_target", "1")) > 1:
            raise Uncompilable(f"objective {objective}")
        columns = Columns()
        model = booster["model"]
        groups = np.asarray(model["tree_info"], dtype=np.int64)
        sums = max(1, int(parameters["num_class"]))
        return FlatModel(
            features=int(parameters["num_feature"]),
            trees=tuple(_tree(tree, int(g), columns) for tree, g in zip(model["trees"], groups, strict=True)),
            columns=columns.all,
            start=_start(parameters["base_score"], FINISHES[objective], sums),
            finish=FINISHES[objective],
            is_single=True,
        )
    except (KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
        raise Uncompilable(f"not XGBoost's UBJ: {type(error).__name__}: {error}") from error


def _start(base_score: str, finish: Finish, sums: int) -> Floats:
    """Return what the sums begin with: the base score before the transformation, float32 in its steps."""
    given = np.array([float(part) for part in base_score.strip("[]").split(",")], dtype=np.float32)
    if finish is Finish.SIGMOID:
        one = np.float32(1.0)
        given = -np.log(one / given - one)
    return np.broadcast_to(given, (sums,)).astype(np.float64)


def _tree(tree: Any, group: int, columns: Columns) -> Tree:
    if int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
        raise Uncompilable("leaves of several values")
    left, right = (np.asarray(tree[name], dtype=np.int64) for name in ("left_children", "right_children"))
    conditions = np.asarray(tree["split_conditions"], dtype=np.float32)
    inputs = np.asarray(tree["split_indices"], dtype=np.int64)
    nodes = _reached(left, right)
    is_split = left[nodes] >= 0
    splits, leaves = nodes[is_split], nodes[~is_split]
    place = np.zeros(len(left), dtype=np.int64)
    place[splits], place[leaves] = np.arange(len(splits)), ~np.arange(len(leaves))
    # below in float32 is at most the float32 before
    thresholds = np.nextafter(conditions[splits], np.float32(-np.inf)).astype(np.float64)
    counts_as = np.where(np.asarray(tree["default_left"], dtype=np.int64) != 0, -np.inf, np.inf)
    asked = zip(inputs[splits].tolist(), counts_as[splits].tolist(), strict=True)
    where = [columns.place(feature, Reading.SINGLE, value) for feature, value in asked]
    for node, categories in _category_splits(tree):
        where[place[node]] = columns.place(int(inputs[node]), Reading.STRANGER, float(counts_as[node]), categories)
        thresholds[place[node]] = 0.5
    return Tree(
        column=np.array(where, dtype=np.int64),
        threshold=thresholds,
        left=place[left[splits]],
        right=place[right[splits]],
        values=conditions[leaves].astype(np.float64)[:, None],
        group=group,
    )


def _reached(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the nodes that the root leads to, level by level: pruned ones stay in the file."""
    level, found = np.zeros(1, dtype=np.int64), []
    for _ in range(len(left)):
        found.append(level)
        inner = level[left[level] >= 0]
        if len(inner) == 0:
            return np.concatenate(found)
        level = np.stack([left[inner], right[inner]], axis=1).ravel()
        if (level >= len(left)).any() or (level < 0).any():
            break
    raise Uncompilable("a tree whose splits lead nowhere")


def _category_splits(tree: Any) -> Iterator[tuple[int, frozenset[int]]]:
    """Yield each split on categories, and those that go right."""
    categories = np.asarray(tree["categories"], dtype=np.int64)
    nodes, starts, sizes = (tree[f"categories_{name}"] for name in ("nodes", "segments", "sizes"))
    for node, start, size in zip(nodes, starts, sizes, strict=True):
        yield int(node), frozenset(int(c) for c in categories[int(start) : int(start) + int(size)])
