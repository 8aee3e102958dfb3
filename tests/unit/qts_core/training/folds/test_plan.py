"""Fold plans: layout by hand, overlap by brute force."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.errors import TrainingError
from qts_core.training.folds import Fold, FoldPlan, RowRange, purged_k_fold, walk_forward
from qts_core.training.samples import TrainingSet
from tests.unit.qts_core.training.samples_for_tests import sample_set, timeline_of

HORIZON = 26


def plan_of(samples: TrainingSet, **changes: int) -> FoldPlan:
    settings = {
        "train_sessions": 10,
        "test_sessions": 5,
        "step_sessions": 5,
        "horizon_bars": HORIZON,
        "embargo_bars": 0,
        "holdout_sessions": 1,
        **changes,
    }
    return walk_forward(samples.timeline, **settings)  # type: ignore[arg-type]  # all of them counts


def shared_bars(plan: FoldPlan, samples: TrainingSet) -> int:
    """The same count as FoldPlan.overlap, by sets of bars, a sample at a time."""
    shared = 0
    for fold in plan.folds:
        occupied: set[int] = set()
        for test in fold.test:
            place = samples.between(test.start, test.stop)
            for start, end in zip(samples.row[place], samples.end_row[place], strict=True):
                occupied |= set(range(int(start), int(end) + 1))
        for sample in plan.train_samples(fold, samples):
            own = set(range(int(samples.row[sample]), int(samples.end_row[sample]) + 1))
            shared += bool(own & occupied)
    return shared


def test_windows_roll_and_end_where_the_holdout_begins() -> None:
    plan = plan_of(sample_set(sessions=31))
    per = 26
    assert [f.test for f in plan.folds] == [(RowRange(start * per, (start + 5) * per),) for start in (10, 15, 20, 25)]
    assert [f.train for f in plan.folds] == [(RowRange(s * per, (s + 10) * per),) for s in (0, 5, 10, 15)]
    assert plan.final == RowRange(20 * per, 30 * per)
    assert plan.holdout == RowRange(30 * per, 31 * per)
    assert plan.test_rows == RowRange(10 * per, 30 * per)


def test_sessions_left_over_are_at_the_beginning() -> None:
    plan = plan_of(sample_set(sessions=33))
    assert plan.folds[0].train[0].start == 2 * 26


def test_no_training_label_reaches_a_test_bar() -> None:
    samples = sample_set(sessions=31)
    plan = plan_of(samples)
    assert plan.overlap(samples) == 0
    for fold in plan.folds:
        used = plan.train_samples(fold, samples)
        assert samples.end_row[used].max() == fold.test[0].start - 1


def test_the_embargo_adds_its_bars_to_the_purge() -> None:
    samples = sample_set(sessions=31)
    plan = plan_of(samples, embargo_bars=13)
    for fold in plan.folds:
        assert samples.end_row[plan.train_samples(fold, samples)].max() == fold.test[0].start - 1 - 13


def test_the_final_model_knows_nothing_of_the_holdout() -> None:
    samples = sample_set(sessions=31)
    plan = plan_of(samples)
    assert samples.end_row[plan.final_samples(samples)].max() < plan.holdout.start


def test_overlap_sees_a_plan_without_purge() -> None:
    samples = sample_set(sessions=31)
    plan = plan_of(samples)

    class Unpurged(FoldPlan):
        def train_samples(self, fold: Fold, samples: TrainingSet) -> np.ndarray:
            inside = [np.arange(s.start, s.stop) for s in (samples.between(r.start, r.stop) for r in fold.train)]
            return np.concatenate(inside)

    naive = Unpurged(*(getattr(plan, name) for name in plan.__dataclass_fields__))
    assert naive.overlap(samples) > 0
    assert naive.overlap(samples) == shared_bars(naive, samples)


@given(
    train=st.integers(2, 12), test=st.integers(1, 5), extra=st.integers(0, 3), horizon=st.integers(1, 40),
    embargo=st.integers(0, 30), holdout=st.integers(0, 3),
)  # fmt: skip
def test_overlap_is_zero_for_any_walk_forward(
    train: int, test: int, extra: int, horizon: int, embargo: int, holdout: int
) -> None:
    samples = sample_set(sessions=20, symbols=2, horizon_bars=horizon)
    plan = walk_forward(
        samples.timeline, train_sessions=train, test_sessions=test, step_sessions=test + extra, horizon_bars=horizon,
        embargo_bars=embargo, holdout_sessions=holdout,
    )  # fmt: skip
    assert plan.overlap(samples) == 0
    assert shared_bars(plan, samples) == 0


def test_training_on_both_sides_of_a_test_is_purged_on_both() -> None:
    samples = sample_set(sessions=31)
    plan = plan_of(samples)
    around = Fold(0, (RowRange(0, 260), RowRange(390, 780)), (RowRange(260, 390),))
    both = replace(plan, scheme="purged_k_fold", folds=(around,), embargo_bars=3)
    used = both.train_samples(around, samples)
    after = used[samples.row[used] >= 390]
    assert samples.row[after].min() == 389 + HORIZON + 1 + 3 + 1
    assert both.overlap(samples) == 0 == shared_bars(both, samples)


def test_samples_without_a_label_never_train() -> None:
    samples = sample_set(sessions=31)
    plan = plan_of(samples, holdout_sessions=0)
    for places in [plan.final_samples(samples), *(plan.train_samples(f, samples) for f in plan.folds)]:
        assert np.isfinite(samples.labels[places]).all()


def test_a_plan_is_frozen_and_its_hash_is_its_content() -> None:
    samples = sample_set(sessions=31)
    plan = plan_of(samples)
    with pytest.raises(FrozenInstanceError):
        plan.rows = 3  # type: ignore[misc]
    assert plan.hash == plan_of(samples).hash
    assert plan.hash != plan_of(samples, embargo_bars=1).hash


def test_too_short_a_history_says_what_is_needed() -> None:
    with pytest.raises(TrainingError, match="at least 10 to train \\+ 5 to test \\+ 1 held out"):
        plan_of(sample_set(sessions=15))


def test_overlapping_test_windows_are_refused() -> None:
    with pytest.raises(TrainingError, match="judged twice"):
        walk_forward(timeline_of(31), train_sessions=5, test_sessions=5, step_sessions=4, horizon_bars=1)


def test_described_windows_are_those_written_out_by_hand() -> None:
    """Train 10, test 5, from the end, one session held out."""
    described = plan_of(sample_set(sessions=31)).describe(timeline_of(31))
    assert described[-1] == {"fold": "4", "train": "2024-01-24 to 2024-02-06", "test": "2024-02-07 to 2024-02-13"}


def test_the_hash_of_a_plain_walk_forward_is_what_it_was_before_plans_knew_more() -> None:
    """Bundles and ledgers of earlier versions hold this hash; it was taken from the version before this package."""
    plan = walk_forward(
        timeline_of(40), train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=26
    )
    assert plan.hash == "9436b4819328362c259d1ee314ed00aef42674951e545b1181636cb57c8a2c01"


def test_a_label_with_an_early_end_is_purged_by_that_end() -> None:
    samples = sample_set(sessions=31)
    early = replace(samples, end_row=(samples.row + 1).astype(np.int32))
    plan = plan_of(samples)
    for fold in plan.folds:
        assert early.row[plan.train_samples(fold, early)].max() == fold.test[0].start - 2


def test_a_gap_holds_even_where_labels_end_sooner() -> None:
    samples = sample_set(sessions=31)
    early = replace(samples, end_row=(samples.row + 1).astype(np.int32))
    plan = plan_of(samples, gap_bars=5)
    for fold in plan.folds:
        assert early.row[plan.train_samples(fold, early)].max() == fold.test[0].start - 6


def test_no_training_label_of_any_fold_reaches_the_holdout() -> None:
    samples = sample_set(sessions=31)
    plan = purged_k_fold(samples.timeline, groups=3, horizon_bars=HORIZON, holdout_sessions=2)
    for fold in plan.folds:
        assert samples.end_row[plan.train_samples(fold, samples)].max() < plan.holdout.start


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"folds": ()}, "at least one fold"),
        ({"embargo_bars": -1}, "embargo_bars must not be negative"),
        ({"gap_bars": -1}, "gap_bars must not be negative"),
        ({"horizon_bars": 0}, "at least 1 bar"),
        ({"embargo_sides": "before"}, "both or after"),
        ({"folds": (Fold(1, (RowRange(0, 260),), (RowRange(260, 390),)),)}, "numbered from 0"),
        ({"folds": (Fold(0, (), (RowRange(260, 390),)),)}, "no train rows"),
        ({"folds": (Fold(0, (RowRange(0, 260),), (RowRange(260, 9999),)),)}, "rows that are not there"),
        ({"folds": (Fold(0, (RowRange(0, 260),), (RowRange(700, 790),)),)}, "touches the hold-out"),
        ({"folds": (Fold(0, (RowRange(0, 260),), (RowRange(250, 390),)),)}, "uses a row twice"),
        ({"folds": (Fold(0, (RowRange(400, 500),), (RowRange(260, 390),)),)}, "learns after its test"),
        ({"final": RowRange(0, 790)}, "final model touches the hold-out"),
        ({"guards": (RowRange(100, 120),)}, "touches the guarded rows"),
        ({"folds": tuple(Fold(i, (RowRange(0, 9),), (RowRange(10 + i, 40),)) for i in range(2))}, "disjoint"),
    ],
)  # fmt: skip
def test_a_plan_that_contradicts_itself_is_refused_on_construction(changes: dict[str, object], said: str) -> None:
    plan = plan_of(sample_set(sessions=31))
    with pytest.raises(TrainingError, match=said) as refusal:
        replace(plan, **changes)  # type: ignore[arg-type]
    assert refusal.value.code == "QTS-MODEL-020"
    assert "\n" not in refusal.value.line()


def test_only_a_walk_forward_is_a_history_that_could_be_traded() -> None:
    samples = sample_set(sessions=31)
    assert plan_of(samples).is_history
    assert not purged_k_fold(samples.timeline, groups=3, horizon_bars=HORIZON).is_history
