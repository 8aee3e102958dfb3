"""Fold plans against skfolio's splitters where both define the same thing: one sample a row, labels of one length.

The differences, on purpose: skfolio adds its purge between windows and keeps the training window's length, here the
window's last labels are purged, so its `train_size` is ours less the purge; it lays windows from the first row and we
from the last; it gives what division leaves over to the last group, we one session each to the first ones. So lengths
are chosen that divide. It knows neither labels of different ends nor a hold-out.
"""

from __future__ import annotations

import numpy as np
import pytest
from skfolio.model_selection import CombinatorialPurgedCV, WalkForward

from qts_core.market.timeline import Timeline
from qts_core.training.folds import FoldPlan, combinatorial_purged, path_count, walk_forward
from qts_core.training.samples import TrainingSet

DAY = 24 * 60 * 60 * 1_000_000


def days(count: int) -> Timeline:
    return Timeline.regular(np.arange(count, dtype=np.int64) * DAY)


def one_a_day(timeline: Timeline, horizon_bars: int) -> TrainingSet:
    rows = np.arange(len(timeline), dtype=np.int32)
    return TrainingSet(
        features=np.zeros((len(rows), 1)), labels=np.zeros(len(rows)), returns=np.zeros(len(rows)), row=rows,
        column=np.zeros(len(rows), dtype=np.int32), end_row=rows + np.int32(horizon_bars + 1), names=("f",),
        feature_hashes=("h",), timeline=timeline, symbols=("A",), catalogue_hash="c", data_hash="d",
    )  # fmt: skip


def splits(plan: FoldPlan, samples: TrainingSet) -> list[tuple[list[int], list[int]]]:
    return [(plan.train_samples(f, samples).tolist(), plan.test_samples(f, samples).tolist()) for f in plan.folds]


@pytest.mark.parametrize(("train", "test", "folds"), [(60, 20, 1), (60, 20, 7), (100, 13, 5)])
@pytest.mark.parametrize(("horizon", "embargo"), [(1, 0), (5, 0), (10, 7)])
@pytest.mark.parametrize("is_anchored", [False, True])
def test_walk_forward(*, train: int, test: int, folds: int, horizon: int, embargo: int, is_anchored: bool) -> None:
    samples = one_a_day(days(train + folds * test), horizon)
    plan = walk_forward(
        samples.timeline, train_sessions=train, test_sessions=test, step_sessions=test, horizon_bars=horizon,
        embargo_bars=embargo, holdout_sessions=0, is_anchored=is_anchored,
    )  # fmt: skip
    lost = horizon + 1 + embargo
    theirs = WalkForward(
        train_size=train - lost, test_size=test, purged_size=lost, expand_train=is_anchored, reduce_test=False
    )
    expected = [(a.tolist(), b.tolist()) for a, b in theirs.split(np.zeros((len(samples), 1)))]
    assert splits(plan, samples) == expected


@pytest.mark.parametrize(("groups", "test_groups"), [(3, 2), (5, 2), (6, 2), (6, 3), (8, 2), (8, 5)])
@pytest.mark.parametrize(("horizon", "embargo"), [(1, 0), (4, 0), (4, 9)])
def test_combinatorial_purged(groups: int, test_groups: int, horizon: int, embargo: int) -> None:
    samples = one_a_day(days(groups * 25), horizon)
    plan = combinatorial_purged(
        samples.timeline, groups=groups, test_groups=test_groups, horizon_bars=horizon, embargo_bars=embargo
    )
    theirs = CombinatorialPurgedCV(
        n_folds=groups, n_test_folds=test_groups, purged_size=horizon + 1, embargo_size=embargo
    )
    expected = [
        (train.tolist(), np.concatenate(tests).tolist()) for train, tests in theirs.split(np.zeros((len(samples), 1)))
    ]
    assert splits(plan, samples) == expected
    assert len(plan.paths) == path_count(groups, test_groups) == theirs.n_test_paths
    assert [[part.fold for part in path.parts] for path in plan.paths] == theirs.recombined_paths.T.tolist()
