"""LightGBM behind the model interface: regressor and classifier (specification 7.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from qts_core.config.hyperparameters.lightgbm import LIGHTGBM
from qts_core.market.errors import ModelLoadError
from qts_core.market.panel import Floats
from qts_core.models.base import FitContext, ModelType, Parameter
from qts_core.models.boosting.base import SMALL_BATCH_ROWS, THREADS, BoostedTrees, isolated_groups, scheduled
from qts_core.models.boosting.sharpe import SharpeMetric
from qts_core.models.context import Device, Option, ValidationTail

__all__ = ["LightGBMClassifier", "LightGBMModel", "LightGBMRegressor"]

FIXED: Mapping[str, Parameter] = {
    # the same bytes from the same seed, whatever the machine does meanwhile
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": THREADS,
    "verbosity": -1,
}
DEFAULTS: Mapping[str, Parameter] = {"learning_rate": 0.05, "num_leaves": 31, "max_bin": 63, "min_data_in_leaf": 500}


class LightGBMModel(BoostedTrees):
    """Gradient-boosted trees on histograms.

    Notes
    -----
    NaN features go to the side that fits best when training saw NaN in that feature, else they count as 0. Values of a
    categorical feature that training has not seen go to the side of NaN.

    References
    ----------
    Ke et al. (2017), LightGBM: A Highly Efficient Gradient Boosting Decision Tree, NIPS 30.
    """

    kind = "lightgbm"
    table = LIGHTGBM
    understands = frozenset(Option)
    weights_file = "model.txt"
    tree_count = "num_iterations"
    schedulable = frozenset({"learning_rate", "lambda_l1", "lambda_l2", "min_gain_to_split"})
    objective: ClassVar[str]
    _booster: lightgbm.Booster | None = None

    @classmethod
    def can_use_gpu(cls) -> bool:
        """Return whether the installed build can grow a tree on the GPU: it is tried on a few rows."""
        rows = np.arange(200.0).reshape(100, 2)
        try:
            lightgbm.train(
                {"device_type": "gpu", "verbosity": -1}, lightgbm.Dataset(rows, label=rows[:, 0]), num_boost_round=1
            )
        except lightgbm.basic.LightGBMError:
            return False
        return True

    @property
    def is_fitted(self) -> bool:
        """Whether the model can predict."""
        return self._booster is not None

    def from_files(self, files: Mapping[str, bytes]) -> Self:
        """Take over what `to_files` gave."""
        try:
            self._take_state(files)
            booster = lightgbm.Booster(model_str=files[self.weights_file].decode())
        except (KeyError, ValueError, TypeError, lightgbm.basic.LightGBMError) as error:
            raise self._not_a_model(error, self.weights_file) from error
        if booster.num_feature() != len(self._feature_names):
            raise ModelLoadError(
                "QTS-MODEL-002", "the trees and the feature list differ", where=self.name, found=booster.num_feature(),
                expected=f"{len(self._feature_names)} features", fix="fetch the bundle again",
            )  # fmt: skip
        self._booster, self._classes = booster, max(2, booster.num_model_per_iteration())
        return self

    def _grow(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> None:
        rounds, names = self._trees(), context.feature_names
        parameters = self._library_parameters(names)
        watched = self._watched(context)
        callbacks: list[Callable[..., None]] = []
        if self._strategy.regularisation_schedule:
            moving = scheduled(self._strategy.regularisation_schedule, rounds)
            callbacks.append(lightgbm.reset_parameter(**moving))
        if watched is not None:
            parameters["metric"] = "None"
        data = lightgbm.Dataset(
            features, label=labels, weight=context.weights, feature_name=list(names),
            categorical_feature=list(self._strategy.categorical(names)), params=parameters,
        )  # fmt: skip
        tails = [] if context.validation is None else [_judged(data, context.validation)]
        start = context.start._booster if isinstance(context.start, LightGBMModel) else None
        grown = lightgbm.train(
            parameters, data, num_boost_round=rounds, valid_sets=tails or None, init_model=start,
            feval=None if watched is None else _library_metric(watched), callbacks=callbacks,
        )  # fmt: skip
        # as a bundle gives it back: without the trees after the best one, and without the training data
        self._booster = lightgbm.Booster(model_str=grown.model_to_string())

    def _raw(self, rows: Floats) -> Floats:
        threads = 1 if len(rows) <= SMALL_BATCH_ROWS else THREADS
        booster: lightgbm.Booster = self._booster  # type: ignore[assignment]  # _checked refuses an unfitted model
        values = np.asarray(booster.predict(rows, num_threads=threads), dtype=np.float64)
        return values.reshape(-1, self._classes) if self._classes > 2 else values

    def _gain(self) -> Floats:
        booster: lightgbm.Booster = self._booster  # type: ignore[assignment]
        return np.asarray(booster.feature_importance(importance_type="gain"), dtype=np.float64)

    def _booster_bytes(self) -> bytes:
        booster: lightgbm.Booster = self._booster  # type: ignore[assignment]
        return booster.model_to_string().encode()

    def _library_parameters(self, names: tuple[str, ...]) -> dict[str, object]:
        strategy = self._strategy
        chosen: dict[str, object] = {**DEFAULTS, **self._chosen(), **FIXED, **self._task(), "seed": self.seed}
        if self.stopping_rounds is not None:
            chosen["early_stopping_round"] = self.stopping_rounds
        if signs := strategy.monotone(names):
            chosen["monotone_constraints"] = list(signs)
        if groups := strategy.interactions(names):
            chosen["interaction_constraints"] = isolated_groups(groups, len(names))
        if strategy.device is Device.GPU:
            chosen |= {"device_type": "gpu", "gpu_use_dp": True, "force_row_wise": False}
        return chosen

    def _task(self) -> dict[str, Parameter]:
        """Return what is learned, in the library's words."""
        return {"objective": self.objective}


def _judged(data: lightgbm.Dataset, validation: ValidationTail) -> lightgbm.Dataset:
    return data.create_valid(validation.features, label=validation.labels, weight=validation.weights)


def _library_metric(
    watched: Callable[[Floats], float],
) -> Callable[[Floats, lightgbm.Dataset], tuple[str, float, bool]]:
    return lambda predictions, _: (SharpeMetric.name, watched(predictions), True)


class LightGBMRegressor(LightGBMModel):
    """Foretells a return."""

    model_type = ModelType.REGRESSOR
    objective = "regression"


class LightGBMClassifier(LightGBMModel):
    """Foretells classes; of a direction, the probability that the return is above zero."""

    model_type = ModelType.CLASSIFIER
    objective = "binary"

    def _task(self) -> dict[str, Parameter]:
        return {"objective": "multiclass", "num_class": self._classes} if self._classes > 2 else super()._task()
