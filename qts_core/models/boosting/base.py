"""What boosted trees of every library share: checks, stopping, predictions, importance, files (specification 7.2)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import InvalidConfigError, PredictionError, TrainingError
from qts_core.market.panel import Floats
from qts_core.models.base import STATE, STOPPING, FitContext, ModelType, Parameter, TradingModel
from qts_core.models.boosting.sharpe import SharpeMetric
from qts_core.models.context import Device, Metric, Option

__all__ = ["SMALL_BATCH_ROWS", "THREADS", "BoostedTrees", "isolated_groups", "scheduled"]

THREADS = 2
"""Fixed, so that the same seed gives the same bytes on machines with any number of cores."""
SMALL_BATCH_ROWS = 4096
"""Below this many rows a second thread costs more than it saves."""
HIGHEST_CATEGORY = 65_535


class BoostedTrees(TradingModel):
    """Trees grown one after another, each on what the earlier ones left over.

    Notes
    -----
    A subclass grows trees (`_grow`), predicts (`_raw`), and turns its booster into bytes and back.
    """

    weights_file: ClassVar[str]
    tree_count: ClassVar[str]
    """The library's name for the number of rounds."""
    default_trees: ClassVar[int] = 150
    schedulable: ClassVar[frozenset[str]] = frozenset()
    """Hyperparameters that may change from round to round."""

    def fit(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> Self:
        """Grow the trees, to the best number of them on the tail if early stopping is configured.

        See :meth:`TradingModel.fit`.
        """
        self._check_samples(features, labels, context)
        self._check_strategy(features, context)
        self._grow(features, labels, context)
        self._learned(context)
        return self

    def predict(self, features: Floats) -> Floats:
        """Return the label's expectation, or a classifier's likeliest class, float64 [R]; of a direction 1 = up."""
        raw = self._predicted(features)
        if self.model_type is ModelType.REGRESSOR:
            return raw
        return np.asarray(raw > 0.5 if raw.ndim == 1 else raw.argmax(axis=1), dtype=np.float64)

    def predict_proba(self, features: Floats) -> Floats:
        """Return the probability of each class, float64 [R, K]; of a direction, not up and up."""
        if self.model_type is ModelType.REGRESSOR:
            raise PredictionError("QTS-MODEL-004", "a regressor has no class probabilities", where=self.name)
        raw = self._predicted(features)
        return raw if raw.ndim == 2 else np.asarray(np.stack([1.0 - raw, raw], axis=1))

    def get_feature_importance(self) -> dict[str, float]:
        """Return each feature's share of the total gain."""
        if not self.is_fitted:
            return {}
        gain = self._gain()
        total = float(gain.sum())
        return {n: float(g) / total if total > 0 else 0.0 for n, g in zip(self._feature_names, gain, strict=True)}

    def to_files(self) -> dict[str, bytes]:
        """Return the library's own format and the model's state as JSON."""
        state = self._state()
        return {self.weights_file: self._booster_bytes(), STATE: state}

    @abstractmethod
    def _grow(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> None:
        """Fit the library's booster."""

    @abstractmethod
    def _raw(self, rows: Floats) -> Floats:
        """Return expectations or chances of "up", float64 [R], or those of K > 2 classes, float64 [R, K]."""

    @abstractmethod
    def _gain(self) -> Floats:
        """Return the gain of each feature, float64 [F]."""

    @abstractmethod
    def _booster_bytes(self) -> bytes:
        """Return the booster in the library's format."""

    def _predicted(self, features: Floats) -> Floats:
        rows = self._checked(features)
        if len(rows) == 0:
            return np.empty((0, self._classes) if self._classes > 2 else 0)
        return self._raw(rows)

    def _trees(self) -> int:
        return int(self.table.canonical(self._parameters).get(self.tree_count, self.default_trees))

    def _chosen(self) -> dict[str, Parameter]:
        """Return the hyperparameters that go to the library: all but the number of rounds and when to stop."""
        given = self.table.canonical(self._parameters)
        return {name: value for name, value in given.items() if name not in (self.tree_count, STOPPING)}

    def _watched(self, context: FitContext) -> Callable[[Floats], float] | None:
        """Return the metric that early stopping maximises, None for the library's loss."""
        tail = context.validation
        if tail is None or self._strategy.evaluation_metric is not Metric.SHARPE:
            return None
        metric = SharpeMetric(tail)
        return metric.of_up if self.model_type is ModelType.CLASSIFIER and self._classes == 2 else metric

    def _check_choices(self) -> None:
        super()._check_choices()
        if self._strategy.evaluation_metric is Metric.SHARPE and not self.wants_validation:
            self._refuse("evaluation_metric sharpe without early stopping", "early_stopping_rounds")
        if self._strategy.device is Device.GPU and Option.DEVICE not in self.understands:
            self._refuse("device gpu", "cpu")
        table = {one.name: one for one in self.table.parameters}
        for name, values in self._strategy.regularisation_schedule.items():
            if name not in self.schedulable:
                self._refuse(f"regularisation_schedule of {name}", ", ".join(sorted(self.schedulable)))
            if not all(table[name].allows(value) for value in values):
                self._refuse(f"regularisation_schedule {name} {values}", table[name].expected())
            if name in self.table.canonical(self._parameters):
                self._refuse(f"{name} among hyperparameters and in regularisation_schedule", "one of the two")
        if self._strategy.monotone_constraints and self._classes > 2:
            self._refuse(f"monotone_constraints with {self._classes} classes", "a regression or two classes")

    def _check_strategy(self, features: NDArray[np.floating], context: FitContext) -> None:
        names = context.feature_names
        signs, categorical = self._strategy.monotone(names), self._strategy.categorical(names)
        for column in categorical:
            if signs and signs[column]:
                self._refuse(f"{names[column]} is categorical and monotone", "one of the two")
            self._check_codes(features[:, column], names[column])
        start = context.start
        if start is None:
            return
        if type(start) is not type(self) or start.feature_names != names or not start.is_fitted:
            raise TrainingError(
                "QTS-MODEL-033", "the model to continue from is of another kind or has other features", where=self.name,
                found=f"{start.kind} {start.model_type}, {len(start.feature_names)} features",
                expected=f"{self.kind} {self.model_type}, the same {len(names)} features in the same order",
                fix="train anew: take continue_from out, and choose features without selection when you continue",
            )  # fmt: skip

    def _check_codes(self, values: NDArray[np.floating], name: str) -> None:
        known = values[~np.isnan(values)]
        wrong = known[(known < 0) | (known > HIGHEST_CATEGORY) | (known != np.floor(known))]
        if len(wrong):
            raise TrainingError(
                "QTS-MODEL-031", "a categorical feature holds more than codes", where=f"{self.name}, {name}",
                found=f"{float(wrong[0]):g}", expected=f"whole numbers from 0 to {HIGHEST_CATEGORY}, or NaN",
                fix="take it out of categorical_features, and scale no inputs (features.normalize: false)",
            )  # fmt: skip

    def _refuse(self, found: str, expected: str) -> None:
        raise InvalidConfigError(
            "QTS-MODEL-031", "this model cannot follow a strategy", where=f"{self._name} {self.kind}", found=found,
            expected=expected, fix="correct training in models.yaml",
        )  # fmt: skip


def isolated_groups(groups: tuple[tuple[int, ...], ...], count: int) -> list[list[int]]:
    """Return groups of columns that may meet in a branch, and each column that is in none by itself."""
    inside = {column for group in groups for column in group}
    return [list(group) for group in groups] + [[column] for column in range(count) if column not in inside]


def scheduled(schedule: Mapping[str, tuple[float, float]], rounds: int) -> dict[str, list[float]]:
    """Return the value of each hyperparameter in each round, from the first to the last in a straight line."""
    return {name: [float(v) for v in np.linspace(first, last, rounds)] for name, (first, last) in schedule.items()}
