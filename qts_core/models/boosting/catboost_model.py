"""CatBoost behind the model interface: regressor and classifier (specification 7.2)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Self

import catboost
import numpy as np
from catboost.utils import get_gpu_device_count
from numpy.typing import NDArray

from qts_core.config.hyperparameters.catboost import CATBOOST
from qts_core.market.errors import ModelLoadError
from qts_core.market.panel import Floats
from qts_core.models.base import FitContext, ModelType, Parameter
from qts_core.models.boosting.base import SMALL_BATCH_ROWS, THREADS, BoostedTrees
from qts_core.models.boosting.inputs import single_precision, within_single_precision
from qts_core.models.context import Device, Metric, Option
from qts_core.models.folder import written_bytes

__all__ = ["CatBoostClassifier", "CatBoostModel", "CatBoostRegressor"]

DEFAULTS: Mapping[str, Parameter] = {"learning_rate": 0.05, "depth": 6}
FIXED: Mapping[str, Parameter] = {"thread_count": THREADS, "allow_writing_files": False, "logging_level": "Silent"}
DETECTOR_ROUNDS = 20
"""Rounds that the overfitting detector waits when it is asked for by its p value alone."""
DIARY = ("train_finish_time", "model_guid", "output_options", "training", "catboost_version_info")
"""Notes of the training that differ from run to run and take no part in predictions."""


class CatBoostModel(BoostedTrees):
    """Gradient boosting of symmetric trees, with ordered boosting and ordered target statistics of categories.

    Notes
    -----
    Features are read in single precision, in training and live alike. A NaN feature counts as below every value
    (`nan_mode: Min`) or above (`Max`). With categorical features samples are taken in their order in time
    (`has_time`), so the statistics of a category are those of earlier samples; a category that training has not seen
    has the prior.

    References
    ----------
    Prokhorenkova et al. (2018), CatBoost: unbiased boosting with categorical features, NeurIPS 31.
    """

    kind = "catboost"
    table = CATBOOST
    understands = frozenset(Option) - {Option.INTERACTION, Option.SCHEDULE}
    weights_file = "model.cbm"
    tree_count = "iterations"
    objective: ClassVar[str]
    _booster: catboost.CatBoost | None = None

    @classmethod
    def can_use_gpu(cls) -> bool:
        """Return whether the library sees a GPU."""
        return int(get_gpu_device_count()) > 0

    @property
    def stopping_rounds(self) -> int | None:
        """Rounds without gain after which growing ends; those that the overfitting detector waits."""
        given = self.table.canonical(self._parameters)
        detects = "od_type" in given or "od_pval" in given
        return super().stopping_rounds or (DETECTOR_ROUNDS if detects else None)

    @property
    def is_fitted(self) -> bool:
        """Whether the model can predict."""
        return self._booster is not None

    def from_files(self, files: Mapping[str, bytes]) -> Self:
        """Take over what `to_files` gave."""
        try:
            self._take_state(files)
            booster = catboost.CatBoost().load_model(blob=files[self.weights_file])
        except (KeyError, ValueError, TypeError, catboost.CatBoostError) as error:
            raise self._not_a_model(error, self.weights_file) from error
        if len(booster.feature_names_) != len(self._feature_names):
            raise ModelLoadError(
                "QTS-MODEL-002", "the trees and the feature list differ", where=self.name,
                found=len(booster.feature_names_), expected=f"{len(self._feature_names)} features",
                fix="fetch the bundle again",
            )  # fmt: skip
        self._booster = booster
        return self

    def _check_choices(self) -> None:
        super()._check_choices()
        if self._strategy.device is Device.GPU and self._strategy.evaluation_metric is Metric.SHARPE:
            self._refuse("evaluation_metric sharpe with device gpu", "loss, or device cpu")

    def _grow(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> None:
        names = context.feature_names
        tail, watched = context.validation, self._watched(context)
        parameters = self._library_parameters(names)
        start = context.start._booster if isinstance(context.start, CatBoostModel) else None
        judged = None if tail is None else self._pool(tail.features, names, tail.labels, tail.weights)
        with warnings.catch_warnings():
            if watched is not None and tail is not None:
                parameters["eval_metric"] = _LibraryMetric(watched, len(tail.labels), self._chances)
                # the library tries to compile the metric, and says when it cannot
                for words in ("Failed to optimize method", "Can't optimze method"):
                    warnings.filterwarnings("ignore", message=words, category=UserWarning)
            grown = catboost.CatBoost(parameters)
            grown.fit(self._pool(features, names, labels, context.weights), eval_set=judged, init_model=start)
        self._booster = catboost.CatBoost().load_model(blob=_lasting_bytes(grown))

    def _raw(self, rows: Floats) -> Floats:
        threads = 1 if len(rows) <= SMALL_BATCH_ROWS else THREADS
        booster: catboost.CatBoost = self._booster
        kind = "RawFormulaVal" if self.model_type is ModelType.REGRESSOR else "Probability"
        inputs = self._inputs(rows, self._feature_names)
        values = np.asarray(booster.predict(inputs, prediction_type=kind, thread_count=threads), dtype=np.float64)
        return values[:, 1].copy() if values.ndim == 2 and self._classes == 2 else values

    def _gain(self) -> Floats:
        booster: catboost.CatBoost = self._booster
        change = np.asarray(booster.get_feature_importance(type="PredictionValuesChange"), dtype=np.float64)
        place = np.argsort(self._order(self._feature_names))
        return np.asarray(change[place])

    def _booster_bytes(self) -> bytes:
        booster: catboost.CatBoost = self._booster
        return _lasting_bytes(booster)

    def _library_parameters(self, names: tuple[str, ...]) -> dict[str, object]:
        strategy, given = self._strategy, self._chosen()
        chosen: dict[str, object] = {**DEFAULTS, **given, **FIXED, **self._task()}
        chosen |= {"iterations": self._trees(), "random_seed": self.seed}
        categorical = strategy.categorical(names)
        if categorical:
            chosen.setdefault("has_time", True)
        if "bagging_temperature" in given:
            chosen.setdefault("bootstrap_type", "Bayesian")
        if self.stopping_rounds is not None:
            chosen.setdefault("od_type", "IncToDec" if "od_pval" in given else "Iter")
            chosen |= {"od_wait": self.stopping_rounds, "use_best_model": True}
        if signs := strategy.monotone(names):
            chosen["monotone_constraints"] = [signs[column] for column in self._order(names)]
        if strategy.device is Device.GPU:
            chosen["task_type"] = "GPU"
        return chosen

    def _order(self, names: tuple[str, ...]) -> list[int]:
        """Return the columns as the library holds them: numbers first, then categories."""
        categorical = self._strategy.categorical(names)
        return [i for i in range(len(names)) if i not in categorical] + list(categorical)

    def _inputs(
        self, features: NDArray[np.floating], names: tuple[str, ...]
    ) -> catboost.FeaturesData | NDArray[np.floating]:
        """Return what the library reads; it rounds numbers to single precision itself."""
        categorical = self._strategy.categorical(names)
        if not categorical:
            return within_single_precision(features)
        numbers = [i for i in range(len(names)) if i not in categorical]
        return catboost.FeaturesData(
            num_feature_data=single_precision(features[:, numbers]) if numbers else None,
            cat_feature_data=_category_names(features[:, list(categorical)]),
        )

    def _pool(
        self, features: NDArray[np.floating], names: tuple[str, ...], labels: Floats, weights: Floats | None
    ) -> catboost.Pool:
        return catboost.Pool(self._inputs(features, names), label=labels, weight=weights)

    def _chances(self, raw: Floats) -> Floats:
        """Return expectations [V], chances of "up" [V] or of K classes [V, K] from raw values [1 or K, V]."""
        if self.model_type is ModelType.REGRESSOR:
            return np.asarray(raw[0])
        if self._classes == 2:
            return np.asarray(1.0 / (1.0 + np.exp(-raw[0])))
        odds = np.exp(raw - raw.max(axis=0))
        return np.asarray((odds / odds.sum(axis=0)).T)

    def _task(self) -> dict[str, Parameter]:
        """Return what is learned, in the library's words."""
        return {"loss_function": self.objective}


