"""What a bundle knows of its own doubt: calibrated probabilities, conformal quantiles and when to keep silent (9.1).

It travels as the appendix `calibration.json`, fitted by training on samples that the model did not learn from. A
:class:`Doubt` holds what it says of rows; what follows at a bar is up to the decision path (`trading.abstention`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from qts_core.config.uncertainty import AbstainSettings
from qts_core.market.errors import ModelLoadError, TrainingError
from qts_core.market.panel import Floats
from qts_core.models.base import ModelType, TradingModel
from qts_core.models.calibration import Calibrator
from qts_core.models.conformal import Conformal, SetMethod, set_scores
from qts_core.models.preprocessing import Preprocessor
from qts_core.models.scoring import class_chances
from qts_core.models.tuned_levels import Tuning

__all__ = ["DISAGREEMENT", "Doubt", "Spread", "UncertaintyModel", "disagreement_of", "doubt_of", "scale_values"]

DISAGREEMENT = "disagreement"
"""Scale of intervals that widen with the disagreement of an ensemble's members."""
LOWEST_SHARE = 0.05
"""Quantile of the scale below which intervals narrow no further."""


@runtime_checkable
class _Opinions(Protocol):
    @property
    def disagreement(self) -> Floats: ...


@runtime_checkable
class _HasOpinions(Protocol):
    def opinions(self, features: Floats) -> _Opinions: ...


def disagreement_of(model: object, features: Floats) -> Floats | None:
    """Return the standard deviation of the members' scores, float64 [R]; None of a model without members."""
    return model.opinions(features).disagreement if isinstance(model, _HasOpinions) else None


@dataclass(frozen=True, slots=True)
class Spread:
    """What intervals widen with.

    Attributes
    ----------
    name : str
        A feature, or ``disagreement``; empty = every interval is as wide as the next.
    floor : float
        Intervals narrow no further below it.
    usual : float
        Taken where the feature has no value.
    """

    name: str = ""
    floor: float = 1.0
    usual: float = 1.0

    @classmethod
    def fit(cls, name: str, values: Floats) -> Spread:
        """Find floor and usual size in float64 [n] values of calibration samples."""
        size = np.abs(values[np.isfinite(values)])
        size = size[size > 0.0]
        if not name or not len(size):
            return cls(name)
        return cls(name, float(np.quantile(size, LOWEST_SHARE)), float(np.median(size)))

    def of(self, values: Floats) -> Floats:
        """Return the spread of rows, float64 [R], positive."""
        return np.maximum(np.where(np.isnan(values), self.usual, np.abs(values)), self.floor)


