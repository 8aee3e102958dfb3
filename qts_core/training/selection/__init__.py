"""Feature selection inside a fold: a method sees that fold's training rows, nothing else (specification 6.5, X-20)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from qts_core.config.models import FeatureSelection
from qts_core.training.selection.base import Selection, TrainingRows
from qts_core.training.selection.chi_square import by_chi_square
from qts_core.training.selection.correlation import by_correlation
from qts_core.training.selection.elimination import by_elimination
from qts_core.training.selection.genetic import by_genetic_search
from qts_core.training.selection.lasso import by_lasso
from qts_core.training.selection.mutual_information import by_mutual_information
from qts_core.training.selection.permutation import by_permutation
from qts_core.training.selection.sequential import by_sequence_backward, by_sequence_forward
from qts_core.training.selection.trees import by_gain, by_shap
from qts_core.training.selection.variance import by_variance

__all__ = ["METHODS", "Method", "Selection", "TrainingRows", "select"]

Method = Callable[[TrainingRows, FeatureSelection, np.random.Generator], Selection]

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "variance": by_variance,
        "correlation": by_correlation,
        "mutual_information": by_mutual_information,
        "chi_square": by_chi_square,
        "rfe": by_elimination,
        "sequential_forward": by_sequence_forward,
        "sequential_backward": by_sequence_backward,
        "genetic": by_genetic_search,
        "lasso": by_lasso,
        "tree": by_gain,
        "permutation": by_permutation,
        "shap": by_shap,
    }
)
"""Methods by their name in models.yaml; adding one is a file and a line here."""


def select(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Choose features by the training rows of one fold.

    Parameters
    ----------
    rows : TrainingRows
        R rows of F features with their labels.
    settings : FeatureSelection
        The method and what it takes.
    rng : numpy.random.Generator
        The only source of chance: the same state and rows give the same choice.

    Returns
    -------
    Selection
        At least one feature, in the order of the columns; a score and a reason for each of the F.

    Raises
    ------
    ValueError
        If there are no rows or no columns, or the method does not take these labels.
    """
    if len(rows) == 0 or not rows.names:
        raise ValueError("nothing to select from")
    if settings.method == "none":
        return Selection("none", rows.names, dict.fromkeys(rows.names, 1.0), dict.fromkeys(rows.names, "not selected"))
    few = rows.thinned(settings.rows, rng)
    has_value = np.isfinite(few.features).any(axis=0)
    if not has_value.any():
        raise ValueError("no feature has a value")
    found = METHODS[settings.method](few.columns(np.flatnonzero(has_value)), settings, rng)
    absent = [name for name, there in zip(rows.names, has_value, strict=True) if not there]
    return Selection(
        found.method,
        found.names,
        {**found.scores, **dict.fromkeys(absent, 0.0)},
        {**found.reasons, **dict.fromkeys(absent, "left out: it has no value in training")},
    )
