"""Variance threshold: what hardly changes says nothing (checklist 6.5-18)."""

from __future__ import annotations

import numpy as np

from qts_core.config.models import FeatureSelection
from qts_core.training.selection.base import Selection, TrainingRows, chosen

__all__ = ["by_variance"]


def by_variance(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Keep features whose variance is above `threshold`, 0 by default, in their own units; missing ones are ignored."""
    threshold = 0.0 if settings.threshold is None else settings.threshold
    values = np.asarray(rows.features, dtype=np.float64)
    # rounding gives equal values a tiny variance
    is_constant = np.nanmax(values, axis=0) == np.nanmin(values, axis=0)
    variances = np.where(is_constant, 0.0, np.nanvar(values, axis=0))
    return chosen(
        "variance", rows.names, variances, variances > threshold, f"variance > {threshold:g}", maximum=settings.maximum
    )
