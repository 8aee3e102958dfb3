"""Class probabilities that come true: Platt's sigmoid and isotonic regression, fitted on samples nobody learned from.

References
----------
Platt (1999), Advances in Large Margin Classifiers, pp. 61-74, fitted as by Lin, Lin and Weng (2007), Machine Learning
68, pp. 267-276. Zadrozny and Elkan (2002), KDD, pp. 694-699: isotonic, and several classes one against the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logit

from qts_core.market.arrays import from_list, to_list
from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats

__all__ = ["CalibrationMethod", "Calibrator", "Isotonic", "Sigmoid"]

CLIP = 1e-6
"""Probabilities are this far from 0 and 1 before their logarithm is taken."""
STEPS = 100


class CalibrationMethod(StrEnum):
    """How probabilities are corrected."""

    PLATT = "platt"
    ISOTONIC = "isotonic"


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """``1 / (1 + exp(slope * logit(p) + offset))``: two numbers, so few samples suffice; -1 and 0 change nothing."""

    slope: float
    offset: float

    @classmethod
    def fit(cls, chances: Floats, happened: Floats) -> Sigmoid:
        """Fit by Newton's method with Platt's targets (Lin et al., p. 269), which keep it finite."""
        score = _logit(chances)
        events = float(happened.sum())
        others = len(happened) - events
        target = np.where(happened > 0.5, (events + 1.0) / (events + 2.0), 1.0 / (others + 2.0))
        at: Floats = np.array([0.0, float(np.log((others + 1.0) / (events + 1.0)))])
        loss = _loss(at, score, target)
        for _ in range(STEPS):
            chance = expit(-(at[0] * score + at[1]))
            weight = chance * (1.0 - chance)
            gradient = np.array([((target - chance) * score).sum(), (target - chance).sum()])
            if np.abs(gradient).max() < 1e-9 * len(score):
                break
            cross = (weight * score).sum()
            hessian = np.array([[(weight * score * score).sum(), cross], [cross, weight.sum()]]) + 1e-12 * np.eye(2)
            step = np.linalg.solve(hessian, gradient)
            length = 1.0
            while length > 1e-10 and (new := _loss(at - length * step, score, target)) > loss:
                length /= 2.0
            if length <= 1e-10:
                break
            at, loss = at - length * step, new
        return cls(float(at[0]), float(at[1]))

    def apply(self, chances: Floats) -> Floats:
        """Return corrected probabilities, float64 [R]."""
        corrected: Floats = expit(-(self.slope * _logit(chances) + self.offset))
        return corrected

    def to_dict(self) -> dict[str, object]:
        """Return plain values."""
        return {"slope": self.slope, "offset": self.offset}


@dataclass(frozen=True, slots=True, eq=False)
class Isotonic:
    """The rising steps nearest to what happened, joined by straight lines; it follows any shape, given many samples.

    Attributes
    ----------
    given, corrected : float64 [k]
        Corners, `given` rising, `corrected` never falling; beyond them the last value stands.
    """

    given: Floats
    corrected: Floats

    @classmethod
    def fit(cls, chances: Floats, happened: Floats) -> Isotonic:
        """Fit by pooling adjacent violators (Barlow et al. 1972, Statistical Inference under Order Restrictions)."""
        given, place = np.unique(chances, return_inverse=True)
        weight = np.bincount(place).astype(np.float64)
        mean = np.bincount(place, weights=happened) / weight
        means: list[float] = []
        weights: list[float] = []
        sizes: list[int] = []
        for value, count in zip(mean.tolist(), weight.tolist(), strict=True):
            means.append(value)
            weights.append(count)
            sizes.append(1)
            while len(means) > 1 and means[-2] >= means[-1]:
                both = weights[-2] + weights[-1]
                pooled = (means[-2] * weights[-2] + means[-1] * weights[-1]) / both
                means[-2:], weights[-2:], sizes[-2:] = [pooled], [both], [sizes[-2] + sizes[-1]]
        level = np.repeat(means, sizes)
        is_corner = np.ones(len(level), dtype=bool)
        is_corner[1:-1] = (level[1:-1] != level[:-2]) | (level[1:-1] != level[2:])
        return cls(given[is_corner], level[is_corner])

    def apply(self, chances: Floats) -> Floats:
        """Return corrected probabilities, float64 [R]."""
        if len(self.given) == 1:
            return np.where(np.isnan(chances), np.nan, self.corrected[0])
        inside = np.clip(chances, self.given[0], self.given[-1])
        right = np.clip(np.searchsorted(self.given, inside, side="right"), 1, len(self.given) - 1)
        left = right - 1
        share = (inside - self.given[left]) / (self.given[right] - self.given[left])
        corrected: Floats = self.corrected[left] + share * (self.corrected[right] - self.corrected[left])
        return corrected

    def to_dict(self) -> dict[str, object]:
        """Return plain values."""
        return {"given": to_list(self.given), "corrected": to_list(self.corrected)}


@dataclass(frozen=True, slots=True)
class Calibrator:
    """One curve for the second of two classes, or one for each of several, whose values are then divided by their sum.

    Every row is corrected by itself, element by element: a batch gives the bits of its rows.
    """

    method: CalibrationMethod
    curves: tuple[Sigmoid | Isotonic, ...]

    @classmethod
    def fit(cls, method: CalibrationMethod, chances: Floats, classes: NDArray[np.int64]) -> Calibrator:
        """Fit on samples that the model did not learn from.

        Parameters
        ----------
        chances : float64 [n, K]
            The model's probabilities.
        classes : int64 [n]
            What came, 0 to K - 1.

        Raises
        ------
        TrainingError
            QTS-MODEL-057 if a class never came, so nothing says how likely it is.
        """
        count = chances.shape[1]
        if missing := sorted(set(range(count)) - set(classes.tolist())):
            raise TrainingError(
                "QTS-MODEL-057", "probabilities cannot be calibrated", where="calibration samples",
                found=f"class {missing[0]} never came in {len(classes)} samples", expected="samples of every class",
                fix="raise uncertainty.calibration_share, or set uncertainty.calibration to none",
            )  # fmt: skip
        kind: type[Sigmoid | Isotonic] = Sigmoid if method is CalibrationMethod.PLATT else Isotonic
        wanted = (1,) if count == 2 else range(count)
        return cls(method, tuple(kind.fit(chances[:, k], (classes == k).astype(np.float64)) for k in wanted))

    def apply(self, chances: Floats) -> Floats:
        """Return corrected probabilities, float64 [R, K]; rows sum to 1."""
        if len(self.curves) == 1:
            up = self.curves[0].apply(chances[:, 1])
            return np.stack([1.0 - up, up], axis=1)
        found = np.stack([curve.apply(chances[:, k]) for k, curve in enumerate(self.curves)], axis=1)
        total = found[:, 0].copy()
        for k in range(1, found.shape[1]):
            total = total + found[:, k]
        has_any = total > 0.0
        return np.where(has_any[:, None], found / np.where(has_any, total, 1.0)[:, None], 1.0 / found.shape[1])

    def to_dict(self) -> dict[str, object]:
        """Return plain values that :meth:`from_dict` reads."""
        return {"method": self.method.value, "curves": [curve.to_dict() for curve in self.curves]}

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> Calibrator:
        """Return the calibrator of :meth:`to_dict`."""
        method = CalibrationMethod(str(content["method"]))
        curves = cast(list[dict[str, object]], content["curves"])
        if method is CalibrationMethod.PLATT:
            return cls(method, tuple(Sigmoid(_number(c["slope"]), _number(c["offset"])) for c in curves))
        return cls(method, tuple(Isotonic(from_list(c["given"]), from_list(c["corrected"])) for c in curves))


def _logit(chances: Floats) -> Floats:
    inside: Floats = logit(np.clip(chances, CLIP, 1.0 - CLIP))
    return inside


def _loss(at: Floats, score: Floats, target: Floats) -> float:
    line = at[0] * score + at[1]
    return float(-(target * log_expit(-line) + (1.0 - target) * log_expit(line)).sum())


def _number(value: object) -> float:
    return float(cast(float, value))