@dataclass(frozen=True, slots=True)
class UncertaintyModel:
    """What was fitted beside a model, and the rules by which it keeps silent.

    Attributes
    ----------
    level : float
        Share of outcomes that intervals and sets promise to hold.
    horizon_bars : int
        Bars of the label.
    signs : tuple of float
        What each class says of the price; of a classifier.
    is_relative : bool
        Whether outcomes are taken less the mean of all members.
    abstain : AbstainSettings
    adaptive_rate : float
        0 = the level stays, or is tuned.
    calibrator : Calibrator, optional
        The model's score applies it; kept here to travel.
    spread : Spread
    intervals, sets : Conformal, optional
    set_method : SetMethod
    tuning : Tuning, optional
        The rates among which what comes chooses, in place of `adaptive_rate`.
    """

    level: float
    horizon_bars: int
    signs: tuple[float, ...]
    is_relative: bool
    abstain: AbstainSettings
    adaptive_rate: float = 0.0
    calibrator: Calibrator | None = None
    spread: Spread = Spread()
    intervals: Conformal | None = None
    sets: Conformal | None = None
    set_method: SetMethod = SetMethod.LAC
    tuning: Tuning | None = None

    @property
    def is_adaptive(self) -> bool:
        """Whether levels follow what comes."""
        return self.adaptive_rate > 0.0 or self.tuning is not None

    def silent(self) -> UncertaintyModel:
        """Return the same without any rule of abstention, to see what abstaining changed."""
        return replace(self, abstain=AbstainSettings())

    def fixed(self) -> UncertaintyModel:
        """Return the same with levels that stay, to see what adapting changed."""
        return replace(self, adaptive_rate=0.0, tuning=None)

    @property
    def tables(self) -> dict[str, Conformal]:
        """Calibration scores of ``intervals`` and ``sets``, where they are given."""
        found = {"intervals": self.intervals, "sets": self.sets}
        return {name: table for name, table in found.items() if table is not None}

    @property
    def levels_sha256(self) -> str:
        """Identity of what experts speak of: calibration scores and rates; empty where no levels are tuned."""
        if self.tuning is None:
            return ""
        content = {name: table.to_dict() for name, table in self.tables.items()} | {"rates": self.tuning.rates}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def holds(self, chances: Floats, symbols: Sequence[str], alphas: Mapping[str, float]) -> Floats:
        """Return which classes the set of each symbol holds, 1 or 0, float64 [N, K]; NaN without probabilities."""
        assert self.sets is not None
        bound = self.sets.quantiles(symbols, alphas, 1.0 - self.level)
        inside = (set_scores(self.set_method, chances) <= bound[:, None]).astype(np.float64)
        return np.where(np.isnan(chances), np.nan, inside)

    def to_json(self) -> bytes:
        """Return canonical JSON."""
        content = {
            "level": self.level,
            "horizon_bars": self.horizon_bars,
            "signs": list(self.signs),
            "is_relative": self.is_relative,
            "abstain": self.abstain.model_dump(mode="json"),
            "adaptive_rate": self.adaptive_rate,
            "calibrator": None if self.calibrator is None else self.calibrator.to_dict(),
            "spread": {"name": self.spread.name, "floor": self.spread.floor, "usual": self.spread.usual},
            "intervals": None if self.intervals is None else self.intervals.to_dict(),
            "sets": None if self.sets is None else self.sets.to_dict(),
            "set_method": self.set_method.value,
        }
        if self.tuning is not None:
            content["tuning"] = {"rates": list(self.tuning.rates), "memory_bars": self.tuning.memory_bars}
        return (json.dumps(content, sort_keys=True, allow_nan=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> UncertaintyModel:
        """Return what :meth:`to_json` wrote.

        Raises
        ------
        ModelLoadError
            QTS-MODEL-059 if it is damaged.
        """
        try:
            content = json.loads(data)
            return cls(
                float(content["level"]),
                int(content["horizon_bars"]),
                tuple(float(sign) for sign in content["signs"]),
                bool(content["is_relative"]),
                AbstainSettings.model_validate(content["abstain"]),
                float(content["adaptive_rate"]),
                Calibrator.from_dict(content["calibrator"]) if content["calibrator"] else None,
                Spread(**content["spread"]),
                Conformal.from_dict(content["intervals"]) if content["intervals"] else None,
                Conformal.from_dict(content["sets"]) if content["sets"] else None,
                SetMethod(content["set_method"]),
                _tuning(content["tuning"]) if "tuning" in content else None,
            )
        except (KeyError, ValueError, TypeError) as error:
            raise ModelLoadError(
                "QTS-MODEL-059", "what a model knows of its doubt is damaged", where="calibration.json",
                found=f"{type(error).__name__}: {error}", expected="what training wrote", fix="fetch the bundle again",
            ) from error  # fmt: skip


def _tuning(content: Mapping[str, Any]) -> Tuning:  # raw JSON is of any shape
    return Tuning(tuple(float(rate) for rate in content["rates"]), int(content["memory_bars"]))


@dataclass(frozen=True, slots=True, eq=False)
class Doubt:
    """What an uncertainty model says of R rows.

    Attributes
    ----------
    model : UncertaintyModel
    spread : float64 [R]
        What the radius of each interval is multiplied with.
    chances : float64 [R, K], optional
        Calibrated class probabilities; NaN where a row has no opinion. Of a classifier.
    disagreement : float64 [R], optional
        Standard deviation of the members' scores, ratio; of an ensemble.
    """

    model: UncertaintyModel
    spread: Floats
    chances: Floats | None = None
    disagreement: Floats | None = None

    def rows(self, first: int, last: int) -> Doubt:
        """Return the doubt of the rows [first, last)."""
        return Doubt(
            self.model,
            self.spread[first:last],
            None if self.chances is None else self.chances[first:last],
            None if self.disagreement is None else self.disagreement[first:last],
        )


def doubt_of(
    uncertainty: UncertaintyModel,
    model: TradingModel,
    features: Floats,
    *,
    names: Sequence[str],
    preprocessor: Preprocessor | None = None,
) -> Doubt:
    """Return what `uncertainty` says of float64 [R, F] rows, not scaled, whose columns are `names`."""
    disagreement = disagreement_of(model, features)
    spread: Floats = np.ones(len(features))
    if uncertainty.spread.name:
        spread = uncertainty.spread.of(scale_values(uncertainty.spread.name, features, names, disagreement))
    chances = None
    if model.model_type is ModelType.CLASSIFIER:
        chances = class_chances(model, features, preprocessor=preprocessor, calibrator=uncertainty.calibrator)
    return Doubt(uncertainty, spread, chances, disagreement)


def scale_values(name: str, features: Floats, names: Sequence[str], disagreement: Floats | None) -> Floats:
    """Return what intervals widen with, float64 [R]; NaN = unknown.

    Raises
    ------
    TrainingError
        QTS-MODEL-060 if the model does not have it.
    """
    if name == DISAGREEMENT and disagreement is not None:
        return disagreement
    if name not in names:
        raise TrainingError(
            "QTS-MODEL-060", "intervals cannot widen with what the model does not have", where="uncertainty.scale",
            found=name, expected="a feature that the model sees, or disagreement of an ensemble",
            fix="name another one, or keep the feature in the selection",
        )  # fmt: skip
    values: Floats = np.ascontiguousarray(features[:, list(names).index(name)])
    return values
