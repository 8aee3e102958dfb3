"""What a linear model has learned, as numbers: how inputs are filled and scaled, coefficients, intercepts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["Inputs", "LinearNumbers"]

FORMAT = 1


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """How inputs are filled and scaled; learned from the training rows and nothing else.

    Attributes
    ----------
    fill : float64 [F]
        Median of the training values: what a missing value counts as; 0 in a column without any.
    center, scale : float64 [F]
        Mean and population deviation of the filled column; 1 instead of a deviation of 0.
    """

    fill: Floats
    center: Floats
    scale: Floats

    @classmethod
    def learn(cls, features: NDArray[np.floating]) -> tuple[Inputs, Floats]:
        """Return the rule, and float64 [R, F] filled and scaled by it; `features` have no infinite value."""
        filled = np.array(features, dtype=np.float64)
        fill = np.zeros(filled.shape[1])
        for column in range(filled.shape[1]):
            values = filled[:, column]
            is_missing = np.isnan(values)
            if not is_missing.all():
                fill[column] = np.median(values[~is_missing])
            values[is_missing] = fill[column]
        center, scale = filled.mean(axis=0), filled.std(axis=0)
        # rounding gives equal values a tiny deviation; it is no scale
        is_constant = scale <= 10 * np.finfo(np.float64).eps * np.abs(center)
        scale = np.where(is_constant | (scale == 0.0), 1.0, scale)
        filled -= center
        filled /= scale
        filled[:, is_constant] = 0.0
        return cls(fill, center, scale), filled


@dataclass(frozen=True, slots=True, eq=False)
class LinearNumbers:
    """A fitted linear model.

    Attributes
    ----------
    inputs : Inputs
    coefficients : float64 [K, F]
        Of the scaled inputs.
    intercepts : float64 [K]
    present : tuple of int
        Classes that training saw; empty for a regressor.
    """

    inputs: Inputs
    coefficients: Floats
    intercepts: Floats
    present: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError where the numbers cannot have come from a fit."""
        sums, features = self.coefficients.shape
        parts = (self.inputs.fill, self.inputs.center, self.inputs.scale)
        if any(part.shape != (features,) for part in parts) or self.intercepts.shape != (sums,):
            raise ValueError("sizes that disagree")
        if not all(np.isfinite(part).all() for part in (*parts, self.coefficients, self.intercepts)):
            raise ValueError("a number that is not finite")
        if (self.inputs.scale <= 0).any():
            raise ValueError("a scale that is not positive")
        wanted = {0: 1, 2: 1}.get(len(self.present), len(self.present))
        if sums != wanted:
            raise ValueError(f"{sums} sums for {len(self.present)} classes")

    def sums(self, features: Floats) -> Floats:
        """Return what the model adds up for each row, float64 [R, K].

        Column by column in one order, so a batch gives, bit for bit, what its rows give one by one.
        """
        out = np.empty((len(features), len(self.intercepts)))
        weights = np.ascontiguousarray((self.coefficients / self.inputs.scale).T)
        _add_up(features, self.inputs.fill, self.inputs.center, weights, self.intercepts, out)
        return out

    def shares(self) -> Floats:
        """Return each feature's share of the absolute coefficients of scaled inputs, float64 [F]."""
        size = np.abs(self.coefficients).sum(axis=0)
        total = size.sum()
        shares: Floats = size / total if total > 0 else size
        return shares

    def to_json(self) -> bytes:
        """Return the numbers as JSON; they come back to the bit."""
        content = {
            "format": FORMAT,
            "fill": self.inputs.fill.tolist(),
            "center": self.inputs.center.tolist(),
            "scale": self.inputs.scale.tolist(),
            "coefficients": self.coefficients.tolist(),
            "intercepts": self.intercepts.tolist(),
            "classes": self.present,
        }
        return (json.dumps(content, sort_keys=True, allow_nan=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> LinearNumbers:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it is something else.
        """
        content: dict[str, Any] = json.loads(data)
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        parts = [np.array(content[name], dtype=np.float64) for name in ("fill", "center", "scale")]
        coefficients = np.array(content["coefficients"], dtype=np.float64).reshape(-1, len(parts[0]))
        present = tuple(int(one) for one in content["classes"])
        return cls(Inputs(*parts), coefficients, np.array(content["intercepts"], dtype=np.float64), present)


@kernel
def _add_up(features: Floats, fill: Floats, center: Floats, weights: Floats, intercepts: Floats, out: Floats) -> None:
    for row in range(len(features)):
        out[row] = intercepts
        for column in range(features.shape[1]):
            value = features[row, column]
            value = (fill[column] if np.isnan(value) else value) - center[column]
            for index in range(len(intercepts)):
                out[row, index] += value * weights[column, index]
