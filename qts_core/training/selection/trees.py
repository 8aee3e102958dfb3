"""Selection by boosted trees: gain, and LightGBM's own SHAP values (checklist 6.5-26, 6.5-28)."""

from __future__ import annotations

from collections.abc import Callable

import lightgbm
import numpy as np

from qts_core.config.models import FeatureSelection
from qts_core.market.panel import Floats
from qts_core.training.selection.base import Selection, TrainingRows, chosen
from qts_core.training.selection.nulls import p_values

__all__ = ["by_gain", "by_shap", "grown", "shap_shares"]

TREES = 40
EXPLAINED_ROWS = 2000
PARAMETERS = {
    "learning_rate": 0.1,
    "num_leaves": 7,
    "max_bin": 63,
    # a strong feature must not hide every weaker one
    "feature_fraction": 0.5,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "verbosity": -1,
}


def grown(rows: TrainingRows, seed: int) -> lightgbm.Booster:
    """Return forty small trees fitted on `rows`; the same bytes for the same seed."""
    task: dict[str, object] = {"objective": "regression"}
    if rows.classes > 2:
        task = {"objective": "multiclass", "num_class": rows.classes}
    elif rows.classes:
        task = {"objective": "binary"}
    parameters = {**PARAMETERS, **task, "seed": seed, "min_data_in_leaf": max(20, len(rows) // 50)}
    data = lightgbm.Dataset(np.asarray(rows.features, dtype=np.float64), label=rows.labels, params=parameters)
    return lightgbm.train(parameters, data, num_boost_round=TREES)


def by_gain(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep features whose splits gain more than chance does, `alpha` of the time."""
    seed = int(rng.integers(2**31))

    def score(given: TrainingRows) -> Floats:
        return np.asarray(grown(given, seed).feature_importance(importance_type="gain"), dtype=np.float64)

    return _tested("tree", score, rows, settings, rng)


def by_shap(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep features whose mean absolute SHAP value is above that of chance, `alpha` of the time.

    Lundberg et al. 2020, Nature Machine Intelligence 2, p. 57 (exact for trees), as LightGBM computes them.
    """
    seed = int(rng.integers(2**31))
    shown = rows.thinned(EXPLAINED_ROWS, rng)
    return _tested("shap", lambda given: shap_shares(grown(given, seed), shown), rows, settings, rng)


def shap_shares(booster: lightgbm.Booster, rows: TrainingRows) -> Floats:
    """Return the mean absolute contribution of each feature, summed over classes, float64 [F]."""
    values = np.asarray(booster.predict(np.asarray(rows.features, dtype=np.float64), pred_contrib=True))
    by_class = np.abs(values).reshape(len(rows), -1, len(rows.names) + 1)[:, :, :-1]
    return np.asarray(by_class.mean(axis=0).sum(axis=0))


def _tested(
    method: str,
    score: Callable[[TrainingRows], Floats],
    rows: TrainingRows,
    settings: FeatureSelection,
    rng: np.random.Generator,
) -> Selection:
    scores, p = p_values(score, rows, alpha=settings.alpha, rounds=settings.rounds, rng=rng)
    passed = (p <= settings.alpha) & (scores > 0)
    return chosen(method, rows.names, scores, passed, f"p <= {settings.alpha:g}", maximum=settings.maximum)
