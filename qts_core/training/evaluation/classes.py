"""How good the probabilities of a classifier are, and the classes that they name (specification 7.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from qts_core.market.panel import Floats

__all__ = ["area_under_curve", "auc_interval", "class_measures"]

BINS = 256
CONFIDENCE = 0.95
SMALLEST = float(np.finfo(np.float64).eps)


def class_measures(chances: Floats, classes: NDArray[np.int64]) -> dict[str, float]:
    """Return ``auc``, ``f1``, ``precision``, ``recall``, ``accuracy``, ``log_loss`` and ``brier``.

    Parameters
    ----------
    chances : float64 [R, K]
        Probabilities of the classes.
    classes : int64 [R]
        The class that came.

    Returns
    -------
    dict
        Of two classes the figures are those of class 1. Of more, `auc` is the mean of each class against the rest, and
        precision, recall and F1 are means over the classes that came or were named. `brier` is the squared distance of
        the probability of class 1, or the sum over classes where there are more. NaN where undefined.

    References
    ----------
    Fawcett (2006), "An introduction to ROC analysis", Pattern Recognition Letters 27(8), 861-874.
    Brier (1950), "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78(1), 1-3.
    """
    names = ("auc", "f1", "precision", "recall", "accuracy", "log_loss", "brier")
    rows, count = chances.shape
    if not rows:
        return dict.fromkeys(names, float("nan"))
    named = chances.argmax(axis=1)
    came = np.clip(chances[np.arange(rows), classes], SMALLEST, 1.0)
    judged = range(1, 2) if count == 2 else sorted({*np.unique(classes).tolist(), *np.unique(named).tolist()})
    parts = [_named_well(named == k, classes == k) for k in judged]
    areas = [area_under_curve(chances[:, k], classes == k) for k in judged]
    distance = (chances - np.eye(count)[classes]) ** 2
    figures = (
        _mean_known(areas),
        float(np.mean([f1 for _, _, f1 in parts])),
        float(np.mean([precision for precision, _, _ in parts])),
        float(np.mean([recall for _, recall, _ in parts])),
        float((named == classes).mean()),
        float(-np.log(came).mean()),
        float(distance[:, 1].mean() if count == 2 else distance.sum(axis=1).mean()),
    )
    return dict(zip(names, figures, strict=True))


def area_under_curve(values: Floats, is_true: NDArray[np.bool_]) -> float:
    """Return the probability that a true one has the larger value, ties counting half; NaN with one kind alone."""
    positive, negative = int(is_true.sum()), int((~is_true).sum())
    if not positive or not negative:
        return float("nan")
    ranks = rankdata(values)
    return float((ranks[is_true].sum() - positive * (positive + 1) / 2) / (positive * negative))


def auc_interval(
    values: Floats,
    is_true: NDArray[np.bool_],
    block: NDArray[np.int64],
    generator: np.random.Generator,
    *,
    draws: int = 400,
) -> tuple[float, float]:
    """Return the 95 % interval of the area over resampled blocks; (NaN, NaN) below two blocks.

    Parameters
    ----------
    values : float64 [R]
    is_true : bool [R]
    block : int64 [R]
        What is drawn together, such as the days of a horizon: labels of one block overlap.
    generator : numpy.random.Generator
    draws : int

    Notes
    -----
    Values are laid in 256 bins of equal count, so a draw adds histograms instead of ranking samples anew.
    """
    days, place = np.unique(block, return_inverse=True)
    if len(days) < 2 or is_true.all() or not is_true.any():
        return float("nan"), float("nan")
    bins = np.minimum((rankdata(values) - 1) * BINS // len(values), BINS - 1).astype(np.int64)
    cell = place * BINS + bins
    size = len(days) * BINS
    yes = np.bincount(cell[is_true], minlength=size).reshape(len(days), BINS).astype(np.float64)
    no = np.bincount(cell[~is_true], minlength=size).reshape(len(days), BINS).astype(np.float64)
    weights = generator.multinomial(len(days), np.full(len(days), 1 / len(days)), size=draws).astype(np.float64)
    yes, no = weights @ yes, weights @ no
    below = np.cumsum(no, axis=1) - no / 2
    pairs = yes.sum(axis=1) * no.sum(axis=1)
    known = pairs > 0
    areas = (yes * below).sum(axis=1)[known] / pairs[known]
    if not len(areas):
        return float("nan"), float("nan")
    low, high = np.quantile(areas, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    return float(low), float(high)


def _mean_known(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _named_well(named: NDArray[np.bool_], came: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of one class; 0 where nothing was named or came, as is the custom."""
    right = float((named & came).sum())
    all_named, all_came = float(named.sum()), float(came.sum())
    precision, recall = right / max(all_named, 1.0), right / max(all_came, 1.0)
    return precision, recall, 2 * right / max(all_named + all_came, 1.0)
