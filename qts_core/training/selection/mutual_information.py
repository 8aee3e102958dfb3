"""Mutual information with the label, by nearest neighbours (checklist 6.5-20)."""

from __future__ import annotations

import numpy as np
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from qts_core.config.models import FeatureSelection
from qts_core.market.panel import Floats
from qts_core.training.selection.base import Selection, TrainingRows, chosen
from qts_core.training.selection.nulls import p_values

__all__ = ["by_mutual_information"]

MOST_ROWS = 4000
"""Neighbours are searched among so many rows; the cost grows faster than they do."""


def by_mutual_information(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep features that tell more of the label than chance does, `alpha` of the time.

    Estimated in nats by the distance to three neighbours (Kraskov, Stoegbauer and Grassberger 2004, Physical Review E
    69, 066138; Ross 2014, PLoS ONE 9(2), for classes), as scikit-learn does. A missing value counts as the mean.
    """
    few = rows.thinned(MOST_ROWS, rng)
    features, seed = few.standardised(), int(rng.integers(2**31))
    estimate = mutual_info_classif if rows.classes else mutual_info_regression

    def score(given: TrainingRows) -> Floats:
        return np.asarray(estimate(features, given.labels, random_state=seed))

    scores, p = p_values(score, few, alpha=settings.alpha, rounds=settings.rounds, rng=rng)
    passed = p <= settings.alpha
    return chosen(
        "mutual_information", rows.names, scores, passed, f"p <= {settings.alpha:g}", maximum=settings.maximum
    )
