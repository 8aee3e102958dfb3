"""Hyperparameters of XGBoost, with the specification's ranges for search (7.2).

Names and limits: XGBoost's documentation, page "XGBoost Parameters".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qts_core.config.hyperparameters.declared import Conflict, Hyperparameter, HyperparameterTable, Parameter

__all__ = ["XGBOOST"]

WHOLE = 2**31 - 1


def _conflicts(given: Mapping[str, Parameter]) -> Iterator[Conflict]:
    if given.get("max_depth") == 0 and int(given.get("max_leaves", 0)) == 0:
        yield "max_depth", "0 (no limit) without max_leaves", "a limit of depth or of leaves"
    if given.get("grow_policy") == "depthwise" and given.get("max_depth") == 0:
        yield "grow_policy", "depthwise with max_depth 0", "lossguide, or a limit of depth"


XGBOOST = HyperparameterTable(
    (
        Hyperparameter(
            "n_estimators", 1, 100_000, is_integer=True, search=(500, 2000), aliases=("num_boost_round", "num_round")
        ),
        Hyperparameter("max_depth", 0, 64, is_integer=True, search=(4, 8)),
        Hyperparameter("learning_rate", 0, 1, is_open=True, is_log=True, search=(0.01, 0.1), aliases=("eta",)),
        Hyperparameter("subsample", 0, 1, is_open=True, search=(0.7, 0.9)),
        Hyperparameter("colsample_bytree", 0, 1, is_open=True, search=(0.7, 0.9)),
        Hyperparameter("reg_alpha", 0, 1e9, is_log=True, search=(0.01, 1), aliases=("alpha",)),
        Hyperparameter("reg_lambda", 0, 1e9, is_log=True, search=(0.01, 1), aliases=("lambda",)),
        Hyperparameter("min_child_weight", 0, 1e9, search=(1, 10)),
        Hyperparameter("gamma", 0, 1e9, aliases=("min_split_loss",)),
        Hyperparameter("max_delta_step", 0, 1e9),
        Hyperparameter("colsample_bylevel", 0, 1, is_open=True),
        Hyperparameter("colsample_bynode", 0, 1, is_open=True),
        Hyperparameter("max_bin", 2, 65_535, is_integer=True),
        Hyperparameter("max_leaves", 0, WHOLE, is_integer=True),
        Hyperparameter("grow_policy", choices=("depthwise", "lossguide")),
        Hyperparameter("num_parallel_tree", 1, 10_000, is_integer=True),
        Hyperparameter("scale_pos_weight", 0, 1e9, is_open=True),
        Hyperparameter("base_score", -1e9, 1e9),
        Hyperparameter("max_cat_to_onehot", 1, WHOLE, is_integer=True),
        Hyperparameter("max_cat_threshold", 1, WHOLE, is_integer=True),
        Hyperparameter("early_stopping_rounds", 0, 100_000, is_integer=True),
    ),
    _conflicts,
)
