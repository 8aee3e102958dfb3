"""Who judges the fold plans: intervals of bars, sample against sample, without any of the code under test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qts_core.training.folds import FoldPlan, RowRange
from qts_core.training.samples import TrainingSet
from tests.unit.qts_core.training.samples_for_tests import sample_set

Places = NDArray[np.int64]


def samples_with_ends(*, sessions: int, horizon_bars: int, seed: int, is_dense: bool = False) -> TrainingSet:
    """Samples of two symbols whose labels end anywhere from the next bar to the horizon, as barriers' labels do."""
    given = sample_set(sessions=sessions, symbols=2, horizon_bars=horizon_bars)
    if is_dense:
        rows = np.repeat(np.arange(len(given.timeline)), 2)
        kept = np.resize(np.arange(len(given)), len(rows))
        given = replace(
            given, features=given.features[kept], labels=np.ones(len(rows)), returns=np.ones(len(rows)),
            row=rows.astype(np.int32), column=np.tile([0, 1], len(rows) // 2).astype(np.int32),
            end_row=rows.astype(np.int32),
        )  # fmt: skip
    lives = np.random.default_rng(seed).integers(1, horizon_bars + 2, size=len(given))
    return replace(given, end_row=(given.row + lives).astype(np.int32))


def places_of(samples: TrainingSet, ranges: Iterable[RowRange]) -> Places:
    """The samples in `ranges`, found one row at a time."""
    rows = {row for r in ranges for row in range(r.start, r.stop)}
    return np.array([i for i, row in enumerate(samples.row.tolist()) if row in rows], dtype=np.int64)


def intersections(samples: TrainingSet, one: Places, other: Places) -> int:
    """Samples of `one` whose interval [row, end_row] meets that of any sample of `other`."""
    if not len(one) or not len(other):
        return 0
    meets = (samples.row[one][:, None] <= samples.end_row[other][None, :]) & (
        samples.row[other][None, :] <= samples.end_row[one][:, None]
    )
    return int(meets.any(axis=1).sum())


def shared(plan: FoldPlan, samples: TrainingSet) -> int:
    """Meetings of what learns with what judges, over all folds, and of either with the guards and the hold-out."""
    found, guards = 0, places_of(samples, plan.guards)
    held_out = places_of(samples, (plan.holdout,))
    for fold in plan.folds:
        train, tuned = plan.train_samples(fold, samples), plan.validation_samples(fold, samples)
        test = plan.test_samples(fold, samples)
        for one, other in ((train, tuned), (train, test), (tuned, test), (train, held_out), (tuned, held_out)):
            found += intersections(samples, one, other)
        found += intersections(samples, np.concatenate([train, tuned, test]), guards)
    return found


def allowed(plan: FoldPlan, samples: TrainingSet, train: Places, judged: Places) -> Places:
    """The samples of `train` that may learn, by comparing each with every judged one."""
    before = plan.embargo_bars if plan.embargo_sides == "both" else 0
    row, end = samples.row.astype(np.int64), samples.end_row.astype(np.int64)
    kept = []
    for place in train.tolist():
        is_early = end[place] + before < row[judged]
        is_late = (row[place] > end[judged] + plan.embargo_bars) & (row[place] > row[judged])
        is_apart = np.abs(row[place] - row[judged]) > plan.gap_bars
        if np.isfinite(samples.labels[place]) and ((is_early | is_late) & is_apart).all():
            kept.append(place)
    return np.array(kept, dtype=np.int64)
