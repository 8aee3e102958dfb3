"""Makes a model from its entry in models.yaml; adding a model is a class and a line here (specification 15.3)."""

from __future__ import annotations

from collections.abc import Mapping

from qts_core.market.errors import InvalidConfigError
from qts_core.models.base import ModelType, Parameter, TradingModel
from qts_core.models.lightgbm_model import LightGBMClassifier, LightGBMRegressor

__all__ = ["MODEL_CLASSES", "create_model", "task_type"]

MODEL_CLASSES: Mapping[tuple[str, ModelType], type[TradingModel]] = {
    ("lightgbm", ModelType.REGRESSOR): LightGBMRegressor,
    ("lightgbm", ModelType.CLASSIFIER): LightGBMClassifier,
}

TASKS: Mapping[str, ModelType] = {
    "regression": ModelType.REGRESSOR,
    "regressor": ModelType.REGRESSOR,
    "classification": ModelType.CLASSIFIER,
    "classifier": ModelType.CLASSIFIER,
}


def task_type(task: str) -> ModelType:
    """Return the model type that `task` of models.yaml names.

    Raises
    ------
    InvalidConfigError
        If there is no such task.
    """
    if task not in TASKS:
        raise InvalidConfigError(
            "QTS-CONF-003", "unknown task", where="models.yaml task", found=task, expected=", ".join(TASKS)
        )
    return TASKS[task]


def create_model(
    kind: str,
    model_type: ModelType,
    *,
    name: str,
    version: str = "1.0.0",
    seed: int = 0,
    parameters: Mapping[str, Parameter] | None = None,
    classes: int = 2,
) -> TradingModel:
    """Return an unfitted model; `classes` is the number of classes that a classifier tells apart.

    Raises
    ------
    InvalidConfigError
        If no class is registered for `kind` and `model_type`.
    """
    found = MODEL_CLASSES.get((kind, model_type))
    if found is None:
        known = ", ".join(sorted({f"{k} {t}" for k, t in MODEL_CLASSES}))
        raise InvalidConfigError(
            "QTS-CONF-003", "unknown model", where="models.yaml type", found=f"{kind} {model_type}", expected=known
        )
    return found(name, version=version, seed=seed, parameters=parameters, classes=classes)
