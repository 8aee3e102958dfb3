"""The learner on top of a stack: linear, ridge, or a tree model, from members' scores and chosen features (spec. 9.1).

It is fitted on scores of models that did not learn from the rows they score; who fits it sees to that
(:mod:`qts_core.training.ensembles`).

References
----------
Wolpert (1992), Stacked generalization, Neural Networks 5 (2), pp. 241-259.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from qts_core.market.panel import Floats
from qts_core.models.base import ModelType, TradingModel
from qts_core.models.ensemble.combinations import Level1
from qts_core.models.factory import create_model

__all__ = ["LinearStack", "ModelStack", "level1_names", "level1_rows"]

PREFIX = "meta."


def level1_rows(inputs: Level1) -> Floats:
    """Return the learner's inputs, float64 [R, M + G]: scores, then features."""
    return np.hstack([inputs.scores, inputs.features])


def level1_names(members: tuple[str, ...], features: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the learner's inputs."""
    return (*(f"score_of_{key}" for key in members), *features)


@dataclass(frozen=True, slots=True, eq=False)
class LinearStack:
    """A linear regression on standardised inputs; what is missing counts as its mean.

    Attributes
    ----------
    center, scale : float64 [M + G]
        Mean and population deviation of each input in training.
    coefficients : float64 [M + G]
        Of the standardised inputs.
    intercept : float
    members : int
        M.
    """

    kind: ClassVar[str] = "linear_stack"
    center: Floats
    scale: Floats
    coefficients: Floats
    intercept: float
    members: int

    @classmethod
    def fit(cls, inputs: Level1, labels: Floats, *, alpha: float, weights: Floats | None = None) -> LinearStack:
        """Fit least squares with penalty ``alpha * sum(coefficients ** 2)``, 0 for none; the intercept is free.

        Equal to scikit-learn's ``Ridge(alpha)`` behind a ``StandardScaler``.
        """
        rows = level1_rows(inputs)
        known = np.isfinite(rows)
        count = np.maximum(known.sum(axis=0), 1)
        center = np.where(known, rows, 0.0).sum(axis=0) / count
        filled = np.where(known, rows - center, 0.0)
        scale = np.sqrt((filled**2).sum(axis=0) / count)
        scale = np.where(scale > 0, scale, 1.0)
        standard = filled / scale
        weight = np.ones(len(rows)) if weights is None else weights
        mean, middle = weight @ standard / weight.sum(), float(weight @ labels / weight.sum())
        centred = standard - mean
        gram = (centred * weight[:, None]).T @ centred + alpha * np.eye(rows.shape[1])
        coefficients = np.linalg.lstsq(gram, (centred * weight[:, None]).T @ (labels - middle), rcond=None)[0]
        return cls(center, scale, coefficients, middle - float(mean @ coefficients), inputs.scores.shape[1])

    @property
    def weights(self) -> Floats:
        """Each member's share of the absolute effect."""
        return _shares(self.coefficients[: self.members])

    def combine(self, inputs: Level1) -> Floats:
        """Return the regression's value, float64 [R]; NaN where no member has an opinion."""
        rows = level1_rows(inputs)
        values = np.full(len(rows), self.intercept)
        for column in range(rows.shape[1]):
            standard = (rows[:, column] - self.center[column]) / self.scale[column]
            values = values + self.coefficients[column] * np.where(np.isnan(standard), 0.0, standard)
        return np.where(np.isnan(inputs.scores).all(axis=1), np.nan, values)

    def to_dict(self) -> dict[str, Any]:
        """Return everything learned."""
        parts = {name: getattr(self, name).tolist() for name in ("center", "scale", "coefficients")}
        return {**parts, "intercept": self.intercept, "members": self.members}

    def to_files(self) -> dict[str, bytes]:
        """Return nothing."""
        return {}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> LinearStack:
        """Read what `to_dict` gave."""
        names = ("center", "scale", "coefficients")
        center, scale, coefficients = (np.array(content[name], dtype=np.float64) for name in names)
        return cls(center, scale, coefficients, float(content["intercept"]), int(content["members"]))


@dataclass(frozen=True, slots=True, eq=False)
class ModelStack:
    """Any regressor of the platform on top of a stack.

    Attributes
    ----------
    model : TradingModel
        Fitted on the inputs of `level1_names`.
    members : int
    """

    kind: ClassVar[str] = "model_stack"
    model: TradingModel
    members: int

    @property
    def weights(self) -> Floats:
        """Each member's share of the gain."""
        gains = list(self.model.get_feature_importance().values())
        return _shares(np.array(gains[: self.members], dtype=np.float64))

    def combine(self, inputs: Level1) -> Floats:
        """Return the model's prediction, float64 [R]; NaN where no member has an opinion."""
        values = self.model.predict(level1_rows(inputs))
        return np.where(np.isnan(inputs.scores).all(axis=1), np.nan, values)

    def to_dict(self) -> dict[str, Any]:
        """Return what is not in its files."""
        return {"model_kind": self.model.kind, "members": self.members}

    def to_files(self) -> dict[str, bytes]:
        """Return the model's native files under ``meta.``."""
        return {f"{PREFIX}{name}": content for name, content in self.model.to_files().items()}

    @classmethod
    def from_files(cls, content: Mapping[str, Any], files: Mapping[str, bytes]) -> ModelStack:
        """Read what `to_dict` and `to_files` gave."""
        own = {name.removeprefix(PREFIX): part for name, part in files.items() if name.startswith(PREFIX)}
        model = create_model(str(content["model_kind"]), ModelType.REGRESSOR, name="meta").from_files(own)
        return cls(model, int(content["members"]))


def _shares(effects: Floats) -> Floats:
    size = np.abs(effects)
    total = float(size.sum())
    return size / total if total > 0 else np.full(len(size), 1.0 / len(size))
