"""XGBoost behind the model interface: regressor and classifier (specification 7.2)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import ClassVar, Self

import numpy as np
import xgboost
from numpy.typing import NDArray

from qts_core.config.hyperparameters.xgboost import XGBOOST
from qts_core.market.errors import InvalidConfigError, ModelLoadError
from qts_core.market.panel import Floats
from qts_core.models.base import FitContext, ModelType, Parameter
from qts_core.models.boosting.base import SMALL_BATCH_ROWS, THREADS, BoostedTrees, isolated_groups, scheduled
from qts_core.models.boosting.inputs import single_precision, within_single_precision
from qts_core.models.boosting.sharpe import SharpeMetric
from qts_core.models.context import Device, Option, ValidationTail

__all__ = ["XGBoostClassifier", "XGBoostModel", "XGBoostRegressor"]

TAIL = "tail"
DEFAULTS: Mapping[str, Parameter] = {"learning_rate": 0.05, "max_depth": 4}
FIXED: Mapping[str, Parameter] = {"tree_method": "hist", "booster": "gbtree", "nthread": THREADS, "verbosity": 1}


class XGBoostModel(BoostedTrees):
    """Regularised gradient-boosted trees on histograms.

    Notes
    -----
    Features are read in single precision, in training and live alike. NaN features go to the side that fits best when
    training saw NaN at that branch, else to the left. Values of a categorical feature that training has not seen go
    where NaN goes.

    References
    ----------
    Chen and Guestrin (2016), XGBoost: A Scalable Tree Boosting System, KDD, p. 785.
    """

    kind = "xgboost"
    table = XGBOOST
    understands = frozenset(Option)
    weights_file = "model.ubj"
    tree_count = "n_estimators"
    schedulable = frozenset({"learning_rate", "reg_alpha", "reg_lambda", "gamma", "min_child_weight"})
    objective: ClassVar[str]
    _booster: xgboost.Booster | None = None
    _threads: int = 0

    @classmethod
    def can_use_gpu(cls) -> bool:
        """Return whether the installed build knows CUDA."""
        return bool(xgboost.build_info().get("USE_CUDA", False))

    @property
    def is_fitted(self) -> bool:
        """Whether the model can predict."""
        return self._booster is not None

    def from_files(self, files: Mapping[str, bytes]) -> Self:
        """Take over what `to_files` gave."""
        try:
            self._take_state(files)
            booster = xgboost.Booster(model_file=bytearray(files[self.weights_file]))
        except (KeyError, ValueError, TypeError, xgboost.core.XGBoostError) as error:
            raise self._not_a_model(error, self.weights_file) from error
        if booster.num_features() != len(self._feature_names):
            raise ModelLoadError(
                "QTS-MODEL-002", "the trees and the feature list differ", where=self.name,
                found=booster.num_features(), expected=f"{len(self._feature_names)} features",
                fix="fetch the bundle again",
            )  # fmt: skip
        self._take(booster)
        return self

    def _grow(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> None:
        names, rounds = context.feature_names, self._trees()
        watched = self._watched(context)
        parameters = self._library_parameters(names)
        if watched is not None:
            parameters["disable_default_eval_metric"] = True
        callbacks: list[xgboost.callback.TrainingCallback] = []
        if self._strategy.regularisation_schedule:
            callbacks.append(_Schedule(scheduled(self._strategy.regularisation_schedule, rounds)))
        if self.stopping_rounds is not None:
            callbacks.append(
                xgboost.callback.EarlyStopping(
                    rounds=self.stopping_rounds, data_name=TAIL, maximize=watched is not None, save_best=True
                )
            )
        start = context.start._booster if isinstance(context.start, XGBoostModel) else None
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            data = self._matrix(features, labels, context.weights, names)
            tails = [] if context.validation is None else [(self._tail(context.validation, names, data), TAIL)]
            grown = xgboost.train(
                parameters, data, rounds, evals=tails, callbacks=callbacks, xgb_model=start, verbose_eval=False,
                custom_metric=None if watched is None else _library_metric(watched),
            )  # fmt: skip
        self._heed(remarks)
        # as a bundle gives it back: without the training's own notes, such as the device it ran on
        grown.set_attr(best_iteration=None, best_score=None)
        self._take(xgboost.Booster(model_file=bytearray(grown.save_raw("ubj"))))

    def _raw(self, rows: Floats) -> Floats:
        threads = 1 if len(rows) <= SMALL_BATCH_ROWS else THREADS
        booster: xgboost.Booster = self._booster  # type: ignore[assignment]  # _checked refuses an unfitted model
        if threads != self._threads:
            booster.set_param({"nthread": threads})
            self._threads = threads
        values = np.asarray(booster.inplace_predict(single_precision(rows)), dtype=np.float64)
        if self._classes == 2:
            return values
        total = values[:, 0]
        for index in range(1, self._classes):
            # class by class, as a sum over rows of another length may add up differently
            total = total + values[:, index]
        return values / total[:, None]

    def _gain(self) -> Floats:
        booster: xgboost.Booster = self._booster  # type: ignore[assignment]
        gain = booster.get_score(importance_type="total_gain")
        return np.array([float(gain.get(f"f{i}", 0.0)) for i in range(len(self._feature_names))])  # type: ignore[arg-type]

    def _booster_bytes(self) -> bytes:
        booster: xgboost.Booster = self._booster  # type: ignore[assignment]
        return bytes(booster.save_raw("ubj"))

    def _take(self, booster: xgboost.Booster) -> None:
        # columns are checked by name before they come here; the library's own copy of the names would slow rows down
        booster.feature_names, booster.feature_types = None, None
        self._booster, self._threads = booster, 0

    def _library_parameters(self, names: tuple[str, ...]) -> dict[str, object]:
        strategy = self._strategy
        chosen: dict[str, object] = {**DEFAULTS, **self._chosen(), **FIXED, **self._task(), "seed": self.seed}
        if signs := strategy.monotone(names):
            chosen["monotone_constraints"] = str(signs)
        if groups := strategy.interactions(names):
            chosen["interaction_constraints"] = str(isolated_groups(groups, len(names)))
        if strategy.device is Device.GPU:
            chosen["device"] = "cuda"
        return chosen

    def _matrix(
        self, features: NDArray[np.floating], labels: Floats, weights: Floats | None, names: tuple[str, ...]
    ) -> xgboost.QuantileDMatrix:
        return xgboost.QuantileDMatrix(
            within_single_precision(features), label=labels, weight=weights, nthread=THREADS,
            max_bin=self._max_bin(), feature_types=self._types(names), enable_categorical=True,
        )  # fmt: skip

    def _tail(self, tail: ValidationTail, names: tuple[str, ...], data: xgboost.QuantileDMatrix) -> xgboost.DMatrix:
        return xgboost.QuantileDMatrix(
            within_single_precision(tail.features), label=tail.labels, weight=tail.weights, nthread=THREADS,
            max_bin=self._max_bin(), feature_types=self._types(names), enable_categorical=True, ref=data,
        )  # fmt: skip

    def _max_bin(self) -> int:
        return int(self._chosen().get("max_bin", 256))

    def _types(self, names: tuple[str, ...]) -> list[str] | None:
        named = set(self._strategy.categorical(names))
        return ["c" if i in named else "float" for i in range(len(names))] if named else None

    def _heed(self, remarks: list[warnings.WarningMessage]) -> None:
        for remark in remarks:
            text = " ".join(str(remark.message).split())
            if "are not used" in text:
                raise InvalidConfigError(
                    "QTS-MODEL-030", "XGBoost does not use a hyperparameter", where=self.name, found=text[-80:],
                    expected="hyperparameters that have an effect together", fix="correct hyperparameters",
                )  # fmt: skip
            warnings.warn_explicit(remark.message, remark.category, remark.filename, remark.lineno)

    def _task(self) -> dict[str, Parameter]:
        """Return what is learned, in the library's words."""
        return {"objective": self.objective}


class _Schedule(xgboost.callback.TrainingCallback):
    """Sets hyperparameters anew before each round."""

    def __init__(self, values: Mapping[str, list[float]]) -> None:
        super().__init__()
        self._values = values

    def before_iteration(self, model: xgboost.Booster, epoch: int, _evals_log: object) -> bool:
        for name, values in self._values.items():
            model.set_param(name, str(values[epoch]))
        return False


def _library_metric(watched: Callable[[Floats], float]) -> Callable[[Floats, xgboost.DMatrix], tuple[str, float]]:
    return lambda predictions, _: (SharpeMetric.name, watched(predictions))


class XGBoostRegressor(XGBoostModel):
    """Foretells a return."""

    model_type = ModelType.REGRESSOR
    objective = "reg:squarederror"


class XGBoostClassifier(XGBoostModel):
    """Foretells classes; of a direction, the probability that the return is above zero."""

    model_type = ModelType.CLASSIFIER
    objective = "binary:logistic"

    def _task(self) -> dict[str, Parameter]:
        return {"objective": "multi:softprob", "num_class": self._classes} if self._classes > 2 else super()._task()
