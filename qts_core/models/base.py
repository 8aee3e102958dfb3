"""The one interface of every model (specification 7.1)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import PredictionError, TrainingError
from qts_core.market.panel import Floats
from qts_core.models.folder import read_folder, write_folder

__all__ = ["ModelType", "Parameter", "TradingModel", "ValidationTail"]

Parameter = bool | int | float | str
"""A value that a hyperparameter may take."""


class ModelType(StrEnum):
    """What a model predicts."""

    CLASSIFIER = "classifier"
    REGRESSOR = "regressor"


@dataclass(frozen=True, slots=True, eq=False)
class ValidationTail:
    """Samples after those that are learned from, purged from them and from the test: they say when to stop.

    Attributes
    ----------
    features : float [V, F]
    labels : float64 [V]
        Finite.
    weights : float64 [V], optional
        Equal when absent.
    """

    features: NDArray[np.floating]
    labels: Floats
    weights: Floats | None = None


class TradingModel(ABC):
    """A model that learns labels from features and says what it learned.

    Parameters
    ----------
    name, version : str
        Key in models.yaml and ``MAJOR.MINOR.PATCH``.
    seed : int
        Everything random in training comes from it: same seed, same data, same bytes.
    parameters : mapping
        Hyperparameters in the library's own names; unknown ones are the library's to refuse.
    classes : int
        Number of classes that a classifier tells apart, labels 0, 1, ...
    """

    kind: ClassVar[str]
    """Name in models.yaml, such as ``lightgbm``."""
    model_type: ClassVar[ModelType]

    def __init__(
        self,
        name: str,
        *,
        version: str = "1.0.0",
        seed: int = 0,
        parameters: Mapping[str, Parameter] | None = None,
        classes: int = 2,
    ) -> None:
        self._name = name
        self._classes = classes
        self._version = version
        self._seed = seed
        self._parameters: dict[str, Parameter] = dict(parameters or {})
        self._feature_names: tuple[str, ...] = ()
        self._trained_until: datetime | None = None
        self._metrics: dict[str, float] = {}

    @property
    def name(self) -> str:
        """Key in models.yaml."""
        return self._name

    @property
    def version(self) -> str:
        """``MAJOR.MINOR.PATCH``."""
        return self._version

    @property
    def seed(self) -> int:
        """Seed of everything random in training."""
        return self._seed

    @property
    def wants_validation(self) -> bool:
        """Whether `fit` must be given a validation tail, such as for early stopping; the trainer asks."""
        return False

    @property
    @abstractmethod
    def is_fitted(self) -> bool:
        """Whether the model can predict."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The F features in the order of the columns; empty before `fit`."""
        return self._feature_names

    @property
    def training_timestamp(self) -> datetime | None:
        """Instant up to which the training data was known: data time, so that retraining gives the same bytes."""
        return self._trained_until

    @property
    def training_metrics(self) -> Mapping[str, float]:
        """What the trainer measured."""
        return dict(self._metrics)

    def record_metrics(self, metrics: Mapping[str, float]) -> None:
        """Keep the trainer's measurements with the model."""
        self._metrics = {name: float(value) for name, value in sorted(metrics.items())}

    @abstractmethod
    def fit(
        self,
        features: NDArray[np.floating],
        labels: Floats,
        *,
        feature_names: Sequence[str],
        trained_until: datetime,
        weights: Floats | None = None,
        validation: ValidationTail | None = None,
    ) -> Self:
        """Learn `labels` from `features`.

        Parameters
        ----------
        features : float [R, F]
            NaN = no value.
        labels : float64 [R]
            Finite; 0, 1, ... for a classifier.
        feature_names : sequence of str
            The F columns.
        trained_until : datetime
            When the last label was known, aware UTC.
        weights : float64 [R], optional
            Weight of each sample; equal when absent.
        validation : ValidationTail, optional
            Given exactly when `wants_validation`; nothing may be learned from it but when to stop and what to keep.

        Raises
        ------
        TrainingError
            If there is nothing to learn from, or the tail is missing or not wanted (QTS-MODEL-023).
        """

    @abstractmethod
    def predict(self, features: Floats) -> Floats:
        """Return predictions, float64 [R]: the label's expectation, or the likeliest class (0, 1, ...) of a classifier.

        A batch gives, bit for bit, what its rows give one by one.

        Raises
        ------
        PredictionError
            If the model is not fitted or the number of columns is wrong.
        """

    @abstractmethod
    def predict_proba(self, features: Floats) -> Floats:
        """Return class probabilities, float64 [R, K]; of a direction: not up, up.

        Raises
        ------
        PredictionError
            If the model is a regressor, is not fitted, or the number of columns is wrong.
        """

    @abstractmethod
    def get_feature_importance(self) -> dict[str, float]:
        """Return each feature's share of the total gain; the shares sum to 1 (to 0 when nothing was learned)."""

    def get_params(self) -> dict[str, Parameter]:
        """Return the hyperparameters."""
        return dict(self._parameters)

    def set_params(self, **parameters: Parameter) -> Self:
        """Change hyperparameters; they take effect at the next `fit`."""
        self._parameters.update(parameters)
        return self

    @abstractmethod
    def to_files(self) -> dict[str, bytes]:
        """Return the fitted model in its native format, file name to content; never a pickle."""

    @abstractmethod
    def from_files(self, files: Mapping[str, bytes]) -> Self:
        """Take over the fitted state that `to_files` gave.

        Raises
        ------
        ModelLoadError
            If a file is missing or unreadable.
        """

    def save(self, path: str | Path) -> None:
        """Write the model's files into the folder `path`, replacing it."""
        write_folder(Path(path), self.to_files())

    def load(self, path: str | Path) -> Self:
        """Read what `save` wrote."""
        return self.from_files(read_folder(Path(path)))

    def _check_validation(self, validation: ValidationTail | None) -> None:
        """Refuse a tail that nobody would use, and early stopping without one."""
        if (validation is not None) != self.wants_validation:
            found = "none" if validation is None else f"{len(validation.labels)} samples"
            raise TrainingError(
                "QTS-MODEL-023", "early stopping and a validation tail go together", where=self._name, found=found,
                expected="a tail" if self.wants_validation else "no tail",
                fix="give `validation` exactly when early_stopping_rounds is set",
            )  # fmt: skip

    def _checked(self, features: Floats) -> Floats:
        if not self.is_fitted:
            raise PredictionError("QTS-MODEL-004", "the model is not fitted", where=self._name, fix="call fit or load")
        if features.ndim != 2 or features.shape[1] != len(self._feature_names):
            raise PredictionError(
                "QTS-MODEL-004", "wrong shape of features", where=self._name, found=features.shape,
                expected=f"[rows, {len(self._feature_names)}]", fix="give the columns of feature_names in that order",
            )  # fmt: skip
        return np.ascontiguousarray(features, dtype=np.float64)
