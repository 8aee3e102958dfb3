"""Hyperparameters of LightGBM, with the specification's ranges for search (7.2).

Names and limits: LightGBM's documentation, page "Parameters".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qts_core.config.hyperparameters.declared import Conflict, Hyperparameter, HyperparameterTable, Parameter

__all__ = ["LIGHTGBM"]

WHOLE = 2**31 - 1
FLAGS = (True, False)


def _conflicts(given: Mapping[str, Parameter]) -> Iterator[Conflict]:
    is_goss = "goss" in (given.get("boosting"), given.get("data_sample_strategy"))
    bagging = [name for name, none in (("bagging_fraction", 1), ("bagging_freq", 0)) if given.get(name, none) != none]
    if is_goss and bagging:
        yield "data_sample_strategy", f"goss with {' and '.join(bagging)}", "goss or bagging, not both"
    rates = [name for name in ("top_rate", "other_rate") if name in given]
    if rates and not is_goss:
        yield rates[0], "given without goss", "data_sample_strategy: goss"
    if float(given.get("top_rate", 0.2)) + float(given.get("other_rate", 0.1)) > 1.0:
        yield "top_rate", "top_rate and other_rate add up to more than 1", "at most 1"
    fraction, frequency = float(given.get("bagging_fraction", 1.0)), int(given.get("bagging_freq", 0))
    if fraction < 1.0 and frequency == 0:
        yield "bagging_fraction", f"{fraction:g} with bagging_freq 0, which turns bagging off", "bagging_freq from 1"
    if given.get("boosting") == "dart" and int(given.get("early_stopping_rounds", 0)) > 0:
        yield "boosting", "dart with early_stopping_rounds", "gbdt: dart changes trees that are already grown"


LIGHTGBM = HyperparameterTable(
    (
        Hyperparameter(
            "num_iterations", 1, 100_000, is_integer=True,
            aliases=("n_estimators", "num_boost_round", "num_trees", "n_iter", "num_iteration", "num_round"),
        ),
        Hyperparameter(
            "num_leaves", 2, 131_072, is_integer=True, is_log=True, search=(31, 127), aliases=("max_leaves",)
        ),
        Hyperparameter("max_depth", 1, 64, is_integer=True, choices=(-1,), search=(4, 12), search_choices=(-1,)),
        Hyperparameter(
            "learning_rate", 0, 1, is_open=True, is_log=True, search=(0.01, 0.1), aliases=("eta", "shrinkage_rate")
        ),
        Hyperparameter(
            "feature_fraction", 0, 1, is_open=True, search=(0.7, 0.9), aliases=("colsample_bytree", "sub_feature")
        ),
        Hyperparameter(
            "bagging_fraction", 0, 1, is_open=True, search=(0.7, 0.9), aliases=("subsample", "sub_row", "bagging")
        ),
        Hyperparameter("bagging_freq", 0, WHOLE, is_integer=True, search_choices=(5,), aliases=("subsample_freq",)),
        Hyperparameter("lambda_l1", 0, 1e9, is_log=True, search=(0.01, 1), aliases=("reg_alpha", "l1_regularization")),
        Hyperparameter(
            "lambda_l2", 0, 1e9, is_log=True, search=(0.01, 1), aliases=("reg_lambda", "lambda", "l2_regularization")
        ),
        Hyperparameter(
            "min_data_in_leaf", 0, WHOLE, is_integer=True, aliases=("min_child_samples", "min_data", "min_samples_leaf")
        ),
        Hyperparameter("min_sum_hessian_in_leaf", 0, 1e9, aliases=("min_child_weight", "min_hessian")),
        Hyperparameter("min_gain_to_split", 0, 1e9, aliases=("min_split_gain",)),
        Hyperparameter("max_bin", 2, 65_535, is_integer=True, aliases=("max_bins",)),
        Hyperparameter("min_data_in_bin", 1, WHOLE, is_integer=True),
        Hyperparameter("feature_fraction_bynode", 0, 1, is_open=True, aliases=("colsample_bynode",)),
        Hyperparameter("data_sample_strategy", choices=("bagging", "goss")),
        Hyperparameter("boosting", choices=("gbdt", "dart", "goss"), aliases=("boosting_type", "boost")),
        Hyperparameter("top_rate", 0, 1),
        Hyperparameter("other_rate", 0, 1),
        Hyperparameter("drop_rate", 0, 1),
        Hyperparameter("early_stopping_rounds", 0, 100_000, is_integer=True, aliases=(
            "early_stopping_round", "early_stopping", "n_iter_no_change",
        )),
        Hyperparameter("extra_trees", choices=FLAGS, aliases=("extra_tree",)),
        Hyperparameter("path_smooth", 0, 1e9),
        Hyperparameter("linear_lambda", 0, 1e9),
        Hyperparameter("linear_tree", choices=FLAGS),
        Hyperparameter("max_delta_step", 0, 1e9, aliases=("max_tree_output",)),
        Hyperparameter("is_unbalance", choices=FLAGS, aliases=("unbalance",)),
        Hyperparameter("scale_pos_weight", 0, 1e9, is_open=True),
        Hyperparameter("monotone_constraints_method", choices=("basic", "intermediate", "advanced")),
        Hyperparameter("monotone_penalty", 0, 1e9),
        Hyperparameter("cat_l2", 0, 1e9),
        Hyperparameter("cat_smooth", 0, 1e9),
        Hyperparameter("max_cat_threshold", 1, WHOLE, is_integer=True),
        Hyperparameter("max_cat_to_onehot", 1, WHOLE, is_integer=True),
        Hyperparameter("min_data_per_group", 1, WHOLE, is_integer=True),
    ),
    _conflicts,
)  # fmt: skip
