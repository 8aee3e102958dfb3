"""Hyperparameters of CatBoost, with the specification's ranges for search (7.2).

Names and limits: CatBoost's documentation, page "Common parameters".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qts_core.config.hyperparameters.declared import Conflict, Hyperparameter, HyperparameterTable, Parameter

__all__ = ["CATBOOST"]

WHOLE = 2**31 - 1
FLAGS = (True, False)


def _conflicts(given: Mapping[str, Parameter]) -> Iterator[Conflict]:
    if "bagging_temperature" in given and given.get("bootstrap_type", "Bayesian") != "Bayesian":
        yield "bagging_temperature", f"with bootstrap_type {given['bootstrap_type']}", "bootstrap_type: Bayesian"
    if "subsample" in given and (given.get("bootstrap_type") == "Bayesian" or "bagging_temperature" in given):
        yield "subsample", "with the Bayesian bootstrap", "bootstrap_type: Bernoulli or MVS, no bagging_temperature"
    policy = given.get("grow_policy", "SymmetricTree")
    if given.get("boosting_type") == "Ordered" and policy != "SymmetricTree":
        yield "boosting_type", f"Ordered with grow_policy {policy}", "SymmetricTree"
    if "max_leaves" in given and policy != "Lossguide":
        yield "max_leaves", f"with grow_policy {policy}", "grow_policy: Lossguide"
    if "min_data_in_leaf" in given and policy == "SymmetricTree":
        yield "min_data_in_leaf", "with grow_policy SymmetricTree", "grow_policy: Depthwise or Lossguide"
    if given.get("od_type") == "IncToDec" and "od_pval" not in given:
        yield "od_type", "IncToDec without od_pval", "od_pval, such as 0.001"
    if "od_pval" in given and given.get("od_type", "IncToDec") == "Iter":
        yield "od_pval", "with od_type Iter", "od_type: IncToDec"


CATBOOST = HyperparameterTable(
    (
        Hyperparameter(
            "iterations", 1, 100_000, is_integer=True, search=(500, 2000),
            aliases=("n_estimators", "num_boost_round", "num_trees"),
        ),
        Hyperparameter("depth", 1, 16, is_integer=True, search=(4, 10), aliases=("max_depth",)),
        Hyperparameter("learning_rate", 0, 1, is_open=True, is_log=True, search=(0.01, 0.1), aliases=("eta",)),
        Hyperparameter("l2_leaf_reg", 0, 1e9, is_log=True, search=(1, 10), aliases=("reg_lambda",)),
        Hyperparameter("random_strength", 0, 1e9, search=(0, 10)),
        Hyperparameter("bagging_temperature", 0, 1e9, search=(0, 1)),
        Hyperparameter("boosting_type", choices=("Ordered", "Plain")),
        Hyperparameter("grow_policy", choices=("SymmetricTree", "Depthwise", "Lossguide")),
        Hyperparameter("bootstrap_type", choices=("Bayesian", "Bernoulli", "MVS", "No")),
        Hyperparameter("subsample", 0, 1, is_open=True),
        Hyperparameter("rsm", 0, 1, is_open=True, aliases=("colsample_bylevel",)),
        Hyperparameter("border_count", 1, 65_535, is_integer=True, aliases=("max_bin",)),
        Hyperparameter("min_data_in_leaf", 1, WHOLE, is_integer=True, aliases=("min_child_samples",)),
        Hyperparameter("max_leaves", 2, 65_536, is_integer=True, aliases=("num_leaves",)),
        Hyperparameter("leaf_estimation_iterations", 1, 1000, is_integer=True),
        Hyperparameter("leaf_estimation_method", choices=("Newton", "Gradient")),
        Hyperparameter("score_function", choices=("Cosine", "L2", "NewtonCosine", "NewtonL2")),
        Hyperparameter("nan_mode", choices=("Min", "Max")),
        Hyperparameter("has_time", choices=FLAGS),
        Hyperparameter("one_hot_max_size", 1, 255, is_integer=True),
        Hyperparameter("max_ctr_complexity", 1, 16, is_integer=True),
        Hyperparameter("model_size_reg", 0, 1e9),
        Hyperparameter("auto_class_weights", choices=("None", "Balanced", "SqrtBalanced")),
        Hyperparameter("fold_len_multiplier", 1, 1e9, is_open=True),
        Hyperparameter("fold_permutation_block", 1, 256, is_integer=True),
        Hyperparameter("model_shrink_rate", 0, 1),
        Hyperparameter("early_stopping_rounds", 0, 100_000, is_integer=True, aliases=("od_wait",)),
        Hyperparameter("od_type", choices=("Iter", "IncToDec")),
        Hyperparameter("od_pval", 0, 1, is_open=True),
    ),
    _conflicts,
)  # fmt: skip
