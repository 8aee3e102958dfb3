"""Makes a model from its entry in models.yaml; adding a model is a class and a line here (specification 15.3).

A kind's module is imported when a model of that kind is made, so whoever loads a LightGBM bundle imports no other
library. Packages from outside add kinds by an entry point of the group ``qts.models``: its name is ``<kind>.regressor``
or ``<kind>.classifier``, its value ``module:Class``. They cannot replace a kind that is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from qts_core.market.errors import InvalidConfigError
from qts_core.models.base import ModelType, Parameter, TradingModel
from qts_core.models.context import NO_STRATEGY, Strategy

__all__ = ["ENTRY_POINT_GROUP", "MODEL_CLASSES", "create_model", "model_class", "registered_kinds", "task_type"]

ENTRY_POINT_GROUP = "qts.models"

REGRESSOR, CLASSIFIER = ModelType.REGRESSOR, ModelType.CLASSIFIER
MODEL_CLASSES: Mapping[tuple[str, ModelType], str] = MappingProxyType(
    {
        ("lightgbm", REGRESSOR): "qts_core.models.boosting.lightgbm_model:LightGBMRegressor",
        ("lightgbm", CLASSIFIER): "qts_core.models.boosting.lightgbm_model:LightGBMClassifier",
        ("xgboost", REGRESSOR): "qts_core.models.boosting.xgboost_model:XGBoostRegressor",
        ("xgboost", CLASSIFIER): "qts_core.models.boosting.xgboost_model:XGBoostClassifier",
        ("catboost", REGRESSOR): "qts_core.models.boosting.catboost_model:CatBoostRegressor",
        ("catboost", CLASSIFIER): "qts_core.models.boosting.catboost_model:CatBoostClassifier",
        ("random_forest", REGRESSOR): "qts_core.models.forest.models:RandomForestRegressor",
        ("random_forest", CLASSIFIER): "qts_core.models.forest.models:RandomForestClassifier",
        ("extra_trees", REGRESSOR): "qts_core.models.forest.models:ExtraTreesRegressor",
        ("extra_trees", CLASSIFIER): "qts_core.models.forest.models:ExtraTreesClassifier",
        ("elastic_net", REGRESSOR): "qts_core.models.linear.models:ElasticNet",
        ("ridge", REGRESSOR): "qts_core.models.linear.models:RidgeRegressor",
        ("ridge", CLASSIFIER): "qts_core.models.linear.models:RidgeClassifier",
        ("logistic", CLASSIFIER): "qts_core.models.linear.models:Logistic",
    }
)
"""Where the class of each kind and type is."""

COMPOSED_CLASSES: Mapping[tuple[str, ModelType], str] = MappingProxyType(
    {("ensemble", REGRESSOR): "qts_core.models.ensemble.model:EnsembleModel"}
)
"""Kinds that are made of others by the trainer and cannot be fitted on bare rows."""

TASKS: Mapping[str, ModelType] = MappingProxyType(
    {
        "regression": REGRESSOR,
        "regressor": REGRESSOR,
        "classification": CLASSIFIER,
        "classifier": CLASSIFIER,
    }
)


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


def registered_kinds() -> dict[tuple[str, ModelType], str]:
    """Return kind and type to ``module:Class``: QTS's own, then those of installed packages."""
    return {**_foreign_classes(), **MODEL_CLASSES}


def model_class(kind: str, model_type: ModelType) -> type[TradingModel]:
    """Return the class of `kind`, importing its module.

    Raises
    ------
    InvalidConfigError
        If no class is registered for `kind` and `model_type`, or it cannot be imported or is no TradingModel
        (QTS-MODEL-032).
    """
    # a broken package must not stand in the way of our own kinds
    known = {**MODEL_CLASSES, **COMPOSED_CLASSES}
    address = known.get((kind, model_type)) or (known := registered_kinds()).get((kind, model_type))
    if address is None:
        raise InvalidConfigError(
            "QTS-CONF-003", "unknown model", where="models.yaml type", found=f"{kind} {model_type}",
            expected=", ".join(sorted(f"{k} {t}" for k, t in known)),
        )  # fmt: skip
    module, _, name = address.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidConfigError(
            "QTS-MODEL-032", "a kind of model cannot be imported", where=address,
            found=f"{type(error).__name__}: {error}", expected="an installed package with that class",
            fix="install its library, or correct the entry point",
        ) from error  # fmt: skip
    if not (isinstance(found, type) and issubclass(found, TradingModel) and found.model_type is model_type):
        raise InvalidConfigError(
            "QTS-MODEL-032", "a kind of model is not one", where=address, found=getattr(found, "__name__", found),
            expected=f"a TradingModel whose model_type is {model_type}", fix="correct the class or its entry point",
        )  # fmt: skip
    return found


def create_model(
    kind: str,
    model_type: ModelType,
    *,
    name: str,
    version: str = "1.0.0",
    seed: int = 0,
    parameters: Mapping[str, Parameter] | None = None,
    classes: int = 2,
    strategy: Strategy = NO_STRATEGY,
) -> TradingModel:
    """Return an unfitted model; `classes` is the number of classes that a classifier tells apart.

    Raises
    ------
    InvalidConfigError
        If no class is registered for `kind` and `model_type`, or it refuses the hyperparameters or the strategy.
    """
    found = model_class(kind, model_type)
    return found(name, version=version, seed=seed, parameters=parameters, classes=classes, strategy=strategy)


@cache
def _foreign_classes() -> dict[tuple[str, ModelType], str]:
    return dict(_registration(point) for point in entry_points(group=ENTRY_POINT_GROUP))


def _registration(point: EntryPoint) -> tuple[tuple[str, ModelType], str]:
    kind, _, type_name = point.name.rpartition(".")
    if not kind or type_name not in TASKS:
        raise InvalidConfigError(
            "QTS-MODEL-032", "an entry point names no kind of model", where=f"{ENTRY_POINT_GROUP} {point.value}",
            found=point.name, expected="<kind>.regressor or <kind>.classifier", fix="correct the package's entry point",
        )  # fmt: skip
    return (kind, TASKS[type_name]), point.value
