"""The table of each kind of model, by its name in models.yaml; a kind from outside has none here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from qts_core.config.hyperparameters.catboost import CATBOOST
from qts_core.config.hyperparameters.declared import HyperparameterTable
from qts_core.config.hyperparameters.lightgbm import LIGHTGBM
from qts_core.config.hyperparameters.xgboost import XGBOOST

__all__ = ["TABLES"]

TABLES: Mapping[str, HyperparameterTable] = MappingProxyType(
    {"lightgbm": LIGHTGBM, "xgboost": XGBOOST, "catboost": CATBOOST}
)
