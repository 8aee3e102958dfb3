"""What each row of the timeline is to a fold: the data of the picture of a fold plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qts_core.training.folds.plan import FoldPlan
from qts_core.training.folds.ranges import Fold, RowRange, merged

__all__ = ["Band", "RowRole", "bands", "row_roles", "shown_folds"]


class RowRole(IntEnum):
    """What a row is to a fold."""

    UNUSED = 0
    TRAIN = 1
    PURGED = 2
    EMBARGO = 3
    VALIDATION = 4
    TEST = 5
    HOLDOUT = 6

    @property
    def label(self) -> str:
        """The role in words."""
        return "hold-out" if self is RowRole.HOLDOUT else self.name.lower()


@dataclass(frozen=True, slots=True)
class Band:
    """Rows in a row that are the same to a fold."""

    role: RowRole
    rows: RowRange


def shown_folds(plan: FoldPlan) -> tuple[tuple[str, Fold], ...]:
    """Return the folds with their names, and last the model that goes live."""
    named = [(f"fold {fold.index + 1}", fold) for fold in plan.folds]
    return (*named, ("live model", plan.final_fold))


def row_roles(plan: FoldPlan, fold: Fold) -> NDArray[np.uint8]:
    """Return the :class:`RowRole` of each row, uint8 [T].

    Purged rows are those whose label, at its full length, would share a bar with what is judged or come within the
    gap; labels that end early, as those of barriers may, are purged by their own end and lose fewer rows.
    """
    roles = np.full(plan.rows, RowRole.UNUSED, dtype=np.uint8)
    judged = merged((*fold.validation, *fold.test, *plan.guards, plan.holdout))
    for r in fold.train:
        roles[r.start : r.stop] = _kept(plan, r, judged)
    for r in fold.validation:
        roles[r.start : r.stop] = _kept(plan, r, merged((*fold.test, *plan.guards, plan.holdout)))
        roles[r.start : r.stop][roles[r.start : r.stop] == RowRole.TRAIN] = RowRole.VALIDATION
    for r in fold.test:
        roles[r.start : r.stop] = RowRole.TEST
    roles[plan.holdout.start : plan.holdout.stop] = RowRole.HOLDOUT
    return roles


def bands(plan: FoldPlan, fold: Fold) -> tuple[Band, ...]:
    """Return what the rows are to `fold`, in order and without a gap."""
    roles = row_roles(plan, fold)
    edges = [0, *(np.flatnonzero(np.diff(roles)) + 1).tolist(), plan.rows]
    return tuple(Band(RowRole(int(roles[a])), RowRange(a, b)) for a, b in pairwise(edges))


def _kept(plan: FoldPlan, rows: RowRange, judged: Sequence[RowRange]) -> NDArray[np.uint8]:
    row = np.arange(rows.start, rows.stop)
    end = row + plan.horizon_bars + 1
    is_purged, is_embargoed = np.zeros(len(row), dtype=bool), np.zeros(len(row), dtype=bool)
    before = plan.embargo_bars if plan.embargo_sides == "both" else 0
    for r in judged:
        reach = r.stop - 1 + plan.horizon_bars + 1
        meets = (end >= r.start) & (row <= reach)
        near = (row + plan.gap_bars >= r.start) & (row <= r.stop - 1 + plan.gap_bars)
        is_purged |= meets | near
        is_embargoed |= (end + before >= r.start) & (row <= reach + plan.embargo_bars)
    roles = np.where(is_embargoed, RowRole.EMBARGO, RowRole.TRAIN)
    kept: NDArray[np.uint8] = np.where(is_purged, RowRole.PURGED, roles).astype(np.uint8)
    return kept