class _LibraryMetric:
    """A metric in the form that the library calls; on the training samples, which nobody reads, it is 0."""

    def __init__(self, watched: Callable[[Floats], float], size: int, chances: Callable[[Floats], Floats]) -> None:
        self._watched, self._size, self._chances = watched, size, chances

    def __deepcopy__(self, _: object) -> _LibraryMetric:
        """Stay the one: the library copies its settings, and with them the whole tail."""
        return self

    def is_max_optimal(self) -> bool:
        return True

    def evaluate(self, approxes: Sequence[Floats], _target: Floats, _weight: Floats | None) -> tuple[float, float]:
        if len(approxes[0]) != self._size:
            return 0.0, 1.0
        return self._watched(self._chances(np.asarray(approxes, dtype=np.float64))), 1.0

    def get_final_error(self, error: float, weight: float) -> float:
        return error / weight


def _category_names(codes: NDArray[np.floating]) -> NDArray[np.object_]:
    """Return each code as the library's bytes, ``b""`` for NaN."""
    named = np.empty(codes.shape, dtype=object)
    for column in range(codes.shape[1]):
        values, place = np.unique(codes[:, column], return_inverse=True)
        words = np.array([b"" if np.isnan(value) else b"%g" % value for value in values], dtype=object)
        named[:, column] = words[place]
    return named


def _lasting_bytes(booster: catboost.CatBoost) -> bytes:
    """Return the model in CatBoost's own format without what differs from run to run."""
    notes = booster.get_metadata()
    for name in [key for key in notes.keys() if key in DIARY]:  # noqa: SIM118  # the library's proxy has no iterator
        del notes[name]
    return written_bytes(lambda path: booster.save_model(path, format="cbm"))


class CatBoostRegressor(CatBoostModel):
    """Foretells a return."""

    model_type = ModelType.REGRESSOR
    objective = "RMSE"


class CatBoostClassifier(CatBoostModel):
    """Foretells classes; of a direction, the probability that the return is above zero."""

    model_type = ModelType.CLASSIFIER
    objective = "Logloss"

    def _task(self) -> dict[str, Parameter]:
        return {"loss_function": "MultiClass", "classes_count": self._classes} if self._classes > 2 else super()._task()
