"""A model as a package from outside would bring it: least squares in 40 lines, registered by an entry point."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import PredictionError
from qts_core.market.panel import Floats
from qts_core.models.base import STATE, FitContext, ModelType, TradingModel

COEFFICIENTS = "coefficients.json"


class LeastSquares(TradingModel):
    """Weighted least squares. NaN counts as 0, the mean of a scaled feature."""

    kind = "outside"
    model_type = ModelType.REGRESSOR

    def __init__(self, name: str, **chosen: Any) -> None:
        super().__init__(name, **chosen)
        self._coefficients: Floats | None = None

    @property
    def is_fitted(self) -> bool:
        return self._coefficients is not None

    def fit(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> Self:
        self._check_samples(features, labels, context)
        x = np.nan_to_num(np.column_stack([np.ones(len(features)), features]))
        w = np.sqrt(np.ones(len(labels)) if context.weights is None else context.weights)
        self._coefficients = np.linalg.lstsq(x * w[:, None], labels * w, rcond=None)[0]
        self._learned(context)
        return self

    def predict(self, features: Floats) -> Floats:
        coefficients = self._fitted()
        rows, total = np.nan_to_num(self._checked(features)), np.zeros(len(features))
        for column, coefficient in enumerate(coefficients[1:]):
            total = total + coefficient * rows[:, column]
        return total + float(coefficients[0])

    def predict_proba(self, features: Floats) -> Floats:
        raise NotImplementedError

    def get_feature_importance(self) -> dict[str, float]:
        if self._coefficients is None:
            return {}
        sizes = np.abs(self._coefficients[1:])
        return dict(zip(self.feature_names, sizes / sizes.sum(), strict=True))

    def to_files(self) -> dict[str, bytes]:
        state = self._state()
        return {COEFFICIENTS: json.dumps(list(self._fitted())).encode(), STATE: state}

    def from_files(self, files: Mapping[str, bytes]) -> Self:
        try:
            self._take_state(files)
            self._coefficients = np.array(json.loads(files[COEFFICIENTS]), dtype=float)
        except (KeyError, ValueError, TypeError) as error:
            raise self._not_a_model(error, COEFFICIENTS) from error
        return self

    def _fitted(self) -> Floats:
        if self._coefficients is None:
            raise PredictionError("QTS-MODEL-004", "the model is not fitted", where=self._name, fix="call fit or load")
        return self._coefficients
