"""The picture's data: every row has one role, and the purge drawn is the purge done."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from qts_core.config.training import TrainingSettings
from qts_core.training.folds import plan_folds
from qts_core.training.folds.picture import RowRole, bands, row_roles, shown_folds
from tests.unit.qts_core.training.samples_for_tests import sample_set

METHODS = ("walk_forward", "walk_forward_anchored", "purged_k_fold", "combinatorial_purged")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("embargo", [0, 40])
def test_the_training_rows_drawn_are_those_that_train(method: str, embargo: int) -> None:
    samples = sample_set(sessions=60, horizon_bars=26)
    chosen = {"train_sessions": 10, "test_sessions": 5, "step_sessions": 5, "holdout_sessions": 4}
    settings = TrainingSettings.model_validate({"validation_method": method, "embargo_bars": embargo, **chosen})
    plan = plan_folds(settings, samples.timeline, horizon_bars=26)
    for _, fold in shown_folds(plan):
        for one in (fold, plan.tail(fold, 0.2)):
            roles = row_roles(plan, one)
            assert set(np.flatnonzero(roles == RowRole.TRAIN)) == set(samples.row[plan.train_samples(one, samples)])
            tuned = set(samples.row[plan.validation_samples(one, samples)])
            assert set(np.flatnonzero(roles == RowRole.VALIDATION)) == tuned


def test_bands_lie_side_by_side_and_cover_every_row() -> None:
    samples = sample_set(sessions=40)
    plan = plan_folds(
        TrainingSettings(validation_method="combinatorial_purged", groups=4), samples.timeline, horizon_bars=26
    )
    for _, fold in shown_folds(plan):
        laid = bands(plan, fold)
        assert [b.rows.stop for b in laid[:-1]] == [b.rows.start for b in laid[1:]]
        assert (laid[0].rows.start, laid[-1].rows.stop) == (0, plan.rows)
        assert all(a.role != b.role for a, b in pairwise(laid))
