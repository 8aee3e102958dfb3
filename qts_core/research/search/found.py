"""`hyperparameters_from: study`: what a finished search found, where models.yaml asks for it (specification 7.3)."""

from __future__ import annotations

from collections.abc import Sequence

from qts_core.config.models import ModelSettings
from qts_core.market.errors import InvalidConfigError
from qts_core.market.timeline import Timeline
from qts_core.ports.lake import LakeReader
from qts_core.research.ensemble_members import MemberRecipe
from qts_core.research.search.result import load_search
from qts_core.training.folds import FoldPlan, plan_folds

__all__ = ["members_with_found_parameters", "with_found_parameters"]


def with_found_parameters(
    lake: LakeReader, key: str, chosen: ModelSettings, timeline: Timeline, *, plan: FoldPlan | None = None
) -> ModelSettings:
    """Return the settings of a model with what its newest search found written out; as they are without the option.

    Each fold gets what the newest window found that had looked at nothing from the fold's test on, or the
    hyperparameters of models.yaml where no window is as old; so folds stay honest when bars were added since. What
    is written out enters the manifest of the training set: later searches change nothing of it.

    Parameters
    ----------
    plan : FoldPlan, optional
        The folds that are trained; the model's own by default. A member of an ensemble is trained on the ensemble's.

    Raises
    ------
    ModelNotFoundError
        QTS-MODEL-047 if there is no finished search, or it found nothing that keeps its drawdown limit.
    """
    if chosen.hyperparameters_from is None:
        return chosen
    windows = sorted(load_search(lake, key).windows, key=lambda window: window.known_until)
    plan = _plan(chosen, timeline) if plan is None else plan
    own = dict(chosen.hyperparameters)
    of_folds = []
    for fold in plan.folds:
        begins = int(timeline.ts_event[_first_judged(plan, fold.index)])
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


def members_with_found_parameters(
    lake: LakeReader, members: Sequence[MemberRecipe], ensemble: ModelSettings, timeline: Timeline
) -> tuple[MemberRecipe, ...]:
    """Return the members of an ensemble with what their searches found written out, for the folds of the ensemble.

    Raises
    ------
    ModelNotFoundError
        QTS-MODEL-047 as :func:`with_found_parameters`.
    InvalidConfigError
        QTS-MODEL-045 if models.yaml gives a member hyperparameters of windows that, counted by the ensemble's folds,
        may have seen what a fold is judged on.
    """
    plan = _plan(ensemble, timeline) if members else None
    found = []
    for member in members:
        assert plan is not None
        _check_windows(member, plan, timeline)
        settings = with_found_parameters(lake, member.key, member.settings, timeline, plan=plan)
        found.append(member.model_copy(update={"settings": settings}))
    return tuple(found)


def _check_windows(member: MemberRecipe, plan: FoldPlan, timeline: Timeline) -> None:
    given = member.settings.window_hyperparameters
    own = _plan(member.settings, timeline) if given else plan
    for fold in range(min(len(given), len(plan.folds), len(own.folds))):
        if _first_judged(plan, fold) < _first_judged(own, fold):
            raise InvalidConfigError(
                "QTS-MODEL-045", "a member was tuned on what its ensemble is judged on",
                where=f"models.yaml {member.key} window_hyperparameters", found=f"fold {fold + 1} of other folds",
                expected="the folds of the ensemble, or later ones",
                fix="give both the same `training:`, or write hyperparameters_from: study",
            )  # fmt: skip


def _plan(chosen: ModelSettings, timeline: Timeline) -> FoldPlan:
    return plan_folds(chosen.training, timeline, horizon_bars=chosen.horizon_bars)


def _first_judged(plan: FoldPlan, fold: int) -> int:
    return min(rows.start for rows in plan.folds[fold].test)
