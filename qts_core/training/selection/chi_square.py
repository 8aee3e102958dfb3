"""Chi-square test on features cut into quantile bins, for class labels only (checklist 6.5-21, X-20)."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from qts_core.config.models import FeatureSelection
from qts_core.market.panel import Floats
from qts_core.training.selection.base import Selection, TrainingRows, chosen
from qts_core.training.selection.nulls import p_values

__all__ = ["BINS", "by_chi_square", "evidence"]

BINS = 5


def by_chi_square(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep features whose quintile depends on the class more than chance makes it, `alpha` of the time.

    The bins are those of the training rows; a missing value is a bin of its own.

    Raises
    ------
    ValueError
        If labels are no classes.
    """
    if not rows.classes:
        raise ValueError("chi_square needs class labels")
    codes = [_binned(np.asarray(rows.features[:, i], dtype=np.float64)) for i in range(len(rows.names))]

    def score(given: TrainingRows) -> Floats:
        labels = given.labels.astype(np.int64)
        return np.array([evidence(code, labels, rows.classes) for code in codes])

    scores, p = p_values(score, rows, alpha=settings.alpha, rounds=settings.rounds, rng=rng)
    passed = p <= settings.alpha
    return chosen("chi_square", rows.names, scores, passed, f"p <= {settings.alpha:g}", maximum=settings.maximum)


def evidence(code: np.ndarray, labels: np.ndarray, classes: int) -> float:
    """Return minus the logarithm of the p value of Pearson's test of independence; 0 for a single bin or class.

    Parameters
    ----------
    code, labels : int [R]
        Bin, 0 to 5, and class of each row.
    """
    table = np.bincount(code * classes + labels, minlength=(BINS + 1) * classes).reshape(BINS + 1, classes)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return -float(chi2.logsf(statistic, (table.shape[0] - 1) * (table.shape[1] - 1)))


def _binned(values: Floats) -> np.ndarray:
    present = np.isfinite(values)
    if not present.any():
        return np.zeros(len(values), dtype=np.int64)
    edges = np.unique(np.quantile(values[present], np.linspace(0.0, 1.0, BINS + 1)[1:-1]))
    return np.where(present, np.searchsorted(edges, values, side="right"), BINS)
