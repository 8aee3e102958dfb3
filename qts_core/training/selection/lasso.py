"""LASSO: the features that a penalty for every coefficient leaves (checklist 6.5-25)."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import Lasso, MultiTaskLasso

from qts_core.config.models import FeatureSelection
from qts_core.market.panel import Floats
from qts_core.training.selection.base import Selection, TrainingRows, chosen
from qts_core.training.selection.nulls import chance_maximum

__all__ = ["by_lasso"]


def by_lasso(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep features with a coefficient under the penalty at which pure noise keeps none, but `alpha` of the time.

    Tibshirani 1996, Journal of the Royal Statistical Society B 58(1); the penalty is the quantile of the smallest one
    that empties the model when labels are of other times (Giacobino, Sardy, Diaz-Rodriguez and Hengartner 2017,
    Electronic Journal of Statistics 11, p. 4706). Classes are columns that share their zeros (Obozinski, Taskar and
    Jordan 2010).
    """
    x = rows.standardised()
    count = len(rows)

    def emptying(given: TrainingRows) -> float:
        return float(_pull(x, given.outcomes()).max()) / count

    penalty = chance_maximum(emptying, rows, alpha=settings.alpha, rng=rng)
    y = rows.outcomes()
    if penalty <= 0.0:
        scores = np.zeros(len(rows.names))
    else:
        kind = Lasso if y.shape[1] == 1 else MultiTaskLasso
        model = kind(alpha=penalty, fit_intercept=False, max_iter=10_000).fit(x, y)
        scores = np.sqrt((np.atleast_2d(model.coef_) ** 2).sum(axis=0))
    if not scores.any():
        scores = np.minimum(_pull(x, y) / count - penalty, 0.0)
    why = f"left by the penalty {penalty:.3g}"
    return chosen("lasso", rows.names, scores, scores > 0, why, maximum=settings.maximum)


def _pull(x: Floats, y: Floats) -> Floats:
    return np.asarray(np.sqrt(((x.T @ y) ** 2).sum(axis=1)))
