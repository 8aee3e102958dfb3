"""Reads CatBoost's JSON, which the library makes of its own file, into flat trees.

References
----------
CatBoost 1.2, `catboost/libs/model/model_export/json_model_helpers.cpp`: the fields;
`catboost/libs/model/cpu/evaluator_impl.cpp`: float32 borders, sums in float64, then scale and bias.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qts_core.models.compiled.columns import Columns
from qts_core.models.compiled.flat import Finish, FlatModel, Reading, SymmetricTree, Uncompilable

__all__ = ["read_catboost", "to_json"]

FINISHES: Mapping[str, Finish] = {
    "RMSE": Finish.IDENTITY,
    "MAE": Finish.IDENTITY,
    "Quantile": Finish.IDENTITY,
    "Huber": Finish.IDENTITY,
    "Logloss": Finish.SIGMOID,
    "CrossEntropy": Finish.SIGMOID,
    "MultiClass": Finish.FAST_SOFTMAX,
}


def read_catboost(content: bytes) -> FlatModel:
    """Return the trees of a model that CatBoost wrote as JSON.

    Raises
    ------
    Uncompilable
        If a tree is not symmetric, a split looks at an encoded category, or it is not readable.
    """
    try:
        document: Any = json.loads(content)
        if "oblivious_trees" not in document:
            raise Uncompilable("trees that are not symmetric")
        if document["features_info"].get("categorical_features"):
            raise Uncompilable("encoded categories")
        scale, bias = document["scale_and_bias"]
        loss = _loss(document)
        inputs = {
            int(one["feature_index"]): (int(one["flat_feature_index"]), one["nan_value_treatment"] == "AsTrue")
            for one in document["features_info"].get("float_features", [])
        }
        columns = Columns()
        trees = tuple(_tree(tree, inputs, len(bias), columns) for tree in document["oblivious_trees"])
        return FlatModel(
            features=_feature_count(document["features_info"]),
            columns=columns.all,
            trees=trees,
            start=np.zeros(len(bias)),
            finish=FINISHES[loss],
            scale=float(scale),
            bias=np.array(bias, dtype=np.float64),
        )
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise Uncompilable(f"not CatBoost's JSON: {type(error).__name__}: {error}") from error


def to_json(content: bytes) -> bytes:
    """Return CatBoost's own file as its JSON; the library writes it to a disk only, so a passing folder is used.

    Raises
    ------
    Uncompilable
        If the library does not read or does not write it.
    """
    import catboost

    try:
        model = catboost.CatBoost().load_model(blob=content)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.json"
            model.save_model(str(path), format="json")
            return path.read_bytes()
    except (catboost.CatBoostError, OSError) as error:
        raise Uncompilable(f"CatBoost does not export it: {str(error)[:200]}") from error


def _loss(document: Any) -> str:
    name = str(document["model_info"]["params"]["loss_function"]["type"])
    if name not in FINISHES:
        raise Uncompilable(f"loss {name}")
    return name


def _feature_count(information: Any) -> int:
    kinds = ("float_features", "categorical_features", "text_features", "embedding_features")
    places = [int(one["flat_feature_index"]) for kind in kinds for one in information.get(kind, [])]
    return max(places, default=-1) + 1


def _tree(tree: Any, inputs: Mapping[int, tuple[int, bool]], sums: int, columns: Columns) -> SymmetricTree:
    splits = tree["splits"] or []
    places, thresholds = [], []
    for split in splits:
        if split["split_type"] != "FloatFeature":
            raise Uncompilable(f"a split on an encoded category ({split['split_type']})")
        flat, is_missing_right = inputs[int(split["float_feature_index"])]
        places.append(columns.place(flat, Reading.SINGLE, np.inf if is_missing_right else -np.inf))
        thresholds.append(float(np.float32(split["border"])))
    return SymmetricTree(
        column=np.array(places, dtype=np.int64),
        threshold=np.array(thresholds, dtype=np.float64),
        values=np.array(tree["leaf_values"], dtype=np.float64).reshape(-1, sums),
    )
