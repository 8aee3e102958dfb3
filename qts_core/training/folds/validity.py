"""What a fold plan must not be: every contradiction is refused when the plan is made (specification 7.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from qts_core.market.errors import TrainingError
from qts_core.training.folds.ranges import RowRange

if TYPE_CHECKING:
    from qts_core.training.folds.plan import FoldPlan

__all__ = ["check", "refused"]


def refused(
    what: str, *, where: str = "fold plan", found: object = None, expected: str = "", fix: str
) -> TrainingError:
    """Return the error of a plan that cannot be laid out as asked."""
    return TrainingError("QTS-MODEL-020", what, where=where, found=found, expected=expected, fix=fix)


def check(plan: FoldPlan) -> None:
    """Refuse a plan that contradicts itself.

    Raises
    ------
    TrainingError
        QTS-MODEL-020 with the first contradiction.
    """
    for what, found in chain(_numbers(plan), _ranges(plan), _order(plan), _tests(plan)):
        raise refused(what, where=f"fold plan {plan.scheme}", found=found, fix="make the plan by its settings again")


def _numbers(plan: FoldPlan) -> Iterator[tuple[str, object]]:
    if plan.horizon_bars < 1:
        yield "a label must last at least 1 bar", f"horizon_bars {plan.horizon_bars}"
    for name in ("embargo_bars", "gap_bars"):
        if (value := getattr(plan, name)) < 0:
            yield f"{name} must not be negative", value
    if plan.embargo_sides not in {"both", "after"}:
        yield "embargo_sides is both or after", plan.embargo_sides
    if not plan.folds:
        yield "a plan has at least one fold", 0
    if [fold.index for fold in plan.folds] != list(range(len(plan.folds))):
        yield "folds are numbered from 0 in order", [fold.index for fold in plan.folds]


def _ranges(plan: FoldPlan) -> Iterator[tuple[str, object]]:
    whole = RowRange(0, plan.rows)
    for fold in plan.folds:
        for role in ("train", "test"):
            if not getattr(fold, role):
                yield f"fold {fold.index + 1} has no {role} rows", role
        for r in (*fold.train, *fold.validation, *fold.test):
            if not len(r) or r.start < whole.start or r.stop > whole.stop:
                yield f"fold {fold.index + 1} has rows that are not there", (r.start, r.stop)
            for name, kept in (("hold-out", (plan.holdout,)), ("guarded rows", plan.guards)):
                if any(r.shares(k) for k in kept):
                    yield f"fold {fold.index + 1} touches the {name}", (r.start, r.stop)
    if plan.final.stop > plan.holdout.start and len(plan.holdout):
        yield "the final model touches the hold-out", (plan.final.start, plan.final.stop)


def _order(plan: FoldPlan) -> Iterator[tuple[str, object]]:
    for fold in plan.folds:
        if shared := _shared((*fold.train, *fold.validation, *fold.test)):
            yield f"fold {fold.index + 1} uses a row twice", shared
        elif plan.scheme.startswith("walk_forward") and _end(fold.train) > fold.test[0].start:
            yield f"fold {fold.index + 1} of a walk-forward learns after its test", _end(fold.train)


def _tests(plan: FoldPlan) -> Iterator[tuple[str, object]]:
    if shared := _shared({r for fold in plan.folds for r in fold.test}):
        yield "test ranges of two folds must be the same or disjoint", shared


def _end(ranges: Sequence[RowRange]) -> int:
    return max(r.stop for r in ranges)


def _shared(ranges: Sequence[RowRange] | set[RowRange]) -> tuple[int, int] | None:
    ordered = sorted(ranges, key=lambda r: (r.start, r.stop))
    found = (b for a, b in pairwise(ordered) if a.shares(b))
    first = next(found, None)
    return None if first is None else (first.start, first.stop)
