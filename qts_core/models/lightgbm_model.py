"""LightGBM behind the model interface: regressor and classifier (specification 7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import ModelLoadError, PredictionError
from qts_core.market.panel import Floats
from qts_core.models.base import STATE, FitContext, ModelType, Parameter, Strategy, TradingModel, ValidationTail
from qts_core.models.context import NO_STRATEGY

__all__ = ["LightGBMClassifier", "LightGBMModel", "LightGBMRegressor"]

WEIGHTS = "model.txt"
DEFAULT_TREES = 150
SMALL_BATCH_ROWS = 4096
"""Below this many rows a second thread costs more than it saves."""

FIXED: Mapping[str, Parameter] = {
    # the same bytes from the same seed, whatever the machine does meanwhile
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "verbosity": -1,
}
DEFAULTS: Mapping[str, Parameter] = {"learning_rate": 0.05, "num_leaves": 31, "max_bin": 63, "min_data_in_leaf": 500}
STOPPING_NAMES = ("early_stopping_rounds", "early_stopping_round", "early_stopping", "n_iter_no_change")
TREE_COUNT_NAMES = ("n_estimators", "num_iterations", "num_boost_round")


class LightGBMModel(TradingModel):
    """Gradient-boosted trees on histograms.

    Notes
    -----
    NaN features go to the side that fits best when training saw NaN in that feature, else they count as 0.

    References
    ----------
    Ke et al. (2017), LightGBM: A Highly Efficient Gradient Boosting Decision Tree, NIPS 30.
    """

    kind = "lightgbm"
    objective: ClassVar[str]

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
        super().__init__(name, version=version, seed=seed, parameters=parameters, classes=classes, strategy=strategy)
        self._booster: lightgbm.Booster | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether the model can predict."""
        return self._booster is not None

    def fit(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> Self:
        """Grow the trees, to the best number of them on the tail if early stopping is configured.

        See :meth:`TradingModel.fit`.
        """
        self._check_samples(features, labels, context)
        data = lightgbm.Dataset(
            features, label=labels, weight=context.weights, feature_name=list(context.feature_names),
            params=self._library_parameters(),
        )  # fmt: skip
        tails = [] if context.validation is None else [_judged(data, context.validation)]
        self._booster = lightgbm.train(
            self._library_parameters(), data, num_boost_round=self._trees(), valid_sets=tails or None
        )
        self._learned(context)
        return self

    def predict(self, features: Floats) -> Floats:
        """Return the label's expectation, float64 [R]."""
        return self._raw(features)

    def predict_proba(self, features: Floats) -> Floats:
        """Refuse: a regressor has no classes."""
        raise PredictionError("QTS-MODEL-004", "a regressor has no class probabilities", where=self.name)

    def get_feature_importance(self) -> dict[str, float]:
        """Return each feature's share of the total gain."""
        if self._booster is None:
            return {}
        gain = self._booster.feature_importance(importance_type="gain")
        total = float(gain.sum())
        return {n: float(g) / total if total > 0 else 0.0 for n, g in zip(self._feature_names, gain, strict=True)}

    def to_files(self) -> dict[str, bytes]:
        """Return LightGBM's text format and the model's own state as JSON."""
        state = self._state()
        booster: lightgbm.Booster = self._booster  # type: ignore[assignment]  # _state refuses an unfitted model
        return {WEIGHTS: booster.model_to_string().encode(), STATE: state}

    def from_files(self, files: Mapping[str, bytes]) -> Self:
        """Take over what `to_files` gave."""
        try:
            self._take_state(files)
            booster = lightgbm.Booster(model_str=files[WEIGHTS].decode())
        except (KeyError, ValueError, TypeError, lightgbm.basic.LightGBMError) as error:
            raise self._not_a_model(error, WEIGHTS) from error
        names = self._feature_names
        if booster.num_feature() != len(names):
            raise ModelLoadError(
                "QTS-MODEL-002", "the trees and the feature list differ", where=self.name, found=booster.num_feature(),
                expected=f"{len(names)} features", fix="fetch the bundle again",
            )  # fmt: skip
        self._booster, self._classes = booster, max(2, booster.num_model_per_iteration())
        return self

    def _raw(self, features: Floats) -> Floats:
        rows = self._checked(features)
        if self._booster is None or len(rows) == 0:
            return np.empty(0)
        threads = 1 if len(rows) <= SMALL_BATCH_ROWS else 2
        return np.asarray(self._booster.predict(rows, num_threads=threads), dtype=np.float64)

    def _trees(self) -> int:
        given = [self._parameters[name] for name in TREE_COUNT_NAMES if name in self._parameters]
        return int(given[0]) if given else DEFAULT_TREES

    def _library_parameters(self) -> dict[str, Parameter]:
        chosen = {k: v for k, v in self._parameters.items() if k not in TREE_COUNT_NAMES}
        return {**DEFAULTS, **chosen, **FIXED, **self._task(), "seed": self.seed}

    def _task(self) -> dict[str, Parameter]:
        """Return what is learned, in the library's words."""
        return {"objective": self.objective}


def _judged(data: lightgbm.Dataset, validation: ValidationTail) -> lightgbm.Dataset:
    return data.create_valid(validation.features, label=validation.labels, weight=validation.weights)


class LightGBMRegressor(LightGBMModel):
    """Foretells a return."""

    model_type = ModelType.REGRESSOR
    objective = "regression"


class LightGBMClassifier(LightGBMModel):
    """Foretells classes; of a direction, the probability that the return is above zero."""

    model_type = ModelType.CLASSIFIER
    objective = "binary"

    def predict(self, features: Floats) -> Floats:
        """Return the likeliest class, float64 [R]; of a direction, 1 = up."""
        if self._classes > 2:
            return np.asarray(self.predict_proba(features).argmax(axis=1), dtype=np.float64)
        return (self._raw(features) > 0.5).astype(np.float64)

    def predict_proba(self, features: Floats) -> Floats:
        """Return the probability of each class, float64 [R, K]; of a direction, not up and up."""
        chances = self._raw(features)
        if self._classes > 2:
            by_class: Floats = chances.reshape(-1, self._classes)
            return by_class
        return np.asarray(np.stack([1.0 - chances, chances], axis=1))

    def _task(self) -> dict[str, Parameter]:
        return {"objective": "multiclass", "num_class": self._classes} if self._classes > 2 else super()._task()
