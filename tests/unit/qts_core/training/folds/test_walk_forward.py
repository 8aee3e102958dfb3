"""Walk-forward windows of the specification, by its numbers: 16 windows of 12/3/3 months over five years."""

from __future__ import annotations

from datetime import date

import pytest

from qts_core.market.calendar import xnys
from qts_core.market.errors import TrainingError
from qts_core.market.timeline import Timeline
from qts_core.training.folds import MONTH_SCHEMES, Windows, walk_forward, walk_forward_months
from tests.unit.qts_core.training.samples_for_tests import timeline_of

FIVE_YEARS = Timeline.between(xnys(), date(2019, 1, 1), date(2023, 12, 31))
OPTIMISATION, SPLIT = MONTH_SCHEMES["optimisation"], MONTH_SCHEMES["split"]


@pytest.mark.parametrize("held_out", [0, 1, 5])
def test_twelve_three_three_over_sixty_months_gives_sixteen_windows(held_out: int) -> None:
    plan = walk_forward_months(FIVE_YEARS, OPTIMISATION, horizon_bars=26, holdout_sessions=held_out)
    described = plan.describe(FIVE_YEARS)
    assert len(plan.folds) == 16
    assert described[0] == {"fold": "1", "train": "2019-01-02 to 2019-12-31", "test": "2020-01-02 to 2020-03-31"}
    assert described[1]["train"] == "2019-04-01 to 2020-03-31"
    assert described[-1]["test"].startswith("2023-10-02 to 2023-12-2")
    assert not any(fold.validation for fold in plan.folds)


def test_the_split_of_the_model_manager_has_a_validation_window_and_steps_by_a_month() -> None:
    plan = walk_forward_months(FIVE_YEARS, SPLIT, horizon_bars=26)
    described = plan.describe(FIVE_YEARS)
    assert len(plan.folds) == 60 - 15 + 1
    assert described[0] == {
        "fold": "1", "train": "2019-01-02 to 2019-12-31", "validation": "2020-01-02 to 2020-02-28",
        "test": "2020-03-02 to 2020-03-31",
    }  # fmt: skip
    assert described[1]["test"] == "2020-04-01 to 2020-04-30"
    assert plan.final_fold.validation == (plan.final_validation,)
    assert plan.final.stop == plan.final_validation.start  # type: ignore[union-attr]
    assert plan.final_validation.stop == plan.holdout.start  # type: ignore[union-attr]


def test_anchored_windows_all_begin_with_the_first_bar() -> None:
    plan = walk_forward_months(FIVE_YEARS, OPTIMISATION, horizon_bars=26, is_anchored=True)
    rolling = walk_forward_months(FIVE_YEARS, OPTIMISATION, horizon_bars=26)
    assert plan.scheme == "walk_forward_anchored"
    assert {fold.train[0].start for fold in plan.folds} == {0}
    assert [fold.test for fold in plan.folds] == [fold.test for fold in rolling.folds]
    assert plan.final.start == 0 < rolling.final.start


def test_anchored_windows_in_sessions_expand() -> None:
    plan = walk_forward(
        timeline_of(31), train_sessions=10, test_sessions=5, step_sessions=5, horizon_bars=26, is_anchored=True
    )
    assert [len(fold.train[0]) for fold in plan.folds] == [26 * n for n in (10, 15, 20, 25)]


def test_a_month_that_an_edge_cuts_short_belongs_to_its_neighbour() -> None:
    line = Timeline.between(xnys(), date(2020, 1, 27), date(2020, 6, 5))
    described = walk_forward_months(line, Windows(2, 0, 1, 1), horizon_bars=1, holdout_sessions=0).describe(line)
    assert [fold["test"] for fold in described] == ["2020-04-01 to 2020-04-30", "2020-05-01 to 2020-06-05"]
    assert described[0]["train"] == "2020-01-27 to 2020-03-31"


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        (Windows(12, 0, 3, 1), "a bar would be judged twice"),
        (Windows(0, 0, 3, 3), "a window is empty"),
        (Windows(60, 2, 1, 1), "too few months for one fold"),
    ],
)
def test_windows_that_cannot_be_laid_out_are_refused_in_one_line(windows: Windows, said: str) -> None:
    with pytest.raises(TrainingError, match=said) as refusal:
        walk_forward_months(FIVE_YEARS, windows, horizon_bars=26)
    assert "training." in refusal.value.line()
