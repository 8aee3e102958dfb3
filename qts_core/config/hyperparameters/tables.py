"""The table of each kind of model, by its name in models.yaml; a kind from outside has none here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from qts_core.config.hyperparameters.catboost import CATBOOST
from qts_core.config.hyperparameters.declared import NO_TABLE, HyperparameterTable
from qts_core.config.hyperparameters.lightgbm import LIGHTGBM
from qts_core.config.hyperparameters.sklearn import ELASTIC_NET, EXTRA_TREES, LOGISTIC, RANDOM_FOREST, RIDGE
from qts_core.config.hyperparameters.xgboost import XGBOOST
from qts_core.config.models import ModelSettings

__all__ = ["TABLES", "hyperparameter_contradictions"]

TABLES: Mapping[str, HyperparameterTable] = MappingProxyType(
    {
        "lightgbm": LIGHTGBM,
        "xgboost": XGBOOST,
        "catboost": CATBOOST,
        "random_forest": RANDOM_FOREST,
        "extra_trees": EXTRA_TREES,
        "elastic_net": ELASTIC_NET,
        "ridge": RIDGE,
        "logistic": LOGISTIC,
    }
)


def hyperparameter_contradictions(model: ModelSettings, where: str) -> Iterator[str]:
    """Yield one sentence for each hyperparameter that its kind of model does not know, or not like that."""
    table = TABLES.get(model.type, NO_TABLE)
    given = {name: value for name, value in model.hyperparameters.items() if value is not None}
    for name, found, expected in table.contradictions(given):
        yield f"{where}.{name} is {found}; expected {expected}"
    own = table.canonical(given)
    named = own.get("early_stopping_rounds", 0)
    if named and model.training.early_stopping_rounds is not None:
        yield f"{where}.early_stopping_rounds is given under training too; take one of them out"
    stops = named or model.training.early_stopping_rounds or {"od_type", "od_pval"} & own.keys()
    if model.training.evaluation_metric == "sharpe" and not stops:
        place = where.removesuffix("hyperparameters")
        yield f"{place}training.evaluation_metric is sharpe but no early_stopping_rounds is set, so nothing reads it"
