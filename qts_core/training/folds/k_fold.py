"""Purged k-fold: every session judged once by a model that learned from those before and after it (specification 7.3).

References
----------
López de Prado (2018), Advances in Financial Machine Learning, section 7.4, pp. 105-109.
"""

from __future__ import annotations

from qts_core.market.timeline import Timeline
from qts_core.training.folds.combinatorial import groups_plan
from qts_core.training.folds.plan import FoldPlan

__all__ = ["purged_k_fold"]


def purged_k_fold(
    timeline: Timeline,
    *,
    groups: int = 5,
    horizon_bars: int,
    embargo_bars: int = 0,
    gap_bars: int = 0,
    holdout_sessions: int = 0,
) -> FoldPlan:
    """Lay out k folds of nearly equally many whole sessions; each judges one and learns from the rest, purged.

    It measures skill with more data than a walk-forward and is no history that could have been traded: a fold also
    learns from what came after its test. The final model is fitted on everything before the hold-out.

    Parameters
    ----------
    timeline : Timeline
        T rows.
    groups : int
        k, the number of folds.
    horizon_bars : int
        Label horizon.
    embargo_bars : int
        Bars after the last label of a test has ended that no training sample may begin in.
    gap_bars : int
        Fewest bars between a training row and a test row on either side.
    holdout_sessions : int
        Last sessions that enter nothing.

    Raises
    ------
    TrainingError
        If there are fewer than two groups, too few sessions, or a fold would be purged away.
    """
    return groups_plan(
        timeline, scheme="purged_k_fold", groups=groups, test_groups=1, horizon_bars=horizon_bars,
        embargo_bars=embargo_bars, gap_bars=gap_bars, holdout_sessions=holdout_sessions,
    )  # fmt: skip
