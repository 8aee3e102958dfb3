"""From a point of a search space to the hyperparameters of a fit: one name each, nothing that excludes another."""

from __future__ import annotations

from collections.abc import Mapping

from qts_core.models.base import ModelType, Parameter
from qts_core.models.factory import model_class
from qts_core.training.search.space import Point, Space

__all__ = ["settled_parameters"]

SAMPLING = "data_sample_strategy"
BAGGING = ("bagging_fraction", "bagging_freq")
BAGGING_ROUNDS = 5
"""The specification's `bagging_freq`, without which LightGBM ignores the fraction."""


def settled_parameters(
    kind: str, model_type: ModelType, base: Mapping[str, Parameter], point: Point, space: Space
) -> dict[str, Parameter]:
    """Return the hyperparameters of models.yaml with `point` in their place.

    Parameters
    ----------
    base : mapping
        Of models.yaml, under any of the library's names.
    point : mapping
        What is searched; a dimension that does not exist under the point's choices is taken out of `base` too, as
        bagging is where LightGBM samples by gradient (checklist X-21).
    """
    table = model_class(kind, model_type).table
    searched = table.canonical(dict.fromkeys(space.names, 0))
    kept = {name: value for name, value in table.canonical(base).items() if name not in searched}
    settled = {**kept, **table.canonical(point)}
    if kind == "lightgbm" and settled.get(SAMPLING) == "goss":
        return {name: value for name, value in settled.items() if name not in BAGGING}
    if kind == "lightgbm" and "bagging_fraction" in point:
        settled.setdefault("bagging_freq", BAGGING_ROUNDS)
    return settled
