"""Hyperparameters are judged when the settings are read: ranges of the specification, and what excludes each other."""

from __future__ import annotations

import pytest

from qts_core.config.hyperparameters.tables import TABLES, hyperparameter_contradictions
from qts_core.config.models import ModelSettings

# specification 7.2
RANGES = {
    "xgboost": {
        "n_estimators": (500, 2000), "max_depth": (4, 8), "learning_rate": (0.01, 0.1), "subsample": (0.7, 0.9),
        "colsample_bytree": (0.7, 0.9), "reg_alpha": (0.01, 1), "reg_lambda": (0.01, 1), "min_child_weight": (1, 10),
    },
    "lightgbm": {
        "num_leaves": (31, 127), "max_depth": (4, 12), "learning_rate": (0.01, 0.1), "feature_fraction": (0.7, 0.9),
        "bagging_fraction": (0.7, 0.9), "bagging_freq": (0, 0), "lambda_l1": (0.01, 1), "lambda_l2": (0.01, 1),
    },
    "catboost": {
        "iterations": (500, 2000), "depth": (4, 10), "learning_rate": (0.01, 0.1), "l2_leaf_reg": (1, 10),
        "random_strength": (0, 10), "bagging_temperature": (0, 1),
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", RANGES)
def test_a_search_looks_where_the_specification_says(kind: str) -> None:
    space = {d.name: d for d in TABLES[kind].dimensions()}
    assert {name: (d.low, d.high) for name, d in space.items()} == RANGES[kind]
    assert space["learning_rate"].is_log
    whole = {"n_estimators", "iterations", "max_depth", "depth", "num_leaves", "bagging_freq"}
    assert {name for name, d in space.items() if d.is_integer} == whole & space.keys()
    if kind == "lightgbm":
        assert space["max_depth"].choices == (-1,)
        assert space["bagging_freq"].choices == (5,)


def sentences(kind: str, hyperparameters: dict[str, object], **training: object) -> list[str]:
    task = {"type": kind, "task": "regression", "target": "return_26bar"}
    model = ModelSettings.model_validate({**task, "hyperparameters": hyperparameters, "training": training})
    return list(hyperparameter_contradictions(model, "models.models.m.hyperparameters"))


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("lightgbm", {"data_sample_strategy": "goss", "bagging_fraction": 0.8, "bagging_freq": 1}, "goss or bagging"),
        ("lightgbm", {"boosting": "goss", "subsample_freq": 5}, "goss with bagging_freq"),
        ("lightgbm", {"top_rate": 0.3}, "given without goss"),
        ("lightgbm", {"data_sample_strategy": "goss", "top_rate": 0.8, "other_rate": 0.3}, "more than 1"),
        ("lightgbm", {"subsample": 0.8}, "turns bagging off"),
        ("lightgbm", {"boosting": "dart", "early_stopping_rounds": 5}, "dart"),
        ("lightgbm", {"num_leaves": 1}, "a whole number from 2"),
        ("lightgbm", {"num_leafs": 31}, "num_leaves?"),
        ("lightgbm", {"n_estimators": 10, "num_trees": 10}, "one of the two names"),
        ("xgboost", {"max_depth": 0}, "without max_leaves"),
        ("xgboost", {"subsample": 0}, "above 0 to 1"),
        ("catboost", {"bootstrap_type": "MVS", "bagging_temperature": 0.5}, "bootstrap_type: Bayesian"),
        ("catboost", {"subsample": 0.8, "bagging_temperature": 0.5}, "Bayesian bootstrap"),
        ("catboost", {"boosting_type": "Ordered", "grow_policy": "Lossguide"}, "SymmetricTree"),
        ("catboost", {"max_leaves": 31}, "Lossguide"),
        ("catboost", {"min_data_in_leaf": 31}, "Depthwise or Lossguide"),
        ("catboost", {"od_type": "IncToDec"}, "od_pval"),
        ("catboost", {"od_type": "Iter", "od_pval": 0.1}, "IncToDec"),
    ],
)
def test_nonsense_is_said_in_one_sentence(kind: str, given: dict[str, object], words: str) -> None:
    (sentence,) = sentences(kind, given)
    assert words in sentence
    assert sentence.startswith("models.models.m.hyperparameters.")


def test_goss_alone_and_bagging_alone_are_fine() -> None:
    assert sentences("lightgbm", {"data_sample_strategy": "goss", "top_rate": 0.2, "other_rate": 0.1}) == []
    assert sentences("lightgbm", {"bagging_fraction": 0.8, "bagging_freq": 5}) == []
    assert sentences("catboost", {"od_type": "IncToDec", "od_pval": 0.001}, evaluation_metric="sharpe") == []


def test_kinds_from_outside_judge_their_own_hyperparameters() -> None:
    assert sentences("from_outside", {"whatever": 1}) == []


def test_when_to_stop_is_said_once_and_something_reads_the_metric() -> None:
    assert "take one of them out" in sentences("xgboost", {"early_stopping_rounds": 5}, early_stopping_rounds=9)[0]
    assert "nothing reads it" in sentences("xgboost", {}, evaluation_metric="sharpe")[0]
    assert sentences("xgboost", {"early_stopping_rounds": 50}, evaluation_metric="sharpe") == []
