"""Permutation importance on rows that the model was not fitted on (checklist 6.5-27)."""

from __future__ import annotations

import lightgbm
import numpy as np

from qts_core.config.models import FeatureSelection
from qts_core.market.panel import Floats
from qts_core.training.selection.base import Selection, TrainingRows, chosen
from qts_core.training.selection.nulls import p_values
from qts_core.training.selection.splits import purged_tail
from qts_core.training.selection.trees import grown

__all__ = ["by_permutation"]

REPEATS = 3


def by_permutation(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep features whose shuffling hurts more than chance does, `alpha` of the time.

    Trees are fitted on the first 70 % of the training rows and judged, purged, on the rest: the score is the rise of
    the squared error, or of the log loss, when a column is shuffled there (Breiman 2001, Machine Learning 45, p. 23),
    the mean of three shuffles.
    """
    seed = int(rng.integers(2**31))

    def score(given: TrainingRows) -> Floats:
        fitted, judged = purged_tail(given)
        return _rises(grown(given.at(fitted), seed), given.at(judged), np.random.default_rng(seed))

    scores, p = p_values(score, rows, alpha=settings.alpha, rounds=settings.rounds, rng=rng)
    passed = (p <= settings.alpha) & (scores > 0)
    return chosen("permutation", rows.names, scores, passed, f"p <= {settings.alpha:g}", maximum=settings.maximum)


def _rises(booster: lightgbm.Booster, rows: TrainingRows, rng: np.random.Generator) -> Floats:
    values = np.array(rows.features, dtype=np.float64)
    start = _loss(booster, values, rows)
    used = booster.feature_importance(importance_type="split") > 0
    rises = np.zeros(len(rows.names))
    for place in np.flatnonzero(used):
        kept = values[:, place].copy()
        for _ in range(REPEATS):
            values[:, place] = rng.permutation(kept)
            rises[place] += (_loss(booster, values, rows) - start) / REPEATS
        values[:, place] = kept
    return rises


def _loss(booster: lightgbm.Booster, values: Floats, rows: TrainingRows) -> float:
    found = np.asarray(booster.predict(values))
    if not rows.classes:
        return float(((found - rows.labels) ** 2).mean())
    chances = found if rows.classes > 2 else np.stack([1.0 - found, found], axis=1)
    hit = chances[np.arange(len(rows)), rows.labels.astype(np.int64)]
    return -float(np.log(np.maximum(hit, 1e-15)).mean())
