"""How far features have moved from what a model was trained on: PSI, Kolmogorov-Smirnov, missing rate.

A reference is made once, of the training rows, and travels with the model: quantiles and missing rates, half a kilobyte
a feature. What comes later, live or in the lake, is compared with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov

from qts_core.market.panel import Floats

__all__ = [
    "MOVED_PSI",
    "DriftReference",
    "FeatureDrift",
    "compare",
    "ks_p_value",
    "ks_statistic",
    "population_stability",
    "reference_of",
]

FORMAT = 1
POINTS = 51
"""Reference quantiles: 0, 2, ... 100 %."""
BINS = 10
"""Bins of the stability index: the deciles of training."""
SMALLEST_SHARE = 1e-4
"""An empty bin counts as this share, or the index would be infinite."""
MOVED_PSI = 0.25
"""Above it a population has moved, by custom; 0.1 to 0.25 is worth a look (Siddiqi 2006, Credit Risk Scorecards)."""
DIGITS = 7


@dataclass(frozen=True, slots=True, eq=False)
class DriftReference:
    """What F features looked like in training; made by :func:`reference_of` or :meth:`from_json`.

    Attributes
    ----------
    names : tuple of str
    samples : int
        Rows it was made of.
    quantiles : float64 [F, 51]
        Of the values there were, every 2 %; NaN for a feature without any.
    shares : float64 [F, 10]
        Share of them in each bin between deciles; a tenth each but where values are equal.
    missing : float64 [F]
        Share of rows without a value.
    """

    names: tuple[str, ...]
    samples: int
    quantiles: Floats
    shares: Floats
    missing: Floats

    def to_json(self) -> bytes:
        """Return it as JSON; numbers have seven digits already."""
        content = {
            "format": FORMAT,
            "samples": self.samples,
            "features": {
                name: {
                    "quantiles": None if np.isnan(quantiles[0]) else quantiles.tolist(),
                    "shares": None if np.isnan(shares[0]) else shares.tolist(),
                    "missing": float(missing),
                }
                for name, quantiles, shares, missing in zip(
                    self.names, self.quantiles, self.shares, self.missing, strict=True
                )
            },
        }
        return (json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> DriftReference:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            If it is not a reference of a known format.
        """
        try:
            content = json.loads(data)
            if content["format"] != FORMAT:
                raise ValueError(f"format {content['format']}")
            rows = content["features"]
            quantiles = np.array([r["quantiles"] or [np.nan] * POINTS for r in rows.values()], dtype=np.float64)
            shares = np.array([r["shares"] or [np.nan] * BINS for r in rows.values()], dtype=np.float64)
            missing = np.array([r["missing"] for r in rows.values()], dtype=np.float64)
            names = tuple(rows)
            found = cls(
                names,
                int(content["samples"]),
                quantiles.reshape(len(names), POINTS),
                shares.reshape(len(names), BINS),
                missing,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a drift reference: {type(error).__name__} {error}") from error
        if (np.diff(found.quantiles, axis=1) < 0).any() or not ((missing >= 0) & (missing <= 1)).all():
            raise ValueError("not a drift reference: quantiles that fall, or a missing rate that is no share")
        return found


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """How far one feature has moved.

    Attributes
    ----------
    name : str
    samples : int
        Rows compared.
    psi : float
        Population stability index over the deciles of training; NaN without values on either side.
    ks, ks_p : float
        Largest distance of the two distributions at the quantiles of training, and how often chance gives as much
        if rows were independent; overlapping bars are not, so read it as a ranking.
    missing, missing_before : float
        Share of rows without a value, now and in training.
    """

    name: str
    samples: int
    psi: float
    ks: float
    ks_p: float
    missing: float
    missing_before: float

    @property
    def has_moved(self) -> bool:
        """Whether the stability index is above 0.25."""
        return self.psi > MOVED_PSI


def reference_of(features: NDArray[np.floating], names: Sequence[str]) -> DriftReference:
    """Summarise training rows.

    Parameters
    ----------
    features : float [R, F]
        NaN = no value; infinite values count as missing.
    names : sequence of str
        The F columns.
    """
    if features.ndim != 2 or features.shape[1] != len(names) or len(features) == 0:
        raise ValueError(f"features are {features.shape}, expected at least one row of {len(names)}")
    quantiles, shares = np.full((len(names), POINTS), np.nan), np.full((len(names), BINS), np.nan)
    missing = np.empty(len(names))
    for column in range(len(names)):
        values, missing[column] = _present(features[:, column])
        if len(values):
            points = np.quantile(values, np.linspace(0.0, 1.0, POINTS))
            quantiles[column] = [_rounded(point) for point in points]
            shares[column] = [_rounded(share) for share in _shares(values, _deciles(quantiles[column]))]
    return DriftReference(tuple(names), len(features), quantiles, shares, missing)


def compare(
    reference: DriftReference, features: NDArray[np.floating], names: Sequence[str]
) -> tuple[FeatureDrift, ...]:
    """Compare rows with the reference, feature by feature in its order.

    Parameters
    ----------
    reference : DriftReference
    features : float [R, G]
    names : sequence of str
        The G columns; all features of the reference must be among them.

    Raises
    ------
    ValueError
        If a feature of the reference is not among them, or there are no rows.
    """
    place = {name: index for index, name in enumerate(names)}
    if absent := [name for name in reference.names if name not in place]:
        raise ValueError(f"features of the reference are not given: {', '.join(absent[:5])}")
    if len(features) == 0:
        raise ValueError("no rows to compare")
    return tuple(_drift(reference, index, features[:, place[name]]) for index, name in enumerate(reference.names))


def population_stability(expected: Floats, actual: Floats) -> float:
    """Return ``sum((a - e) ln(a / e))`` over the shares of the same bins, at least 0.

    Parameters
    ----------
    expected, actual : float64 [B]
        Shares; one below 0.0001 counts as that much.
    """
    e, a = np.maximum(expected, SMALLEST_SHARE), np.maximum(actual, SMALLEST_SHARE)
    return float(((a - e) * np.log(a / e)).sum())


def ks_statistic(first: Floats, second: Floats) -> float:
    """Return the largest distance of the distribution functions of two samples, 0 to 1; NaN if one is empty."""
    a, b = np.sort(first[np.isfinite(first)]), np.sort(second[np.isfinite(second)])
    if not len(a) or not len(b):
        return float("nan")
    at = np.concatenate([a, b])
    below = np.searchsorted(a, at, side="right") / len(a) - np.searchsorted(b, at, side="right") / len(b)
    return float(np.abs(below).max())


def ks_p_value(statistic: float, first: int, second: int) -> float:
    """Return how often two independent samples of these sizes are so far apart (Kolmogorov's limit)."""
    return float(kolmogorov(np.sqrt(first * second / (first + second)) * statistic))


def _drift(reference: DriftReference, index: int, column: NDArray[np.floating]) -> FeatureDrift:
    values, missing = _present(column)
    quantiles, before = reference.quantiles[index], float(reference.missing[index])
    name, count = reference.names[index], len(column)
    if not len(values) or np.isnan(quantiles[0]):
        return FeatureDrift(name, count, float("nan"), float("nan"), float("nan"), missing, before)
    psi = population_stability(reference.shares[index], _shares(values, _deciles(quantiles)))
    distance = _distance(quantiles, values)
    known = max(round(reference.samples * (1.0 - before)), 1)
    return FeatureDrift(name, count, psi, distance, ks_p_value(distance, known, len(values)), missing, before)


def _distance(quantiles: Floats, values: Floats) -> float:
    """Return the largest distance between the reference and `values` at the reference's own points.

    At a quantile of level q the reference reaches q; of equal points it jumps from the first level to the last one.
    """
    ordered = np.sort(values)
    points, first = np.unique(quantiles, return_index=True)
    last = np.append(first[1:], POINTS) - 1
    low, high = first / (POINTS - 1), last / (POINTS - 1)
    before = np.searchsorted(ordered, points, side="left") / len(ordered)
    at = np.searchsorted(ordered, points, side="right") / len(ordered)
    return float(max(np.abs(at - high).max(), np.abs(before - low).max()))


def _deciles(quantiles: Floats) -> Floats:
    step = (POINTS - 1) // BINS
    return quantiles[step:-1:step]


def _shares(values: Floats, edges: Floats) -> Floats:
    """Return the share of values in each bin: a bin ends with its edge."""
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=BINS)
    return np.asarray(counts / len(values))


def _present(column: NDArray[np.floating]) -> tuple[Floats, float]:
    values = np.asarray(column, dtype=np.float64)
    values = values[np.isfinite(values)]
    return values, 1.0 - len(values) / len(column)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
