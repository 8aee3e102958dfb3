"""Hyperparameters of linear models and forests, with the specification's ranges for search (7.2).

Names and limits: scikit-learn's documentation of each estimator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qts_core.config.hyperparameters.declared import Conflict, Hyperparameter, HyperparameterTable, Parameter

__all__ = ["ELASTIC_NET", "EXTRA_TREES", "LOGISTIC", "RANDOM_FOREST", "RIDGE"]

FLAGS = (True, False)
CLASS_WEIGHT = Hyperparameter("class_weight", choices=("balanced", "none"))
TOLERANCE = Hyperparameter("tol", 0, 1, is_open=True)

ELASTIC_NET = HyperparameterTable(
    (
        Hyperparameter("alpha", 0, 1e6, is_open=True, is_log=True, search=(0.001, 1)),
        Hyperparameter("l1_ratio", 0, 1, search=(0.1, 0.9)),
        Hyperparameter("max_iter", 1, 1_000_000, is_integer=True, search=(1000, 5000)),
        TOLERANCE,
    )
)
"""`alpha` is measured on inputs and labels of deviation 1."""

RIDGE = HyperparameterTable(
    (
        Hyperparameter("alpha", 0, 1e12, is_open=True, is_log=True, search=(0.001, 1000)),
        CLASS_WEIGHT,
    )
)
"""Of the regressor and the classifier; class weights are the classifier's alone."""

LOGISTIC = HyperparameterTable(
    (
        Hyperparameter("C", 0, 1e12, is_open=True, is_log=True, search=(0.001, 10)),
        Hyperparameter("max_iter", 1, 1_000_000, is_integer=True),
        TOLERANCE,
        CLASS_WEIGHT,
    )
)

FOREST = (
    Hyperparameter("n_estimators", 1, 10_000, is_integer=True, search=(500, 2000), aliases=("num_trees",)),
    Hyperparameter("max_depth", 1, 64, is_integer=True, choices=(-1,), search=(10, 30), search_choices=(-1,)),
    Hyperparameter("min_samples_split", 2, 1_000_000, is_integer=True, search=(2, 10)),
    Hyperparameter("min_samples_leaf", 1, 1_000_000, is_integer=True, search=(1, 4)),
    Hyperparameter(
        "max_features", 0, 1, is_open=True, choices=("sqrt", "log2"), search=(0.3, 0.7), search_choices=("sqrt",)
    ),
    Hyperparameter("bootstrap", choices=FLAGS, search_choices=FLAGS),
    Hyperparameter("max_samples", 0, 1, is_open=True),
    Hyperparameter("max_leaf_nodes", 2, 1_000_000, is_integer=True),
    Hyperparameter("min_impurity_decrease", 0, 1e9),
    CLASS_WEIGHT,
)


def _unused_share(given: Mapping[str, Parameter]) -> Iterator[Conflict]:
    if "max_samples" in given and given.get("bootstrap", True) is False:
        yield "max_samples", f"{given['max_samples']} with bootstrap false", "bootstrap: true"


def _unused_share_of_all(given: Mapping[str, Parameter]) -> Iterator[Conflict]:
    # extra trees see every sample unless told otherwise
    return _unused_share({"bootstrap": False, **given})


RANDOM_FOREST = HyperparameterTable(FOREST, _unused_share)
EXTRA_TREES = HyperparameterTable(FOREST, _unused_share_of_all)
"""Class weights are the classifiers' alone."""
