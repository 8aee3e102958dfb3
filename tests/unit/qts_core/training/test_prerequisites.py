"""A start that has seen a test, and a pattern that fits nothing, are refused before anything is fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.market.errors import TrainingError
from qts_core.models.base import ModelType
from qts_core.models.context import Strategy
from qts_core.targets import parse_target
from qts_core.training.fitting import fit_fold
from qts_core.training.folds import walk_forward
from qts_core.training.trainer import TrainingEntry, train_walk_forward
from tests.unit.qts_core.training.samples_for_tests import sample_set

ENTRY = TrainingEntry(
    "toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"),
    {"n_estimators": 10, "num_leaves": 7, "min_data_in_leaf": 20, "learning_rate": 0.2},
)  # fmt: skip


def test_training_goes_on_only_from_a_model_that_has_seen_no_test() -> None:
    samples = sample_set(sessions=36)
    plan = walk_forward(
        samples.timeline, train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )
    first = fit_fold(ENTRY, samples, plan, plan.folds[0], "fold 1").model
    result = train_walk_forward(replace(ENTRY, start=first), samples, plan)
    assert result.bundle.sha256 != train_walk_forward(ENTRY, samples, plan).bundle.sha256
    assert replace(ENTRY, start=first).as_dict()["continue_from"] != ENTRY.as_dict().get("continue_from")

    last = fit_fold(ENTRY, samples, plan, plan.folds[-1], "last").model
    with pytest.raises(TrainingError, match="has seen bars of a test") as refusal:
        train_walk_forward(replace(ENTRY, start=last), samples, plan)
    assert refusal.value.code == "QTS-MODEL-033"
    assert "\n" not in str(refusal.value)


def test_a_pattern_that_fits_no_feature_is_refused() -> None:
    samples = sample_set(sessions=36)
    plan = walk_forward(
        samples.timeline, train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )
    entry = replace(ENTRY, strategy=Strategy(monotone_constraints={"sig*": 1, "sgnal": -1}))
    with pytest.raises(TrainingError, match="sgnal"):
        fit_fold(entry, samples, plan, plan.folds[0], "fold 1")


def test_a_constraint_reaches_the_model_of_each_fold() -> None:
    samples = sample_set(sessions=36)
    plan = walk_forward(
        samples.timeline, train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )
    entry = replace(ENTRY, strategy=Strategy(monotone_constraints={"sig*": -1}))
    fitted = fit_fold(entry, samples, plan, plan.folds[0], "fold 1").model
    rows = np.zeros((50, 4))
    rows[:, 0] = np.linspace(-3, 3, 50)
    assert (np.diff(fitted.predict(rows)) <= 0).all()
