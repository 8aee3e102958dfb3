"""Combinatorial purged cross-validation: every choice of test groups, and the paths through them (specification 7.3).

References
----------
López de Prado (2018), Advances in Financial Machine Learning, chapter 12, pp. 161-167.
"""

from __future__ import annotations

from itertools import combinations
from math import comb

from qts_core.market.errors import TrainingError
from qts_core.market.timeline import Timeline
from qts_core.training.folds.plan import FoldPlan
from qts_core.training.folds.ranges import Fold, RowRange, Scheme, merged, pieces
from qts_core.training.folds.validity import refused
from qts_core.training.folds.walk_forward import session_starts

__all__ = ["MOST_FOLDS", "combinatorial_purged", "groups_plan", "path_count"]

MOST_FOLDS = 1000
"""A fold is a model to fit; beyond this the settings are a mistake rather than a wish."""


def path_count(groups: int, test_groups: int) -> int:
    """Return phi, the number of backtest paths: k / N · C(N, k)."""
    return comb(groups - 1, test_groups - 1)


def combinatorial_purged(
    timeline: Timeline,
    *,
    groups: int = 6,
    test_groups: int = 2,
    horizon_bars: int,
    embargo_bars: int = 0,
    gap_bars: int = 0,
    holdout_sessions: int = 0,
) -> FoldPlan:
    """Lay out C(N, k) folds over N groups of nearly equally many whole sessions, k of them judged at a time.

    Every row is judged by phi = k / N · C(N, k) folds, whose predictions make up as many backtest paths
    (:attr:`FoldPlan.paths`): a distribution of the performance instead of one draw of it.

    Parameters
    ----------
    groups, test_groups : int
        N and k.
    timeline, horizon_bars, embargo_bars, gap_bars, holdout_sessions
        As for :func:`~qts_core.training.folds.k_fold.purged_k_fold`.

    Raises
    ------
    TrainingError
        If N and k do not fit each other or the bars, a fold would be purged away, or the folds are too many.
    """
    if not 2 <= test_groups < groups:
        raise refused(
            "the test groups do not fit the groups", where="training.test_groups", found=f"{test_groups} of {groups}",
            expected="at least 2 and fewer than training.groups", fix="set groups: 6 and test_groups: 2",
        )  # fmt: skip
    if (count := comb(groups, test_groups)) > MOST_FOLDS:
        raise refused(
            "too many folds", where="training.groups", found=f"C({groups}, {test_groups}) = {count:,}",
            expected=f"at most {MOST_FOLDS:,} models to fit", fix="lower training.groups or training.test_groups",
        )  # fmt: skip
    return groups_plan(
        timeline, scheme="combinatorial_purged", groups=groups, test_groups=test_groups, horizon_bars=horizon_bars,
        embargo_bars=embargo_bars, gap_bars=gap_bars, holdout_sessions=holdout_sessions,
    )  # fmt: skip


def groups_plan(
    timeline: Timeline, *, scheme: Scheme, groups: int, test_groups: int, horizon_bars: int, embargo_bars: int,
    gap_bars: int, holdout_sessions: int,
) -> FoldPlan:  # fmt: skip
    """Lay out one fold for every choice of `test_groups` of `groups`; the rest trains."""
    starts = session_starts(timeline)
    sessions = len(starts) - 1 - holdout_sessions
    if holdout_sessions < 0 or groups < 2:
        raise refused(
            "groups and hold-out do not fit", where="training.groups", found=f"{groups}, {holdout_sessions} held out",
            expected="at least 2 groups, and no negative hold-out", fix="set groups to 5",
        )  # fmt: skip
    if sessions < groups:
        raise TrainingError(
            "QTS-MODEL-003", "too few sessions for the groups", found=f"{max(sessions, 0)} before the hold-out",
            expected=f"at least {groups}, one for each group", fix="import more bars, or lower training.groups",
        )  # fmt: skip
    split = [RowRange(starts[part[0].start], starts[part[0].stop]) for part in pieces([RowRange(0, sessions)], groups)]
    folds = []
    for index, chosen in enumerate(combinations(range(groups), test_groups)):
        train = merged(r for place, r in enumerate(split) if place not in chosen)
        folds.append(Fold(index, train, tuple(split[place] for place in chosen)))
    usable = RowRange(0, starts[sessions])
    plan = FoldPlan(
        scheme, len(timeline), int(timeline.ts_event[0]), int(timeline.ts_known[-1]), horizon_bars, embargo_bars,
        tuple(folds), usable, RowRange(usable.stop, len(timeline)), embargo_sides="after", gap_bars=gap_bars,
    )  # fmt: skip
    _check_room(plan)
    return plan


def _check_room(plan: FoldPlan) -> None:
    """Refuse a plan in which purge and embargo may leave a fold nothing to learn from."""
    label, after = plan.horizon_bars + 1, plan.horizon_bars + 1 + plan.embargo_bars
    lost = max(label, plan.gap_bars) + max(after, plan.gap_bars)
    for fold in plan.folds:
        if max(len(r) for r in fold.train) <= lost:
            longest = max(len(r) for r in fold.train)
            raise TrainingError(
                "QTS-MODEL-021", "purge and embargo leave a fold nothing to learn from", where=f"fold {fold.index + 1}",
                found=f"{longest} bars in a row", expected=f"more than {lost} (label and embargo on both sides)",
                fix="lower training.embargo_bars or training.groups, shorten the horizon, or import more bars",
            )  # fmt: skip
