"""Recursive feature elimination: fit, drop the weakest tenth, fit again (checklist 6.5-22)."""

from __future__ import annotations

import numpy as np
from sklearn.feature_selection import RFE
from sklearn.linear_model import Ridge

from qts_core.config.models import FeatureSelection
from qts_core.training.selection.base import Selection, TrainingRows, chosen
from qts_core.training.selection.linear import RIDGE

__all__ = ["by_elimination"]

STEP = 0.1


def by_elimination(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep the `maximum` features, half of them by default, that a ridge regression gives up last.

    Guyon et al. 2002, Machine Learning 46, p. 396, as scikit-learn does it. There is no test in it: what is kept is a
    number of features, and of pure noise each has the same chance.
    """
    count = len(rows.names)
    keep = min(settings.maximum or max(count // 2, 1), count)
    if keep == count:
        return chosen("rfe", rows.names, np.ones(count), np.ones(count, dtype=bool), "all are kept", maximum=None)
    y = rows.outcomes()
    model = RFE(Ridge(alpha=RIDGE * len(rows)), n_features_to_select=keep, step=STEP)
    model.fit(rows.standardised(), y if y.shape[1] > 1 else y[:, 0])
    scores = 1.0 / model.ranking_.astype(np.float64)
    return chosen("rfe", rows.names, scores, model.support_, f"among the last {keep}", maximum=None)
