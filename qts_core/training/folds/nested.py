"""Plans within a fold: for search, stacking, calibration and early stopping, with the fold's own purge (X-18)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from qts_core.training.folds.ranges import Fold, RowRange, cut, merged, pieces, row_count
from qts_core.training.folds.validity import refused

if TYPE_CHECKING:
    from qts_core.training.folds.plan import FoldPlan

__all__ = ["InnerMethod", "plan_within", "with_tail"]

InnerMethod = Literal["purged_k_fold", "walk_forward"]


def with_tail(fold: Fold, share: float) -> Fold:
    """Return `fold` with the last `share` of its training rows as validation; as it is where it has validation."""
    if fold.validation:
        return fold
    rows = row_count(fold.train)
    first = rows - math.ceil(rows * share)
    if not 0 < first < rows:
        raise refused(
            "the validation tail leaves nothing", where="training.validation_share", found=share,
            expected="a share between 0 and 1 of the training rows", fix="set it to 0.1 or 0.2",
        )  # fmt: skip
    return replace(fold, train=cut(fold.train, 0, first), validation=cut(fold.train, first, rows))


def plan_within(plan: FoldPlan, fold: Fold, *, groups: int, method: InnerMethod) -> FoldPlan:
    """Return a plan of `groups` folds within the training rows of `fold`, guarded by what `fold` is judged on."""
    rows, parts = row_count(fold.train), groups + (method == "walk_forward")
    fewest = 2 if method == "purged_k_fold" else 1
    if not fewest <= groups or rows < parts:
        raise refused(
            "the training rows cannot be split so", where=f"inner {method}", found=f"{groups} groups of {rows} rows",
            expected=f"at least {fewest} groups, each with a row", fix="ask for fewer groups, or train on more bars",
        )  # fmt: skip
    split = pieces(fold.train, parts)
    if method == "purged_k_fold":
        folds = tuple(
            Fold(i, merged(r for j, part in enumerate(split) if j != i for r in part), test)
            for i, test in enumerate(split)
        )
    else:
        folds = tuple(Fold(i, merged(r for part in split[: i + 1] for r in part), split[i + 1]) for i in range(groups))
    judged = (*fold.validation, *fold.test, *plan.guards, plan.holdout)
    return replace(
        plan,
        scheme="purged_k_fold" if method == "purged_k_fold" else "walk_forward_anchored",
        folds=folds,
        final=RowRange(fold.train[0].start, fold.train[-1].stop),
        final_validation=None,
        guards=merged(judged),
    )
