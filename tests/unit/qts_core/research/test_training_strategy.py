"""What training of models.yaml asks for, on a machine with and without a GPU."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.config.models import ModelSettings
from qts_core.config.settings import Settings
from qts_core.market.errors import InvalidConfigError
from qts_core.models.boosting.xgboost_model import XGBoostModel
from qts_core.models.context import NO_STRATEGY, Device, Metric
from qts_core.research import training_strategy
from qts_core.research.training_recipe import entry_of
from qts_core.research.training_strategy import strategy_of
from qts_core.training.folds import walk_forward
from qts_core.training.trainer import train_walk_forward
from tests.unit.qts_core.training.samples_for_tests import sample_set


def chosen(**training: object) -> ModelSettings:
    given = {"type": "xgboost", "task": "regression", "target": "return_26bar", "training": training}
    return ModelSettings.model_validate(given)


def test_nothing_asked_is_nothing_changed() -> None:
    assert strategy_of("mine", chosen()) == NO_STRATEGY


def test_every_option_reaches_the_trainer() -> None:
    settings = chosen(
        early_stopping_rounds=50, evaluation_metric="sharpe", recency_half_life_sessions=60, validation_share=0.2,
        monotone_constraints={"rsi_*": 1}, categorical_features=("time_*",), interaction_constraints=(("a", "b"),),
        regularisation_schedule={"reg_lambda": (1.0, 10.0)},
    )  # fmt: skip
    entry = entry_of("m", settings)
    assert entry.strategy.early_stopping_rounds == 50
    assert entry.strategy.evaluation_metric is Metric.SHARPE
    assert entry.strategy.interaction_constraints == (("a", "b"),)
    assert entry.strategy.regularisation_schedule == {"reg_lambda": (1.0, 10.0)}
    assert (entry.recency_half_life_sessions, entry.validation_share) == (60, 0.2)
    assert entry.as_dict()["strategy.evaluation_metric"] == "sharpe"


@pytest.mark.parametrize(("machine", "library"), [(False, False), (False, True), (True, False), (True, True)])
def test_the_gpu_is_used_when_machine_and_library_have_one(
    monkeypatch: pytest.MonkeyPatch, machine: bool, library: bool
) -> None:
    monkeypatch.setattr(training_strategy, "has_gpu", lambda: machine)
    monkeypatch.setattr(XGBoostModel, "can_use_gpu", classmethod(lambda _: library))
    both = machine and library
    assert strategy_of("mine", chosen(device="auto")).device is (Device.GPU if both else Device.CPU)
    assert strategy_of("mine", chosen(device="cpu")).device is Device.CPU
    if both:
        assert strategy_of("mine", chosen(device="gpu")).device is Device.GPU
        return
    with pytest.raises(InvalidConfigError, match=r"this build of xgboost" if machine else "no GPU") as refusal:
        strategy_of("mine", chosen(device="gpu"))
    assert refusal.value.code == "QTS-MODEL-034"
    assert "models.yaml mine training.device" in refusal.value.line()


SHIPPED = (
    "lightgbm_return", "xgboost_direction", "xgboost_return", "catboost_return", "catboost_direction",
    "random_forest_return", "random_forest_direction", "extra_trees_return", "extra_trees_direction",
    "elastic_net_return", "ridge_return", "ridge_direction", "logistic_direction",
)  # fmt: skip


def test_every_entry_shipped_is_trained_below_but_the_ensemble(settings: Settings) -> None:
    assert set(settings.models.models) == {*SHIPPED, "lightgbm_direction", "ensemble_return"}


@pytest.mark.parametrize("key", SHIPPED)
def test_the_entries_shipped_train(settings: Settings, key: str) -> None:
    entry = entry_of(key, settings.models.models[key])
    assert settings.models.models[key].enabled == key.startswith("lightgbm")
    samples = sample_set(sessions=36)
    features = samples.features.copy()
    features[:, 3] = np.nan_to_num(features[:, 3]) > 0
    labels = samples.labels
    if entry.target.is_classification:
        labels = np.where(np.isnan(labels), np.nan, labels > 0)
    samples = replace(samples, features=features, labels=labels, names=(*samples.names[:3], "time_open_30_flag"))
    few = {name: 30 if name in ("n_estimators", "iterations") else value for name, value in entry.parameters.items()}
    few |= {"min_child_samples": 20} if entry.kind == "lightgbm" else {}
    few |= {"min_samples_leaf": 20} if "min_samples_leaf" in few else {}
    plan = walk_forward(
        samples.timeline, train_sessions=20, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )
    result = train_walk_forward(replace(entry, parameters=few, row_stride=1), samples, plan)
    assert result.model.manifest.kind == entry.kind
    assert result.overall.rank_ic_mean > 0.1, "the planted signal is found"
