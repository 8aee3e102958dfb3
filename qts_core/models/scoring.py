"""One scale for every model's opinion: the expected forward return over the horizon, as a ratio (checklist X-32)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.models.base import ModelType, TradingModel
from qts_core.models.calibration import Calibrator
from qts_core.models.preprocessing import Preprocessor

__all__ = ["MAXIMUM_MISSING_RATIO", "UP_OR_NOT", "Predictor", "class_chances", "has_opinion", "score"]

MAXIMUM_MISSING_RATIO = 0.5
"""With more than half of its features missing a symbol has no bar, or is warming up: no opinion."""


UP_OR_NOT = (-1.0, 1.0)
"""Signs of the classes of a binary target."""


class Predictor(Protocol):
    """What can be scored: a model, or its compiled trees."""

    @property
    def model_type(self) -> ModelType:
        """What it predicts."""

    def predict(self, features: Floats) -> Floats:
        """See :meth:`TradingModel.predict`."""

    def predict_proba(self, features: Floats) -> Floats:
        """See :meth:`TradingModel.predict_proba`."""


def has_opinion(features: Floats) -> NDArray[np.bool_]:
    """Return which rows have enough values to be scored, bool [R]."""
    missing = np.isnan(features).sum(axis=1)
    enough: NDArray[np.bool_] = missing <= MAXIMUM_MISSING_RATIO * features.shape[1]
    return enough


def score(
    model: Predictor,
    features: Floats,
    *,
    label_scale: float,
    preprocessor: Preprocessor | None = None,
    signs: Sequence[float] = UP_OR_NOT,
    calibrator: Calibrator | None = None,
) -> Floats:
    """Return the expected forward return of each row, float64 [R], a ratio (0.001 = 0.1 %).

    Parameters
    ----------
    model : Predictor
        A regressor's prediction is the score; a classifier's is the surplus of "up" over "not up" times `label_scale`:
        the sum of its class probabilities, each by its sign.
    features : float64 [R, F]
        NaN = no value.
    label_scale : float
        Mean absolute forward return of the training samples.
    preprocessor : Preprocessor, optional
        The scaler that the model was trained behind.
    signs : sequence of float
        What each class says of the price, -1, 0 or 1; of a classifier.
    calibrator : Calibrator, optional
        What corrects the probabilities of a classifier.

    Returns
    -------
    float64 [R]
        NaN where a row has no opinion.
    """
    inputs = features if preprocessor is None else preprocessor.transform(features)
    if model.model_type is ModelType.CLASSIFIER:
        chances = model.predict_proba(inputs)
        if calibrator is not None:
            chances = calibrator.apply(chances)
        # class by class: a matrix product may add up differently in a batch than in a row
        surplus = signs[-1] * chances[:, -1]
        for index in range(chances.shape[1] - 1):
            surplus = surplus + signs[index] * chances[:, index]
        values = surplus * label_scale
    else:
        values = model.predict(inputs)
    return np.where(has_opinion(features), values, np.nan)


def class_chances(
    model: TradingModel,
    features: Floats,
    *,
    preprocessor: Preprocessor | None = None,
    calibrator: Calibrator | None = None,
) -> Floats:
    """Return a classifier's probabilities of float64 [R, F] rows, float64 [R, K]; NaN where a row has no opinion."""
    chances = model.predict_proba(features if preprocessor is None else preprocessor.transform(features))
    if calibrator is not None:
        chances = calibrator.apply(chances)
    return np.where(has_opinion(features)[:, None], chances, np.nan)
