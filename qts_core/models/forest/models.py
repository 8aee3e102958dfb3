"""Random forest and extra trees behind the model interface (specification 7.2).

The seeds of all trees are drawn before one is grown, so the same seed gives the same bytes however many threads grow
them. They predict from our own arrays, tree by tree in one order: bit for bit scikit-learn's own prediction on one
thread (with several, scikit-learn itself adds up in the order in which threads finish).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qts_core.config.hyperparameters.declared import HyperparameterTable
from qts_core.config.hyperparameters.sklearn import EXTRA_TREES, RANDOM_FOREST
from qts_core.market.errors import PredictionError
from qts_core.market.panel import Floats
from qts_core.models.base import STATE, FitContext, ModelType, Parameter, TradingModel
from qts_core.models.boosting.inputs import single_precision
from qts_core.models.compiled.evaluator import CompiledTrees
from qts_core.models.forest.arrays import ForestArrays

__all__ = [
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "ForestModel",
    "RandomForestClassifier",
    "RandomForestRegressor",
]

ARRAYS = "forest.npz"
THREADS = 2
DEFAULTS: Mapping[str, Parameter] = {
    "n_estimators": 300, "max_depth": 10, "min_samples_leaf": 50, "max_features": "sqrt",
}  # fmt: skip
SHARES = ("max_features", "max_samples")


class ForestModel(TradingModel):
    """The mean of trees that were each grown on chance.

    Notes
    -----
    NaN goes, at each split, to the side that fits best when training saw NaN there, else to the side of more samples.
    Inputs are rounded to single precision, and beyond its range count as its largest number.

    References
    ----------
    Breiman (2001), Random Forests, Machine Learning 45, pp. 5-32.
    Geurts, Ernst, Wehenkel (2006), Extremely randomized trees, Machine Learning 63, pp. 3-42.
    """

    _arrays: ForestArrays | None = None
    _trees: CompiledTrees | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether the model can predict."""
        return self._trees is not None

    def fit(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> Self:
        """Grow the trees; see :meth:`TradingModel.fit`."""
        self._check_samples(features, labels, context)
        weights = context.weights
        if weights is not None and np.ptp(weights) == 0.0:
            # scikit-learn draws its samples in another way where weights are given
            weights = None
        grown = self._estimator(self._chosen()).fit(single_precision(features), labels, sample_weight=weights)
        is_classifier = self.model_type is ModelType.CLASSIFIER
        arrays = ForestArrays.of_estimators(
            grown.estimators_,
            np.asarray(grown.feature_importances_, dtype=np.float64),
            [int(one) for one in grown.classes_] if is_classifier else (),
            self._classes if is_classifier else 1,
        )
        self._take(arrays)
        self._learned(context)
        return self

    def predict(self, features: Floats) -> Floats:
        """Return the label's expectation, or the likeliest class of a classifier, float64 [R]."""
        rows = self._checked(features)
        assert self._trees is not None
        return self._trees.predict(rows)

    def predict_proba(self, features: Floats) -> Floats:
        """Return the mean share of each class in the leaves, float64 [R, K]."""
        if self.model_type is ModelType.REGRESSOR:
            raise PredictionError("QTS-MODEL-004", "a regressor has no class probabilities", where=self.name)
        rows = self._checked(features)
        assert self._trees is not None
        return self._trees.predict_proba(rows)

    def get_feature_importance(self) -> dict[str, float]:
        """Return each feature's share of the fall in impurity."""
        if self._arrays is None:
            return {}
        return dict(zip(self._feature_names, self._arrays.importance.tolist(), strict=True))

    def to_files(self) -> dict[str, bytes]:
        """Return the arrays as npz and the model's own state as JSON."""
        state = self._state()
        assert self._arrays is not None
        return {ARRAYS: self._arrays.to_bytes(), STATE: state}

    def from_files(self, files: Mapping[str, bytes]) -> Self:
        """Take over what `to_files` gave."""
        try:
            arrays = ForestArrays.from_bytes(files[ARRAYS])
            self._take_state(files)
            if int(arrays.features) != len(self._feature_names):
                raise ValueError(f"trees of {int(arrays.features)} features, {len(self._feature_names)} named")
            width = self._classes if self.model_type is ModelType.CLASSIFIER else 1
            if arrays.values.shape[1] != width:
                raise ValueError(f"leaves of {arrays.values.shape[1]} values, not {width}")
            self._take(arrays)
        except (KeyError, ValueError, TypeError) as error:
            raise self._not_a_model(error, ARRAYS) from error
        return self

    @abstractmethod
    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        """Return scikit-learn's estimator with the chosen hyperparameters."""

    def _take(self, arrays: ForestArrays) -> None:
        self._trees = CompiledTrees(arrays.flat(), self.model_type, self.name)
        self._arrays = arrays

    def _chosen(self) -> dict[str, Any]:
        given: dict[str, Any] = {**DEFAULTS, **self.table.canonical(self._parameters)}
        chosen = {name: None if value == "none" else value for name, value in given.items()}
        if chosen["max_depth"] == -1:
            chosen["max_depth"] = None
        # 1 is all of them; to scikit-learn a whole number is a count
        shares = {name: float(given[name]) for name in SHARES if isinstance(chosen.get(name, ""), int | float)}
        return {**chosen, **shares, "random_state": self.seed, "n_jobs": THREADS}


def _without_class_weights(table: HyperparameterTable) -> HyperparameterTable:
    return HyperparameterTable(tuple(one for one in table.parameters if one.name != "class_weight"), table.conflicts)


class RandomForestRegressor(ForestModel):
    """Trees grown on samples drawn with replacement; the mean of their leaves."""

    kind = "random_forest"
    model_type = ModelType.REGRESSOR
    table = _without_class_weights(RANDOM_FOREST)

    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        from sklearn.ensemble import RandomForestRegressor as Estimator

        return Estimator(**chosen)


class RandomForestClassifier(ForestModel):
    """Trees grown on samples drawn with replacement; the mean of the shares in their leaves."""

    kind = "random_forest"
    model_type = ModelType.CLASSIFIER
    table = RANDOM_FOREST

    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        from sklearn.ensemble import RandomForestClassifier as Estimator

        return Estimator(**chosen)


class ExtraTreesRegressor(ForestModel):
    """Trees whose thresholds are drawn at random; the mean of their leaves."""

    kind = "extra_trees"
    model_type = ModelType.REGRESSOR
    table = _without_class_weights(EXTRA_TREES)

    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        from sklearn.ensemble import ExtraTreesRegressor as Estimator

        return Estimator(**chosen)


class ExtraTreesClassifier(ForestModel):
    """Trees whose thresholds are drawn at random; the mean of the shares in their leaves."""

    kind = "extra_trees"
    model_type = ModelType.CLASSIFIER
    table = EXTRA_TREES

    def _estimator(self, chosen: Mapping[str, Any]) -> Any:
        from sklearn.ensemble import ExtraTreesClassifier as Estimator

        return Estimator(**chosen)
