"""Scalers of model inputs, fitted on training rows and then frozen (specification 5.2; checklist 5.2-08 to 5.2-12).

Fitting needs rows and gives an object that can only transform: there is no way to fit again, or to fit on what is to be
transformed. The trainer fits one per fold on that fold's training rows alone, and the bundle carries the final one, so
live inputs are scaled by numbers that were known when the model was trained. It is JSON, never a pickle.

Scalers whose numbers move with time, each bar by its own past, are features: :mod:`qts_core.features.ops.scaling`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import ModelLoadError, PredictionError, TrainingError
from qts_core.market.panel import Floats

__all__ = ["Method", "Preprocessor"]

FORMAT = 1
QUANTILES = 1000
"""Reference points of the quantile transform; scikit-learn's default."""


class Method(StrEnum):
    """How inputs are scaled."""

    ZSCORE = "zscore"
    MINMAX = "minmax"
    ROBUST = "robust"
    QUANTILE = "quantile"


@dataclass(frozen=True, slots=True, eq=False)
class Preprocessor:
    """A fitted scaler; made by :meth:`fit` or :meth:`from_json`.

    Attributes
    ----------
    method : Method
        ``zscore``: mean 0, population deviation 1. ``minmax``: the training range becomes [0, 1], what lies beyond it
        is cut off. ``robust``: median 0, interquartile range 1. ``quantile``: share of the training values below, in
        [0, 1], by interpolation between reference points.
    feature_names : tuple of str
        The F columns in order.
    samples : int
        Rows it was fitted on.
    center, scale : float64 [F]
        Subtracted, then divided by; NaN for a column without any value in training. For ``quantile`` unused.
    points : float64 [F, K]
        Of ``quantile``: increasing reference points of each column, else [F, 0].

    Notes
    -----
    NaN means no value: it is ignored in fitting and stays NaN. A column without any value in training gives NaN. A
    constant column is divided by 1, as scikit-learn does. Every value depends on its own row alone, so a batch gives,
    bit for bit, what its rows give one by one.
    """

    method: Method
    feature_names: tuple[str, ...]
    samples: int
    center: Floats
    scale: Floats
    points: Floats

    def __post_init__(self) -> None:
        for numbers in (self.center, self.scale, self.points):
            numbers.flags.writeable = False

    @classmethod
    def fit(cls, method: Method | str, features: NDArray[np.floating], feature_names: Sequence[str]) -> Preprocessor:
        """Learn the scale of each column from training rows.

        Parameters
        ----------
        method : Method or str
        features : float [R, F]
            Training rows and nothing else; NaN = no value.
        feature_names : sequence of str
            The F columns.

        Raises
        ------
        TrainingError
            If there are no rows, a value is infinite, or the columns are not those named.
        """
        method, count = Method(method), len(feature_names)
        if features.ndim != 2 or features.shape[1] != count or len(features) == 0:
            raise TrainingError(
                "QTS-MODEL-003", "nothing to fit a scaler on", where=method.value, found=features.shape,
                expected=f"[at least 1 row, {count}]",
            )  # fmt: skip
        center, scale = np.full(count, np.nan), np.full(count, np.nan)
        points = np.full((count, min(QUANTILES, len(features)) if method is Method.QUANTILE else 0), np.nan)
        for column, name in enumerate(feature_names):
            values = np.asarray(features[:, column], dtype=np.float64)
            values = values[~np.isnan(values)]
            if np.isinf(values).any():
                raise TrainingError(
                    "QTS-MODEL-003", "an input is infinite", where=f"{name}, {method.value}",
                    found=f"{int(np.isinf(values).sum())} values", expected="finite values; NaN = no value",
                )  # fmt: skip
            if len(values) == 0:
                continue
            if method is Method.QUANTILE:
                shares = np.linspace(0.0, 1.0, points.shape[1])
                points[column] = np.maximum.accumulate(np.quantile(values, shares))
            else:
                center[column], scale[column] = _scale_of(method, values)
        return cls(method, tuple(feature_names), len(features), center, scale, points)

    def transform(self, features: Floats) -> Floats:
        """Return scaled inputs, float64 [R, F].

        Parameters
        ----------
        features : float64 [R, F]
            NaN = no value; the columns of `feature_names`.

        Raises
        ------
        PredictionError
            If the number of columns is wrong or a value is infinite.
        """
        if features.ndim != 2 or features.shape[1] != len(self.feature_names):
            raise PredictionError(
                "QTS-MODEL-004", "wrong shape of features", where=f"scaler {self.method.value}", found=features.shape,
                expected=f"[rows, {len(self.feature_names)}]", fix="give the columns of feature_names in that order",
            )  # fmt: skip
        if np.isinf(features).any():
            column = int(np.flatnonzero(np.isinf(features).any(axis=0))[0])
            raise PredictionError(
                "QTS-MODEL-004", "an input is infinite", where=self.feature_names[column],
                expected="finite values; NaN = no value",
            )  # fmt: skip
        values = np.asarray(features, dtype=np.float64)
        if self.method is Method.QUANTILE:
            ranked = np.empty(values.shape)
            for column, points in enumerate(self.points):
                ranked[:, column] = _shares_below(values[:, column], points)
            return ranked
        scaled: Floats = (values - self.center) / self.scale
        return np.clip(scaled, 0.0, 1.0) if self.method is Method.MINMAX else scaled

    def to_json(self) -> bytes:
        """Return the scaler as JSON; its numbers come back to the bit."""
        content = {
            "format": FORMAT,
            "method": self.method.value,
            "feature_names": self.feature_names,
            "samples": self.samples,
            "center": _plain(self.center),
            "scale": _plain(self.scale),
            "points": [_plain(row) for row in self.points],
        }
        return (json.dumps(content, sort_keys=True, allow_nan=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Preprocessor:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ModelLoadError
            If it is not a fitted scaler: unknown method or format, shapes that disagree, a scale that is not positive,
            reference points that are not increasing.
        """
        try:
            content = json.loads(data)
            if content["format"] != FORMAT:
                raise ValueError(f"format {content['format']}")
            names = tuple(str(name) for name in content["feature_names"])
            points = np.array([_numbers(row) for row in content["points"]]).reshape(len(names), -1)
            center, scale = _numbers(content["center"]), _numbers(content["scale"])
            fitted = cls(Method(content["method"]), names, int(content["samples"]), center, scale, points)
            fitted._check()
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise ModelLoadError(
                "QTS-MODEL-002", "not a fitted scaler", found=f"{type(error).__name__}: {error}",
                expected=f"JSON of format {FORMAT}", fix="fetch the bundle again",
            ) from error  # fmt: skip
        return fitted

    def _check(self) -> None:
        """Raise ValueError where the numbers cannot have come from `fit`."""
        count = len(self.feature_names)
        if self.center.shape != (count,) or self.scale.shape != (count,) or self.samples < 1:
            raise ValueError("sizes that disagree")
        if np.isinf(self.center).any() or not ((self.scale > 0) & np.isfinite(self.scale) | np.isnan(self.scale)).all():
            raise ValueError("a scale that is not positive and finite")
        if (np.isnan(self.center) != np.isnan(self.scale)).any():
            raise ValueError("a centre without a scale")
        if (self.points.shape[1] > 0) != (self.method is Method.QUANTILE):
            raise ValueError("reference points of another method")
        if np.isinf(self.points).any() or (np.diff(self.points, axis=1) < 0).any():
            raise ValueError("reference points that do not increase")


def _scale_of(method: Method, values: Floats) -> tuple[float, float]:
    """Return what is subtracted and divided by, for one column of values that exist."""
    if method is Method.ZSCORE:
        center = float(values.mean())
        scale = float(values.std())
        # Rounding gives equal values a tiny deviation; it is no scale.
        is_constant = scale <= 10 * np.finfo(np.float64).eps * max(abs(center), np.finfo(np.float64).tiny)
        return center, 1.0 if is_constant else scale
    if method is Method.MINMAX:
        center = float(values.min())
        scale = float(values.max()) - center
    else:
        low, center, high = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
        scale = high - low
    return center, scale if scale > 0 else 1.0


def _shares_below(values: Floats, points: Floats) -> Floats:
    """Return the share of the training values below each value; of equal points the middle one counts.

    At and beyond the ends of the training values it is 0 and 1.
    """
    count = len(points)
    if np.isnan(points[0]):
        return np.full(len(values), np.nan)
    first = np.searchsorted(points, values, side="left")
    after = np.searchsorted(points, values, side="right")
    shares = (first + after - 1) / 2.0
    inside = (first == after) & (first > 0) & (first < count)
    low = points[np.clip(first - 1, 0, count - 1)]
    high = points[np.clip(first, 0, count - 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = first - 1 + (values - low) / (high - low)
    shares = np.where(inside, between, shares) / max(count - 1, 1)
    shares = np.where(values >= points[-1], 1.0, shares)
    shares = np.where(values <= points[0], 0.0, shares)
    return np.where(np.isnan(values), np.nan, shares)


def _plain(values: Floats) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in values]


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)
