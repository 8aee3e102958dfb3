"""From the settings of a model to its fold plan (specification 7.3, 15.3)."""

from __future__ import annotations

from dataclasses import replace

from qts_core.config.training import TrainingSettings
from qts_core.market.timeline import Timeline
from qts_core.training.folds.combinatorial import combinatorial_purged
from qts_core.training.folds.k_fold import purged_k_fold
from qts_core.training.folds.plan import FoldPlan
from qts_core.training.folds.walk_forward import MONTH_SCHEMES, walk_forward, walk_forward_months

__all__ = ["plan_folds"]


def plan_folds(chosen: TrainingSettings, timeline: Timeline, *, horizon_bars: int) -> FoldPlan:
    """Lay out the folds that `chosen` asks for.

    Parameters
    ----------
    chosen : TrainingSettings
        ``training`` of the model in models.yaml.
    timeline : Timeline
        Of the bars it is trained on.
    horizon_bars : int
        Of its target.

    Raises
    ------
    TrainingError
        If the bars are too few, or the settings cannot be laid out on them.
    """
    method = chosen.validation_method
    if method == "purged_k_fold":
        return purged_k_fold(
            timeline, groups=chosen.group_count, horizon_bars=horizon_bars, embargo_bars=chosen.embargo_bars,
            gap_bars=chosen.gap_bars, holdout_sessions=chosen.holdout_sessions,
        )  # fmt: skip
    if method == "combinatorial_purged":
        return combinatorial_purged(
            timeline, groups=chosen.group_count, test_groups=chosen.test_groups, horizon_bars=horizon_bars,
            embargo_bars=chosen.embargo_bars, gap_bars=chosen.gap_bars, holdout_sessions=chosen.holdout_sessions,
        )  # fmt: skip
    is_anchored = method == "walk_forward_anchored"
    if chosen.windows == "sessions":
        return walk_forward(
            timeline, train_sessions=chosen.train_sessions, test_sessions=chosen.test_sessions,
            step_sessions=chosen.step_sessions, horizon_bars=horizon_bars, embargo_bars=chosen.embargo_bars,
            holdout_sessions=chosen.holdout_sessions, gap_bars=chosen.gap_bars, is_anchored=is_anchored,
        )  # fmt: skip
    scheme = MONTH_SCHEMES[chosen.windows]
    months = replace(
        scheme, train=chosen.train_months or scheme.train, validation=chosen.validation_months or scheme.validation
    )
    return walk_forward_months(
        timeline, months, horizon_bars=horizon_bars, embargo_bars=chosen.embargo_bars,
        holdout_sessions=chosen.holdout_sessions, gap_bars=chosen.gap_bars, is_anchored=is_anchored,
    )  # fmt: skip
