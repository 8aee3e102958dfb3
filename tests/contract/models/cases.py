"""Every registered kind of model, quick to train, and the problems that all of them must solve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest

from qts_core.config.hyperparameters.declared import NO_TABLE
from qts_core.config.hyperparameters.tables import TABLES
from qts_core.market.panel import Floats
from qts_core.models.base import FitContext, ModelType, Parameter, Strategy, TradingModel, ValidationTail
from qts_core.models.context import NO_STRATEGY
from qts_core.models.factory import MODEL_CLASSES, create_model

NAMES = ("alpha", "beta", "gamma", "delta")
UNTIL = datetime(2024, 6, 28, 20, tzinfo=UTC)
ROWS = 2000

CHEAP: dict[str, dict[str, Parameter]] = {
    "lightgbm": {"n_estimators": 60, "num_leaves": 7, "min_data_in_leaf": 20, "learning_rate": 0.1},
    "xgboost": {"n_estimators": 60, "max_depth": 3, "learning_rate": 0.1},
    "catboost": {"iterations": 60, "depth": 3, "learning_rate": 0.1},
    "random_forest": {"n_estimators": 60, "max_depth": 6, "min_samples_leaf": 20, "max_features": 0.7},
    "extra_trees": {"n_estimators": 60, "max_depth": 6, "min_samples_leaf": 20, "max_features": 1.0},
}
"""Hyperparameters with which a kind solves these problems quickly; its defaults where nothing is said."""


@dataclass(frozen=True)
class Case:
    """A kind, what it foretells, and among how many classes."""

    kind: str
    model_type: ModelType
    classes: int = 2

    @property
    def is_classifier(self) -> bool:
        return self.model_type is ModelType.CLASSIFIER

    def make(
        self, parameters: Mapping[str, Parameter] | None = None, *, seed: int = 5, strategy: Strategy = NO_STRATEGY
    ) -> TradingModel:
        table = TABLES.get(self.kind, NO_TABLE)
        given = {**table.canonical(CHEAP.get(self.kind, {})), **table.canonical(parameters or {})}
        return create_model(
            self.kind, self.model_type, name="toy", version="1.2.0", seed=seed, parameters=given, classes=self.classes,
            strategy=strategy,
        )  # fmt: skip

    def fitted(self, seed: int = 5) -> TradingModel:
        features, labels = self.problem()
        return self.make(seed=seed).fit(features, labels, context())

    def problem(self, seed: int = 11, rows: int = ROWS, signal: float = 1.0) -> tuple[Floats, Floats]:
        """Return features with some NaN, and labels that `alpha` foretells in part."""
        rng = np.random.default_rng(seed)
        features = rng.standard_normal((rows, len(NAMES)))
        hidden = signal * features[:, 0] + rng.standard_normal(rows)
        features[rng.random(features.shape) < 0.03] = np.nan
        return features, self.labels(hidden)

    def labels(self, hidden: Floats) -> Floats:
        if not self.is_classifier:
            return hidden
        edges = np.quantile(hidden, np.arange(1, self.classes) / self.classes)
        return np.searchsorted(edges, hidden).astype(float)

    def rising(self, model: TradingModel, features: Floats) -> Floats:
        """Return what should rise with the label: the prediction, or the chance of the last class."""
        return model.predict_proba(features)[:, -1] if self.is_classifier else model.predict(features)

    def __str__(self) -> str:
        return f"{self.kind}-{self.model_type}" + (f"-{self.classes}" if self.classes > 2 else "")


def context(
    weights: Floats | None = None, validation: ValidationTail | None = None, names: tuple[str, ...] = NAMES
) -> FitContext:
    return FitContext(names, UNTIL, weights, validation)


OUTSIDE = Case("outside", ModelType.REGRESSOR)
CASES = [
    *(Case(kind, model_type) for kind, model_type in MODEL_CLASSES),
    *(Case(kind, model_type, 3) for kind, model_type in MODEL_CLASSES if model_type is ModelType.CLASSIFIER),
    OUTSIDE,
]
CLASSIFIERS = [case for case in CASES if case.is_classifier]


def every(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=str)
