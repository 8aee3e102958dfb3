"""Elastic net, ridge and logistic regression behind the model interface (specification 7.2).

Inputs are always filled and scaled: a missing value counts as the median of the training rows, then each column is
brought to mean 0 and deviation 1, because a penalty compares coefficients. Both rules are learned in `fit`, from the
fold's training rows, and are part of the model's file. Fitted on one thread: sums of several differ in their last bits.
"""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qts_core.config.hyperparameters.declared import HyperparameterTable, Parameter
from qts_core.config.hyperparameters.sklearn import ELASTIC_NET, LOGISTIC, RIDGE
from qts_core.market.errors import PredictionError, TrainingError
from qts_core.market.panel import Floats
from qts_core.models.base import STATE, FitContext, ModelType, TradingModel
from qts_core.models.linear.numbers import Inputs, LinearNumbers

__all__ = ["ElasticNet", "LinearModel", "Logistic", "RidgeClassifier", "RidgeRegressor"]

NUMBERS = "linear.json"
MOST_ITERATIONS = 5000


class LinearModel(TradingModel):
    """A weighted sum of filled and scaled inputs.

    Notes
    -----
    NaN counts as the median of the training rows; a column without any value in training takes no part.
    """

    _numbers: LinearNumbers | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether the model can predict."""
        return self._numbers is not None

    def fit(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> Self:
        """Learn how inputs are filled and scaled, then the coefficients; see :meth:`TradingModel.fit`.

        Raises
        ------
        TrainingError
            If a value is infinite, training saw one class only, or the fit did not settle.
        """
        self._check_samples(features, labels, context)
        if np.isinf(features).any():
            column = int(np.flatnonzero(np.isinf(features).any(axis=0))[0])
            raise TrainingError(
                "QTS-MODEL-003", "an input is infinite", where=f"{self.name}, {context.feature_names[column]}",
                expected="finite values; NaN = no value",
            )  # fmt: skip
        present: tuple[int, ...] = ()
        if self.model_type is ModelType.CLASSIFIER:
            present = tuple(int(one) for one in np.unique(labels))
            if len(present) < 2:
                raise TrainingError(
                    "QTS-MODEL-003", "all samples are of one class", where=self.name, found=f"class {present[0]}",
                    expected="at least two classes", fix="import more bars, or choose another target",
                )  # fmt: skip
        inputs, scaled = Inputs.learn(features)
        coefficients, intercepts = self._settled(scaled, labels, context.weights)
        self._numbers = LinearNumbers(
            inputs, np.atleast_2d(coefficients), np.atleast_1d(np.asarray(intercepts, dtype=np.float64)), present
        )
        self._learned(context)
        return self

    def predict(self, features: Floats) -> Floats:
        """Return the label's expectation, float64 [R]."""
        return np.ascontiguousarray(self._sums(features)[:, 0])

    def predict_proba(self, features: Floats) -> Floats:
        """Refuse: a regressor has no classes."""
        raise PredictionError("QTS-MODEL-004", "a regressor has no class probabilities", where=self.name)

    def get_feature_importance(self) -> dict[str, float]:
        """Return each feature's share of the absolute coefficients of the scaled inputs."""
        if self._numbers is None:
            return {}
        return dict(zip(self._feature_names, self._numbers.shares().tolist(), strict=True))

    def to_files(self) -> dict[str, bytes]:
        """Return the numbers and the model's own state, both as JSON."""
        state = self._state()
        assert self._numbers is not None
        return {NUMBERS: self._numbers.to_json(), STATE: state}

    def from_files(self, files: Mapping[str, bytes]) -> Self:
        """Take over what `to_files` gave."""
        try:
            numbers = LinearNumbers.from_json(files[NUMBERS])
            self._take_state(files)
            if len(numbers.inputs.fill) != len(self._feature_names):
                raise ValueError(f"{len(numbers.inputs.fill)} coefficients of {len(self._feature_names)} features")
            if bool(numbers.present) != (self.model_type is ModelType.CLASSIFIER):
                raise ValueError("numbers of another type of model")
            if not set(numbers.present) <= set(range(self._classes)):
                raise ValueError(f"a class beyond {self._classes - 1}")
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise self._not_a_model(error, NUMBERS) from error
        self._numbers = numbers
        return self

    @abstractmethod
    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        """Return scikit-learn's estimator with the chosen hyperparameters."""

    def _settled(self, scaled: Floats, labels: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
        """Return coefficients and intercepts of the scaled inputs."""
        from sklearn.exceptions import ConvergenceWarning
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        chosen = {name: None if value == "none" else value for name, value in self._chosen().items()}
        with threadpool_limits(limits=1), warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                fitted = self._estimator(chosen).fit(scaled, labels, sample_weight=weights)
            except ConvergenceWarning as warning:
                raise TrainingError(
                    "QTS-MODEL-035", "a linear model did not settle", where=self.name,
                    found=str(warning).split("\n")[0][:120], expected="convergence within max_iter",
                    fix="raise hyperparameters.max_iter or tol, or penalise more",
                ) from warning  # fmt: skip
        return fitted.coef_, fitted.intercept_

    def _chosen(self) -> dict[str, Parameter]:
        return self.table.canonical(self._parameters)

    def _sums(self, features: Floats) -> Floats:
        rows = self._checked(features)
        if np.isinf(rows).any():
            column = int(np.flatnonzero(np.isinf(rows).any(axis=0))[0])
            raise PredictionError(
                "QTS-MODEL-004", "an input is infinite", where=f"{self.name}, {self._feature_names[column]}",
                expected="finite values; NaN = no value",
            )  # fmt: skip
        assert self._numbers is not None
        return self._numbers.sums(rows)


class ElasticNet(LinearModel):
    """Linear regression with absolute and squared penalty; the labels too are brought to deviation 1 for the fit.

    References
    ----------
    Zou and Hastie (2005), Regularization and variable selection via the elastic net, JRSS B 67, pp. 301-320.
    """

    kind = "elastic_net"
    model_type = ModelType.REGRESSOR
    table = ELASTIC_NET

    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        from sklearn.linear_model import ElasticNet as Estimator

        return Estimator(**{"alpha": 0.01, "max_iter": MOST_ITERATIONS, **chosen})

    def _settled(self, scaled: Floats, labels: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
        deviation = float(labels.std()) or 1.0
        coefficients, intercept = super()._settled(scaled, labels / deviation, weights)
        return coefficients * deviation, intercept * deviation


class RidgeRegressor(LinearModel):
    """Linear regression with squared penalty.

    References
    ----------
    Hoerl and Kennard (1970), Ridge Regression: Biased Estimation for Nonorthogonal Problems, Technometrics 12,
    pp. 55-67.
    """

    kind = "ridge"
    model_type = ModelType.REGRESSOR
    table = HyperparameterTable(tuple(one for one in RIDGE.parameters if one.name != "class_weight"))

    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        from sklearn.linear_model import Ridge

        return Ridge(**{"alpha": 1.0, "solver": "cholesky", **chosen})


class LinearClassifier(LinearModel):
    """A linear model that tells classes apart."""

    model_type = ModelType.CLASSIFIER

    def predict(self, features: Floats) -> Floats:
        """Return the likeliest class, float64 [R]."""
        chances = self.predict_proba(features)
        if self._classes == 2:
            return (chances[:, 1] > 0.5).astype(np.float64)
        return np.asarray(chances.argmax(axis=1), dtype=np.float64)

    def predict_proba(self, features: Floats) -> Floats:
        """Return the probability of each class, float64 [R, K]; 0 for a class that training never saw."""
        sums = self._sums(features)
        assert self._numbers is not None
        chances = np.zeros((len(sums), self._classes))
        chances[:, list(self._numbers.present)] = self._chances(sums)
        return chances

    @abstractmethod
    def _chances(self, sums: Floats) -> Floats:
        """Return the chance of each class that training saw, from one sum for two of them, else one for each."""


class RidgeClassifier(LinearClassifier):
    """Ridge regression of -1 and 1 for each class: a linear probability model.

    Notes
    -----
    Least squares on an indicator estimates its conditional expectation, which is a probability: (1 + sum) / 2, cut to
    [0, 1] and, with more than two classes, divided by the total, which is 1 but for cuts and rounding. A softmax of the
    sums would be no probability. The penalty draws it towards the base rate.

    References
    ----------
    Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, 2nd ed., section 4.2, pp. 103-106.
    """

    kind = "ridge"
    table = RIDGE

    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        from sklearn.linear_model import RidgeClassifier as Estimator

        return Estimator(**{"alpha": 1.0, "solver": "cholesky", **chosen})

    def _chances(self, sums: Floats) -> Floats:
        chances = np.clip((1.0 + sums) / 2.0, 0.0, 1.0)
        if chances.shape[1] == 1:
            return np.concatenate([1.0 - chances, chances], axis=1)
        return _shared(chances)


class Logistic(LinearClassifier):
    """Logistic regression with squared penalty; with more than two classes, multinomial."""

    kind = "logistic"
    table = LOGISTIC

    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(**{"C": 0.01, "max_iter": MOST_ITERATIONS, **chosen})

    def _chances(self, sums: Floats) -> Floats:
        # element by element: numpy's exp may differ in its last bit between a batch and a row
        if sums.shape[1] == 1:
            up = np.array([_sigmoid(value) for value in sums[:, 0].tolist()])
            return np.stack([1.0 - up, up], axis=1)
        less = (sums - sums.max(axis=1, keepdims=True)).tolist()
        return _shared(np.array([[math.exp(value) for value in row] for row in less]).reshape(sums.shape))


def _sigmoid(value: float) -> float:
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    grown = math.exp(value)
    return grown / (1.0 + grown)


def _shared(chances: Floats) -> Floats:
    """Return chances that add up to 1; equal ones where all are 0."""
    total = chances[:, 0].copy()
    for index in range(1, chances.shape[1]):
        total += chances[:, index]
    is_none = total == 0.0
    shared: Floats = np.where(
        is_none[:, None], 1.0 / chances.shape[1], chances / np.where(is_none, 1.0, total)[:, None]
    )
    return shared
