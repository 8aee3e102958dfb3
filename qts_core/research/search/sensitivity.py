"""Does the model stand on a spike? The sign of overfitting that only a search can show (specification 11.4)."""

from __future__ import annotations

from collections.abc import Mapping

from qts_core.config.models import ModelSettings
from qts_core.ports.lake import LakeReader
from qts_core.research.overfit_flags import OverfitFlag, parameter_sensitivity
from qts_core.research.search.result import has_search, load_search
from qts_core.training.search.choice import WEIGHTS

__all__ = ["searched_sensitivity"]


def searched_sensitivity(lake: LakeReader, key: str, chosen: ModelSettings) -> OverfitFlag:
    """Judge the newest finished search of a model, if its hyperparameters come from one.

    Parameters
    ----------
    lake : LakeReader
        Where searches leave what they found.
    key : str
        Model in models.yaml.
    chosen : ModelSettings
        Its settings: they ask for what a search found, or hold it written out.

    Returns
    -------
    OverfitFlag
        Not applicable where nobody searched, or the model has other hyperparameters than those found.
    """
    if not has_search(lake, key):
        return parameter_sensitivity(0.0, ())
    last = load_search(lake, key).windows[-1]
    is_used = chosen.hyperparameters_from is not None or dict(chosen.hyperparameters) == dict(last.hyperparameters)
    ranking = last.summary.get("ranking")
    best = ranking[0] if isinstance(ranking, list | tuple) and ranking else None
    if not is_used or not isinstance(best, Mapping):
        return parameter_sensitivity(0.0, ())
    value, spike, near = (float(best[name] or 0.0) for name in ("value", "spike", "neighbours"))
    # the search keeps by how much the middle one of the neighbours is worse, times what that costs
    return parameter_sensitivity(value, [value + spike / WEIGHTS.spike] * int(near))
