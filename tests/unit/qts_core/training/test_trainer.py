"""Walk-forward training finds what was planted, never looks ahead, and repeats itself byte for byte."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.market.errors import TrainingError
from qts_core.models.base import ModelType
from qts_core.targets import parse_target
from qts_core.training.folds import FoldPlan, walk_forward
from qts_core.training.samples import TrainingSet
from qts_core.training.trainer import TrainingEntry, train_walk_forward
from tests.unit.qts_core.training.samples_for_tests import sample_set

ENTRY = TrainingEntry(
    "toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"),
    {"n_estimators": 30, "num_leaves": 7, "min_data_in_leaf": 20, "learning_rate": 0.1},
)  # fmt: skip


def plan_for(samples: TrainingSet) -> FoldPlan:
    return walk_forward(
        samples.timeline, train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )


def test_a_planted_signal_is_found_out_of_sample_and_noise_is_not() -> None:
    planted, noise = sample_set(sessions=36), sample_set(sessions=36, signal=0.0)
    found = train_walk_forward(ENTRY, planted, plan_for(planted))
    lost = train_walk_forward(ENTRY, noise, plan_for(noise))
    assert found.overall.rank_ic_mean > 0.3
    assert next(iter(found.importance)) == "signal"
    assert abs(lost.overall.rank_ic_mean) < 0.05
    assert all(fold.in_sample.rank_ic_mean > fold.out_of_sample.rank_ic_mean for fold in lost.folds)


def test_predictions_cover_the_test_bars_that_exist_and_nothing_else() -> None:
    samples = sample_set(sessions=36)
    plan = plan_for(samples)
    result = train_walk_forward(ENTRY, samples, plan)
    tested = samples.between(plan.test_rows.start, plan.test_rows.stop)
    usable = np.isnan(samples.features[tested]).sum(axis=1) <= 2
    assert np.isfinite(result.predictions).sum() == usable.sum()
    assert np.isnan(result.predictions[: plan.test_rows.start]).all()
    assert np.isnan(result.predictions[plan.holdout.start :]).all()


def test_changing_everything_after_a_fold_changes_none_of_its_predictions() -> None:
    samples = sample_set(sessions=36)
    plan = plan_for(samples)
    end = plan.folds[0].test[0].stop
    later = samples.row >= end
    knows_later = samples.end_row >= plan.folds[0].test[0].start
    features, labels = samples.features.copy(), samples.labels.copy()
    features[later] *= -3.0
    labels[knows_later] = 99.0
    altered = replace(samples, features=features, labels=labels)
    first = train_walk_forward(ENTRY, samples, plan).predictions[:end]
    second = train_walk_forward(ENTRY, altered, plan).predictions[:end]
    np.testing.assert_array_equal(first, second)


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    samples = sample_set(sessions=36)
    plan = plan_for(samples)
    entry = replace(ENTRY, row_stride=2, parameters={**ENTRY.parameters, "bagging_fraction": 0.7, "bagging_freq": 1})
    one, two = train_walk_forward(entry, samples, plan), train_walk_forward(entry, samples, plan)
    assert dict(one.bundle.files) == dict(two.bundle.files)
    assert one.bundle.sha256 == two.bundle.sha256
    np.testing.assert_array_equal(one.predictions, two.predictions)
    assert train_walk_forward(replace(entry, seed=8), samples, plan).bundle.sha256 != one.bundle.sha256


def test_the_manifest_tells_what_the_model_learned_from() -> None:
    samples = sample_set(sessions=36)
    plan = plan_for(samples)
    manifest = train_walk_forward(ENTRY, samples, plan).bundle.manifest
    used = plan.final_samples(samples)
    assert manifest.training.samples == len(used)
    assert manifest.training.symbols == samples.symbols
    assert manifest.training.fold_plan_hash == plan.hash
    assert [f.hash for f in manifest.features] == ["h0", "h1", "h2", "h3"]
    assert manifest.label_scale == pytest.approx(np.abs(samples.returns[used]).mean())


def test_a_stride_keeps_about_one_sample_in_so_many() -> None:
    samples = sample_set(sessions=36)
    plan = plan_for(samples)
    whole = train_walk_forward(ENTRY, samples, plan).folds[0].train_samples
    part = train_walk_forward(replace(ENTRY, row_stride=3), samples, plan).folds[0].train_samples
    assert part == pytest.approx(whole / 3, rel=0.1)


def test_progress_is_told_after_each_model() -> None:
    samples = sample_set(sessions=36)
    told: list[tuple[str, int, int]] = []
    train_walk_forward(ENTRY, samples, plan_for(samples), progress=lambda *said: told.append(said))
    assert told[0] == ("toy fold 1", 1, 5)
    assert told[-1] == ("toy final", 5, 5)


def test_a_plan_of_other_bars_is_refused() -> None:
    samples = sample_set(sessions=36)
    with pytest.raises(TrainingError, match="made for other bars"):
        train_walk_forward(ENTRY, samples, plan_for(sample_set(sessions=35)))


def test_too_few_samples_are_refused_with_the_fold_named() -> None:
    samples = sample_set(sessions=36)
    starved = replace(samples, labels=np.full(len(samples), np.nan))
    with pytest.raises(TrainingError, match="toy, fold 1"):
        train_walk_forward(ENTRY, starved, plan_for(starved))


def test_a_regressor_cannot_learn_a_direction() -> None:
    with pytest.raises(ValueError, match="cannot learn direction_26bar"):
        replace(ENTRY, target=parse_target("direction_26bar"))
