"""What every method of feature selection gets and gives: training rows in, names with scores and reasons out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["FORMAT", "Flags", "Selection", "TrainingRows", "chosen"]

FORMAT = 1
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """The training rows of one fold, and nothing else: a method cannot see what its choice is judged on.

    Attributes
    ----------
    features : float [R, F]
        NaN = no value.
    labels : float64 [R]
        Finite; 0, 1, ... for classes.
    row, end_row : int32 [R]
        Bar of each sample, sorted, and last bar that its label uses.
    names : tuple of str
        The F columns.
    classes : int
        Number of classes; 0 for a regression.
    """

    features: NDArray[np.floating]
    labels: Floats
    row: NDArray[np.int32]
    end_row: NDArray[np.int32]
    names: tuple[str, ...]
    classes: int = 0

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.features.shape != (count, len(self.names)) or len(self.row) != count or len(self.end_row) != count:
            raise ValueError(f"features are {self.features.shape}, expected ({count}, {len(self.names)})")
        if not np.isfinite(self.labels).all():
            raise ValueError("labels of training rows must be finite")

    def __len__(self) -> int:
        return len(self.labels)

    def thinned(self, most: int, rng: np.random.Generator) -> Self:
        """Return at most `most` rows, drawn at random, in their order."""
        if len(self) <= most:
            return self
        places = np.sort(rng.choice(len(self), most, replace=False))
        return self.at(places)

    def at(self, places: NDArray[np.int64]) -> Self:
        """Return the rows at `places`."""
        return replace(
            self,
            features=self.features[places],
            labels=self.labels[places],
            row=self.row[places],
            end_row=self.end_row[places],
        )

    def columns(self, places: NDArray[np.int64]) -> Self:
        """Return the columns at `places`."""
        names = tuple(self.names[place] for place in places)
        return replace(self, features=np.ascontiguousarray(self.features[:, places]), names=names)

    def relabelled(self, labels: Floats) -> Self:
        """Return the same rows with other labels."""
        return replace(self, labels=labels)

    def standardised(self) -> Floats:
        """Return the features with mean 0 and deviation 1, float64 [R, F]; missing and constant ones are 0."""
        values = np.asarray(self.features, dtype=np.float64)
        present = np.isfinite(values)
        count = np.maximum(present.sum(axis=0), 1)
        centred = np.where(present, values, 0.0)
        centred = np.where(present, centred - centred.sum(axis=0) / count, 0.0)
        spread = np.sqrt((centred**2).mean(axis=0))
        return np.where(spread > 0, centred / np.where(spread > 0, spread, 1.0), 0.0)

    def outcomes(self) -> Floats:
        """Return what linear methods regress on, centred, float64 [R, K]: the label, or a column for each class."""
        if self.classes > 2:
            wide = (self.labels[:, None] == np.arange(self.classes)).astype(np.float64)
        else:
            wide = self.labels[:, None].astype(np.float64)
        return np.asarray(wide - wide.mean(axis=0))


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, and why.

    Attributes
    ----------
    method : str
    names : tuple of str
        The chosen features, in the order of the columns.
    scores : mapping of str to float
        By every feature; larger is better.
    reasons : mapping of str to str
        By every feature: why it was chosen or left out.
    """

    method: str
    names: tuple[str, ...]
    scores: Mapping[str, float]
    reasons: Mapping[str, str]

    def to_json(self) -> bytes:
        """Return it as JSON, for the bundle."""
        content = {
            "format": FORMAT,
            "method": self.method,
            "names": self.names,
            "scores": {name: float(f"{score:.9g}") for name, score in self.scores.items()},
            "reasons": dict(self.reasons),
        }
        return (json.dumps(content, sort_keys=True, allow_nan=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Selection:
        """Read what :meth:`to_json` wrote."""
        content = json.loads(data)
        if content["format"] != FORMAT:
            raise ValueError(f"unknown format of a selection: {content['format']}")
        return cls(content["method"], tuple(content["names"]), content["scores"], content["reasons"])


def chosen(
    method: str, names: tuple[str, ...], scores: Floats, passed: Flags, why: str, *, maximum: int | None
) -> Selection:
    """Return the features that passed, at most the `maximum` best; the best one if none did.

    Parameters
    ----------
    scores : float64 [F]
        Larger is better; of equal ones the first counts.
    passed : bool [F]
    why : str
        What passing means, such as ``p <= 0.05``.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = [int(place) for place in order if passed[place]]
    reasons = {name: f"passed: {why}" if ok else f"left out: not {why}" for name, ok in zip(names, passed, strict=True)}
    if maximum is not None:
        for place in ranked[maximum:]:
            reasons[names[place]] = f"left out: {why}, but beyond the {maximum} best"
        ranked = ranked[:maximum]
    if not ranked:
        ranked = [int(order[0])]
        reasons[names[ranked[0]]] = f"kept: none is {why}, this is the best"
    kept = tuple(names[place] for place in sorted(ranked))
    return Selection(method, kept, {n: float(s) for n, s in zip(names, scores, strict=True)}, reasons)
