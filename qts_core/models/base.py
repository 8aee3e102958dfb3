"""The one interface of every model (specification 7.1)."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from qts_core.config.hyperparameters.declared import NO_TABLE, Dimension, HyperparameterTable, Parameter
from qts_core.market.errors import InvalidConfigError, ModelLoadError, PredictionError, TrainingError
from qts_core.market.panel import Floats
from qts_core.models.context import NO_STRATEGY, FitContext, Option, Strategy, ValidationTail
from qts_core.models.folder import read_folder, write_folder

__all__ = ["STATE", "FitContext", "ModelType", "Parameter", "Strategy", "TradingModel", "ValidationTail"]

STATE = "model.json"
"""File of a model's own state: names, seed, hyperparameters; the library's part lies beside it."""

STOPPING = "early_stopping_rounds"


class ModelType(StrEnum):
    """What a model predicts."""

    CLASSIFIER = "classifier"
    REGRESSOR = "regressor"


class TradingModel(ABC):
    """A model that learns labels from features and says what it learned.

    Parameters
    ----------
    name, version : str
        Key in models.yaml and ``MAJOR.MINOR.PATCH``.
    seed : int
        Everything random in training comes from it: same seed, same data, same bytes.
    parameters : mapping
        Hyperparameters in the library's own names. `early_stopping_rounds` among them is the strategy's.
    classes : int
        Number of classes that a classifier tells apart, labels 0, 1, ...
    strategy : Strategy
        How it is grown.

    Raises
    ------
    InvalidConfigError
        If a hyperparameter is nonsense (QTS-MODEL-030), or the kind does not know a strategy (QTS-MODEL-031).
    """

    kind: ClassVar[str]
    """Name in models.yaml, such as ``lightgbm``."""
    model_type: ClassVar[ModelType]
    table: ClassVar[HyperparameterTable] = NO_TABLE
    """What hyperparameters make sense, and where a search looks."""
    understands: ClassVar[frozenset[Option]] = frozenset()
    """Strategies that it can follow."""

    def __init__(
        self,
        name: str,
        *,
        version: str = "1.0.0",
        seed: int = 0,
        parameters: Mapping[str, Parameter] | None = None,
        classes: int = 2,
        strategy: Strategy = NO_STRATEGY,
    ) -> None:
        self._name = name
        self._classes = classes
        self._version = version
        self._seed = seed
        self._parameters: dict[str, Parameter] = dict(parameters or {})
        self._strategy = strategy
        self._feature_names: tuple[str, ...] = ()
        self._trained_until: datetime | None = None
        self._metrics: dict[str, float] = {}
        self._check_choices()

    @classmethod
    def search_space(cls) -> tuple[Dimension, ...]:
        """Return the hyperparameters that a search may vary, with their ranges (specification 7.2)."""
        return cls.table.dimensions()

    @classmethod
    def can_use_gpu(cls) -> bool:
        """Return whether the installed library can grow this kind on a GPU of this machine."""
        return False

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
        return self.stopping_rounds is not None

    @property
    def strategy(self) -> Strategy:
        """How it is grown."""
        return self._strategy

    @property
    def stopping_rounds(self) -> int | None:
        """Rounds without gain after which growing ends, None = never."""
        if self._strategy.early_stopping_rounds is not None:
            return self._strategy.early_stopping_rounds
        given = self.table.canonical(self._parameters).get(STOPPING, 0)
        return int(given) if int(given) > 0 else None

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
    def fit(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> Self:
        """Learn `labels` from `features`.

        Parameters
        ----------
        features : float [R, F]
            NaN = no value.
        labels : float64 [R]
            Finite; 0, 1, ... for a classifier.
        context : FitContext
            Names of the columns, weights, and the tail that says when to stop.

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
        self._check_choices()
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

    def _check_choices(self) -> None:
        """Refuse hyperparameters and strategies that the kind does not know or that contradict each other."""
        for name, found, expected in self.table.contradictions(self._parameters):
            raise InvalidConfigError(
                "QTS-MODEL-030", "a hyperparameter makes no sense", where=f"{self._name} {self.kind} {name}",
                found=found, expected=expected, fix="correct hyperparameters in models.yaml",
            )  # fmt: skip
        if unknown := self._strategy.options - self.understands:
            raise InvalidConfigError(
                "QTS-MODEL-031", "this kind of model cannot follow a strategy", where=f"{self._name} {self.kind}",
                found=", ".join(sorted(unknown)), expected=", ".join(sorted(self.understands)) or "none",
                fix="take it out of training in models.yaml, or choose another type",
            )  # fmt: skip

    def _check_samples(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> None:
        """Refuse what no kind of model can learn from."""
        self._check_validation(context.validation)
        if len(labels) == 0 or not np.isfinite(labels).all():
            raise TrainingError(
                "QTS-MODEL-003", "nothing to train on", where=self.name, found=f"{len(labels)} labels",
                expected="at least one label, all finite", fix="import more bars or shorten the horizon",
            )  # fmt: skip
        if features.shape != (len(labels), len(context.feature_names)):
            raise TrainingError(
                "QTS-MODEL-003", "wrong shape of features", where=self.name, found=features.shape,
                expected=f"[{len(labels)}, {len(context.feature_names)}]", fix="one row a label, one column a feature",
            )  # fmt: skip
        is_classifier = self.model_type is ModelType.CLASSIFIER
        if is_classifier and not np.isin(labels, np.arange(self._classes)).all():
            raise TrainingError(
                "QTS-MODEL-003", "a label is not a class", where=self.name,
                found=labels[~np.isin(labels, np.arange(self._classes))][0],
                expected=f"0 to {self._classes - 1}", fix="choose a target of classes, or the task regression",
            )  # fmt: skip

    def _check_validation(self, validation: ValidationTail | None) -> None:
        """Refuse a tail that nobody would use, and early stopping without one."""
        if (validation is not None) != self.wants_validation:
            found = "none" if validation is None else f"{len(validation.labels)} samples"
            raise TrainingError(
                "QTS-MODEL-023", "early stopping and a validation tail go together", where=self._name, found=found,
                expected="a tail" if self.wants_validation else "no tail",
                fix="give `validation` exactly when early_stopping_rounds is set",
            )  # fmt: skip

    def _learned(self, context: FitContext) -> None:
        """Keep what the model was fitted on."""
        self._feature_names, self._trained_until = tuple(context.feature_names), context.trained_until

    def _state(self, **more: object) -> bytes:
        """Return everything but the library's part as JSON; `more` are entries of the kind's own."""
        if not self.is_fitted or self._trained_until is None:
            raise PredictionError("QTS-MODEL-004", "the model is not fitted", where=self.name, fix="call fit or load")
        state = {
            "name": self.name,
            "version": self.version,
            "seed": self.seed,
            "parameters": self._parameters,
            "feature_names": self._feature_names,
            "trained_until": self._trained_until.isoformat(),
            "metrics": self._metrics,
            **({"classes": self._classes} if self._classes > 2 else {}),
            **({"strategy": self._strategy.as_dict()} if self._strategy != NO_STRATEGY else {}),
            **more,
        }
        return json.dumps(state, sort_keys=True, indent=1, allow_nan=False).encode()

    def _take_state(self, files: Mapping[str, bytes]) -> dict[str, object]:
        """Take over what `_state` gave, and return all of it.

        Raises
        ------
        KeyError, ValueError, TypeError
            If it is damaged; :meth:`from_files` says so in words, see :meth:`_not_a_model`.
        """
        state = json.loads(files[STATE])
        self._feature_names = tuple(str(name) for name in state["feature_names"])
        self._trained_until = datetime.fromisoformat(state["trained_until"])
        self._name, self._version, self._seed = str(state["name"]), str(state["version"]), int(state["seed"])
        self._classes = int(state.get("classes", 2))
        self._parameters, self._metrics = dict(state["parameters"]), dict(state["metrics"])
        self._strategy = Strategy.from_dict(state.get("strategy", {}))
        return dict(state)

    def _not_a_model(self, error: Exception, *files: str) -> ModelLoadError:
        """Return the refusal of damaged files."""
        return ModelLoadError(
            "QTS-MODEL-002", f"not a {self.kind} model", where=self.name, found=f"{type(error).__name__}: {error}",
            expected=" and ".join((*files, STATE)), fix="fetch the bundle again",
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
