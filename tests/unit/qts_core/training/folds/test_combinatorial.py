"""Combinatorial and k-fold plans: figures of the book, and every refusal in one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qts_core.market.errors import TrainingError
from qts_core.training.folds import FoldPlan, combinatorial_purged, path_count, purged_k_fold
from tests.unit.qts_core.training.samples_for_tests import sample_set, timeline_of


@pytest.mark.parametrize(("groups", "test_groups", "paths"), [(6, 2, 5), (10, 2, 9), (6, 1, 1), (16, 8, 6435)])
def test_the_number_of_paths_is_that_of_the_book(groups: int, test_groups: int, paths: int) -> None:
    """López de Prado (2018), section 12.3, p. 163: N = 6, k = 2 gives 5; for k = 2 it is N - 1, for k = 1 one."""
    assert path_count(groups, test_groups) == paths


def test_six_groups_two_at_a_time_are_the_fifteen_splits_and_five_paths_of_the_book() -> None:
    """Figures 12.1 and 12.2, p. 164: which path the test of group G in split S serves, splits from left to right."""
    plan = combinatorial_purged(timeline_of(30), groups=6, test_groups=2, horizon_bars=5)
    assert len(plan.folds) == 15
    group = {r: index for index, r in enumerate(sorted({r for f in plan.folds for r in f.test}, key=lambda r: r.start))}
    table = [["" for _ in range(15)] for _ in range(6)]
    for path in plan.paths:
        for part in path.parts:
            table[group[part.rows]][part.fold] = str(path.index + 1)
    assert [" ".join(cell or "-" for cell in row) for row in table] == [
        "1 2 3 4 5 - - - - - - - - - -",
        "1 - - - - 2 3 4 5 - - - - - -",
        "- 1 - - - 2 - - - 3 4 5 - - -",
        "- - 1 - - - 2 - - 3 - - 4 5 -",
        "- - - 1 - - - 2 - - 3 - 4 - 5",
        "- - - - 1 - - - 2 - - 3 - 4 5",
    ]


def test_groups_are_whole_sessions_and_differ_by_one_at_most() -> None:
    plan = purged_k_fold(timeline_of(24), groups=5, horizon_bars=5, holdout_sessions=1)
    assert [len(fold.test[0]) // 26 for fold in plan.folds] == [5, 5, 5, 4, 4]
    assert plan.folds[-1].test[0].stop == plan.holdout.start == 23 * 26


def test_what_comes_after_a_test_waits_for_its_labels_and_the_embargo() -> None:
    samples = sample_set(sessions=30, horizon_bars=10)
    plan = purged_k_fold(samples.timeline, groups=3, horizon_bars=10, embargo_bars=7)
    middle = plan.folds[1]
    rows = samples.row[plan.train_samples(middle, samples)]
    test = middle.test[0]
    assert rows[rows < test.start].max() == test.start - 10 - 2
    assert rows[rows >= test.stop].min() == test.stop - 1 + 11 + 7 + 1


def plan_of(make: Callable[..., FoldPlan], sessions: int = 30, **changes: int) -> FoldPlan:
    return make(timeline_of(sessions), **{"horizon_bars": 5, **changes})


@pytest.mark.parametrize(
    ("make", "changes", "code", "said"),
    [
        (combinatorial_purged, {"groups": 4, "test_groups": 4}, "020", "training.test_groups"),
        (combinatorial_purged, {"groups": 4, "test_groups": 1}, "020", "training.test_groups"),
        (combinatorial_purged, {"groups": 20, "test_groups": 10}, "020", "184,756"),
        (purged_k_fold, {"groups": 1}, "020", "training.groups"),
        (purged_k_fold, {"holdout_sessions": -1}, "020", "hold-out"),
        (purged_k_fold, {"groups": 31}, "003", "training.groups"),
        (purged_k_fold, {"groups": 2, "horizon_bars": 300}, "021", "training.embargo_bars"),
        (purged_k_fold, {"groups": 2, "gap_bars": 300}, "021", "nothing to learn from"),
    ],
)
def test_settings_that_cannot_be_laid_out_are_refused_in_one_line(
    make: Callable[..., FoldPlan], changes: dict[str, int], code: str, said: str
) -> None:
    with pytest.raises(TrainingError) as refusal:
        plan_of(make, **changes)
    assert refusal.value.code == f"QTS-MODEL-{code}"
    assert said in refusal.value.line()
    assert "\n" not in refusal.value.line()
