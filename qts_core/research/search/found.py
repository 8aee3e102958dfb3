"""`hyperparameters_from: study`: what a finished search found, where models.yaml asks for it (specification 7.3)."""

from __future__ import annotations

from qts_core.config.models import ModelSettings
from qts_core.market.timeline import Timeline
from qts_core.ports.lake import LakeReader
from qts_core.research.search.result import load_search
from qts_core.training.folds import plan_folds

__all__ = ["with_found_parameters"]


def with_found_parameters(lake: LakeReader, key: str, chosen: ModelSettings, timeline: Timeline) -> ModelSettings:
    """Return the settings of a model with what its newest search found written out; as they are without the option.

    Each fold gets what the newest window found that had looked at nothing from the fold's test on, or the
    hyperparameters of models.yaml where no window is as old; so folds stay honest when bars were added since. What
    is written out enters the manifest of the training set: later searches change nothing of it.

    Raises
    ------
    ModelNotFoundError
        QTS-MODEL-047 if there is no finished search, or it found nothing that keeps its drawdown limit.
    """
    if chosen.hyperparameters_from is None:
        return chosen
    windows = sorted(load_search(lake, key).windows, key=lambda window: window.known_until)
    plan = plan_folds(chosen.training, timeline, horizon_bars=chosen.horizon_bars)
    own = dict(chosen.hyperparameters)
    of_folds = []
    for fold in plan.folds:
        begins = int(timeline.ts_event[min(rows.start for rows in fold.test)])
        known = [window for window in windows if window.known_until <= begins and window.hyperparameters]
        of_folds.append(dict(known[-1].hyperparameters) if known else own)
    found = dict(windows[-1].hyperparameters) if windows[-1].hyperparameters else own
    is_same = all(each == found for each in of_folds)
    update = {
        "hyperparameters": found,
        "window_hyperparameters": () if is_same else tuple(of_folds),
        "hyperparameters_from": None,
    }
    return chosen.model_copy(update=update)
