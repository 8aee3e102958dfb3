"""Correlation threshold: of features that say the same, one speaks (checklist 6.5-19)."""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from qts_core.config.models import FeatureSelection
from qts_core.market.panel import Floats
from qts_core.training.selection.base import Selection, TrainingRows, chosen

__all__ = ["THRESHOLD", "by_correlation", "rank_correlations"]

THRESHOLD = 0.95


def rank_correlations(features: Floats) -> Floats:
    """Return Spearman's correlations of F columns without missing values, float64 [F, F]; 0 with a constant one."""
    ranks = np.apply_along_axis(rankdata, 0, features)
    ranks -= ranks.mean(axis=0)
    length = np.sqrt((ranks**2).sum(axis=0))
    scaled = ranks / np.where(length > 0, length, 1.0)
    return np.clip(scaled.T @ scaled, -1.0, 1.0)


def by_correlation(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep one feature of each cluster whose members are all rank-correlated by at least `threshold`, up or down.

    Clusters are those of complete linkage, so no two members are further apart. The one kept is nearest to the others
    on average, the first of equal ones; labels are not looked at. `threshold` is 0.95 by default.
    """
    threshold = THRESHOLD if settings.threshold is None else settings.threshold
    likeness = np.abs(rank_correlations(rows.standardised()))
    np.fill_diagonal(likeness, 1.0)
    if len(rows.names) == 1:
        group = np.ones(1, dtype=np.int64)
    else:
        tree = linkage(squareform(1.0 - likeness, checks=False), method="complete")
        group = fcluster(tree, 1.0 - threshold, criterion="distance")
    centrality, keep = np.zeros(len(group)), np.zeros(len(group), dtype=bool)
    for label in np.unique(group):
        members = np.flatnonzero(group == label)
        centrality[members] = np.round(likeness[np.ix_(members, members)].mean(axis=1), 12)
        keep[members[np.argmax(centrality[members])]] = True
    why = f"nearest to the others of its cluster at {threshold:g}"
    return chosen("correlation", rows.names, centrality, keep, why, maximum=settings.maximum)
