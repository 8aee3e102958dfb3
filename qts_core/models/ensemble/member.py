"""A member of an ensemble: a fitted model with everything that turns its predictions into expected returns (X-32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from qts_core.market.panel import Floats
from qts_core.models.base import ModelType, TradingModel
from qts_core.models.factory import create_model
from qts_core.models.preprocessing import Preprocessor
from qts_core.models.scoring import score

__all__ = ["Member"]

PREFIX = "member"
SCALER = "preprocessing.json"


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One model of several.

    Attributes
    ----------
    key : str
        Key in models.yaml.
    model : TradingModel
        Fitted.
    label_scale : float
        Mean absolute forward return of its training samples.
    signs : tuple of float
        What each class says of the price; of a classifier.
    preprocessor : Preprocessor, optional
        The scaler it was trained behind.
    factor : float
        Brings its scores to the ensemble's horizon; 1 when it has the same.
    """

    key: str
    model: TradingModel
    label_scale: float
    signs: tuple[float, ...]
    preprocessor: Preprocessor | None = None
    factor: float = 1.0

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features it sees, in its order."""
        return self.model.feature_names

    def score(self, features: Floats) -> Floats:
        """Return expected forward returns over the ensemble's horizon, float64 [R]; NaN = no opinion.

        Parameters
        ----------
        features : float64 [R, F]
            In the order of `feature_names`.
        """
        values = score(
            self.model,
            np.ascontiguousarray(features),
            label_scale=self.label_scale,
            preprocessor=self.preprocessor,
            signs=self.signs,
        )
        return values if self.factor == 1.0 else values * self.factor

    def chance_up(self, scores: Floats) -> Floats:
        """Return the probability of up that its scores stand for, float64 [R]: the inverse of a classifier's score."""
        surplus = np.clip(scores / (self.label_scale * self.factor), -1.0, 1.0)
        return np.asarray(0.5 * (1.0 + surplus))

    def to_files(self) -> dict[str, bytes]:
        """Return its native files under ``member.<key>.``."""
        files = dict(self.model.to_files())
        if self.preprocessor is not None:
            files[SCALER] = self.preprocessor.to_json()
        return {f"{PREFIX}.{self.key}.{name}": content for name, content in files.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return what is not in its files, as plain values."""
        return {
            "key": self.key,
            "kind": self.model.kind,
            "model_type": self.model.model_type.value,
            "label_scale": self.label_scale,
            "signs": list(self.signs),
            "factor": self.factor,
        }

    @classmethod
    def from_files(cls, content: Mapping[str, Any], files: Mapping[str, bytes]) -> Member:
        """Read what `to_dict` and `to_files` gave.

        Raises
        ------
        KeyError, ValueError, TypeError, ModelLoadError
            If they are damaged.
        """
        key, start = str(content["key"]), f"{PREFIX}.{content['key']}."
        own = {name.removeprefix(start): part for name, part in files.items() if name.startswith(start)}
        model = create_model(str(content["kind"]), ModelType(content["model_type"]), name=key).from_files(own)
        scaler = Preprocessor.from_json(own[SCALER]) if SCALER in own else None
        signs = tuple(float(sign) for sign in content["signs"])
        return cls(key, model, float(content["label_scale"]), signs, scaler, float(content["factor"]))
