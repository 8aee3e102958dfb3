"""What training of models.yaml asks for, on a machine with and without a GPU."""

from __future__ import annotations

import pytest

from qts_core.config.models import ModelSettings
from qts_core.market.errors import InvalidConfigError
from qts_core.models.boosting.xgboost_model import XGBoostModel
from qts_core.models.context import NO_STRATEGY, Device, Metric
from qts_core.research import training_strategy
from qts_core.research.training_recipe import entry_of
from qts_core.research.training_strategy import strategy_of


def chosen(**training: object) -> ModelSettings:
    given = {"type": "xgboost", "task": "regression", "target": "return_26bar", "training": training}
    return ModelSettings.model_validate(given)


def test_nothing_asked_is_nothing_changed() -> None:
    assert strategy_of(chosen()) == NO_STRATEGY


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
    assert strategy_of(chosen(device="auto")).device is (Device.GPU if both else Device.CPU)
    assert strategy_of(chosen(device="cpu")).device is Device.CPU
    if both:
        assert strategy_of(chosen(device="gpu")).device is Device.GPU
        return
    with pytest.raises(InvalidConfigError, match=r"this build of xgboost" if machine else "no GPU") as refusal:
        strategy_of(chosen(device="gpu"))
    assert refusal.value.code == "QTS-MODEL-034"
