"""Reads LightGBM's text format into flat trees.

References
----------
LightGBM 4.x, `include/LightGBM/tree.h`: decision types, missing values; `src/io/tree.cpp`: the text format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.models.compiled.columns import Columns
from qts_core.models.compiled.flat import Finish, FlatModel, Reading, Tree, Uncompilable

__all__ = ["read_lightgbm"]

CATEGORICAL, DEFAULT_LEFT = 1, 2
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2
WORD_BITS = 32
PLAIN = frozenset({"regression", "regression_l1", "huber", "fair", "quantile", "mape"})


def read_lightgbm(content: bytes) -> FlatModel:
    """Return the trees of a model that LightGBM wrote as text.

    Raises
    ------
    Uncompilable
        If it has linear leaves, an objective whose transformation is not known here, or is not readable.
    """
    try:
        sections = content.decode().split("\n\nend of trees")[0].split("\nTree=")
        header = _fields(sections[0])
        sums = int(header["num_tree_per_iteration"])
        columns = Columns()
        trees = tuple(_tree(_fields(text), place % sums, columns) for place, text in enumerate(sections[1:]))
        finish, slope = _finish(header.get("objective", ""), sums)
        if finish is Finish.IDENTITY and sums > 1:
            raise Uncompilable("several sums without a transformation")
        if "average_output" in sections[0].split("\n"):
            raise Uncompilable("averaged trees (boosting rf)")
        return FlatModel(
            features=int(header["max_feature_idx"]) + 1,
            columns=columns.all,
            trees=trees,
            start=np.zeros(sums),
            finish=finish,
            slope=slope,
            bias=np.zeros(sums),
        )
    except (KeyError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise Uncompilable(f"not LightGBM's text: {type(error).__name__}: {error}") from error


def _fields(text: str) -> Mapping[str, str]:
    return {key: value for key, is_there, value in (line.partition("=") for line in text.split("\n")) if is_there}


def _numbers(fields: Mapping[str, str], name: str, kind: type[np.generic]) -> NDArray[Any]:
    return np.array(fields.get(name, "").split(), dtype=kind)


def _finish(objective: str, sums: int) -> tuple[Finish, float]:
    name, *options = objective.split() or [""]
    given = dict(option.partition(":")[::2] for option in options)
    if name == "binary" and sums == 1:
        return Finish.SIGMOID, float(given.get("sigmoid", "1"))
    if name == "multiclass":
        return Finish.SOFTMAX, 1.0
    if name in PLAIN and "sqrt" not in options:
        return Finish.IDENTITY, 1.0
    raise Uncompilable(f"objective {objective or 'of its own'}")


def _tree(fields: Mapping[str, str], group: int, columns: Columns) -> Tree:
    if fields.get("is_linear", "0") != "0":
        raise Uncompilable("linear leaves")
    values = _numbers(fields, "leaf_value", np.float64)[:, None]
    splits = int(fields["num_leaves"]) - 1
    if splits == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Tree(nothing, np.zeros(0), nothing, nothing, values[:1], group)
    thresholds = _numbers(fields, "threshold", np.float64)
    kinds = _numbers(fields, "decision_type", np.int64)
    inputs = _numbers(fields, "split_feature", np.int64)
    missing = (kinds >> 2) & 3
    # a value that is missing counts as 0 where training saw none missing
    left_by_default = (kinds & DEFAULT_LEFT) != 0
    counts_as = np.where(missing == MISSING_NONE, 0.0, np.where(left_by_default, -np.inf, np.inf))
    readings = np.where(missing == MISSING_ZERO, Reading.ZERO_MISSING, Reading.NEAR_ZERO)
    # all that is there goes left, infinity too
    is_presence = np.isposinf(thresholds) & (missing != MISSING_ZERO)
    thresholds, readings = np.where(is_presence, 0.5, thresholds), np.where(is_presence, Reading.PRESENT, readings)
    asked = zip(inputs.tolist(), readings.tolist(), counts_as.tolist(), strict=True)
    places = [columns.place(feature, Reading(reading), value) for feature, reading, value in asked]
    for split, categories in _category_splits(fields, kinds, thresholds):
        places[split] = columns.place(int(inputs[split]), Reading.MEMBER, np.inf, categories)
        thresholds[split] = 0.5
    left, right = _numbers(fields, "left_child", np.int64), _numbers(fields, "right_child", np.int64)
    return Tree(np.array(places, dtype=np.int64), thresholds, left, right, values, group)


def _category_splits(
    fields: Mapping[str, str],
    kinds: NDArray[np.int64],
    thresholds: Floats,
) -> Iterator[tuple[int, frozenset[int]]]:
    """Yield each split on categories, and those that go left."""
    bounds, words = _numbers(fields, "cat_boundaries", np.int64), _numbers(fields, "cat_threshold", np.int64)
    for split in np.flatnonzero(kinds & CATEGORICAL):
        which = int(thresholds[split])
        chosen = words[bounds[which] : bounds[which + 1]].tolist()
        yield (
            int(split),
            frozenset(
                WORD_BITS * place + bit
                for place, word in enumerate(chosen)
                for bit in range(WORD_BITS)
                if word >> bit & 1
            ),
        )
