"""Early stopping on a purged tail, and paths of predictions: who judges never taught."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import lightgbm
import numpy as np
import pytest

from qts_core.market.errors import TrainingError
from qts_core.models.base import FitContext, ModelType, ValidationTail
from qts_core.models.boosting.lightgbm_model import LightGBMRegressor
from qts_core.models.preprocessing import Method
from qts_core.targets import parse_target
from qts_core.training.fitting import fit_fold
from qts_core.training.folds import FoldPlan, combinatorial_purged, walk_forward
from qts_core.training.samples import TrainingSet
from qts_core.training.trainer import TrainingEntry, train_walk_forward
from tests.unit.qts_core.training.samples_for_tests import sample_set

PLAIN = TrainingEntry(
    "toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"),
    {"n_estimators": 60, "num_leaves": 15, "min_data_in_leaf": 20, "learning_rate": 0.2},
)  # fmt: skip
STOPPED = replace(PLAIN, parameters={**PLAIN.parameters, "early_stopping_rounds": 5}, preprocessing=Method.ZSCORE)


WHEN = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def samples() -> TrainingSet:
    return sample_set(sessions=36)


@pytest.fixture(scope="module")
def plan(samples: TrainingSet) -> FoldPlan:
    return walk_forward(
        samples.timeline, train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )


def trees(model: object) -> int:
    assert isinstance(model, LightGBMRegressor)
    return lightgbm.Booster(model_str=model.to_files()["model.txt"].decode()).num_trees()


def test_early_stopping_keeps_fewer_trees_and_learns_from_fewer_rows(samples: TrainingSet, plan: FoldPlan) -> None:
    fold = plan.folds[0]
    whole, stopped = (fit_fold(entry, samples, plan, fold, "fold 1") for entry in (PLAIN, STOPPED))
    assert trees(whole.model) == 60
    assert 0 < trees(stopped.model) < 60
    tail = plan.tail(fold, STOPPED.validation_share)
    assert samples.end_row[stopped.samples].max() < tail.validation[0].start
    assert stopped.last_row == whole.last_row, "labels of the tail were seen, so they count as known"


def test_a_stopped_model_scores_the_same_after_a_round_trip(samples: TrainingSet, plan: FoldPlan) -> None:
    result = train_walk_forward(STOPPED, samples, plan)
    again = train_walk_forward(STOPPED, samples, plan)
    assert result.bundle.sha256 == again.bundle.sha256
    _, scores = result.bundle.golden
    assert np.isfinite(scores).any()
    assert result.model.model_id == again.model.model_id


def test_what_is_judged_cannot_change_when_to_stop(samples: TrainingSet, plan: FoldPlan) -> None:
    fold = plan.folds[0]
    unseen = samples.end_row >= fold.test[0].start
    labels, features = samples.labels.copy(), samples.features.copy()
    labels[unseen] = 99.0
    features[samples.row >= fold.test[0].start] *= -5.0
    other = replace(samples, labels=labels, features=features)
    honest, altered = (fit_fold(STOPPED, given, plan, fold, "fold 1").model.to_files() for given in (samples, other))
    assert honest == altered


def test_the_tail_does_change_when_to_stop(samples: TrainingSet, plan: FoldPlan) -> None:
    fold = plan.folds[0]
    tuned = plan.validation_samples(plan.tail(fold, STOPPED.validation_share), samples)
    labels = samples.labels.copy()
    labels[tuned] *= -1.0
    flipped = fit_fold(STOPPED, replace(samples, labels=labels), plan, fold, "fold 1")
    assert trees(flipped.model) < trees(fit_fold(STOPPED, samples, plan, fold, "fold 1").model)


def test_early_stopping_and_a_tail_go_together(samples: TrainingSet) -> None:
    rows, labels = samples.features[:400], np.linspace(-1.0, 1.0, 400)
    tail = ValidationTail(rows[:50], labels[:50])
    for parameters, given in (({"early_stopping_rounds": 5}, None), ({}, tail)):
        with pytest.raises(TrainingError, match="go together") as refusal:
            LightGBMRegressor("m", parameters=parameters).fit(
                rows, labels, FitContext(samples.names, WHEN, validation=given)
            )
        assert refusal.value.code == "QTS-MODEL-023"


def test_a_combinatorial_plan_gives_a_panel_of_predictions_for_each_path(samples: TrainingSet) -> None:
    plan = combinatorial_purged(samples.timeline, groups=4, test_groups=2, horizon_bars=26, holdout_sessions=1)
    result = train_walk_forward(PLAIN, samples, plan)
    assert len(result.paths) == 3
    assert result.predictions is result.paths[0]
    judged = np.isfinite(result.paths[0])
    for other in result.paths[1:]:
        np.testing.assert_array_equal(np.isfinite(other), judged)
        assert not np.array_equal(other[judged], result.paths[0][judged])
    assert judged[: plan.holdout.start].any(axis=1).all()
    assert not judged[plan.holdout.start :].any()
    for path, panel in zip(plan.paths, result.paths, strict=True):
        part = path.parts[-1]
        alone = train_walk_forward(PLAIN, samples, replace(plan, folds=(replace(plan.folds[part.fold], index=0),)))
        rows = slice(part.rows.start, part.rows.stop)
        np.testing.assert_array_equal(panel[rows], alone.predictions[rows])
        assert result.folds[part.fold].out_of_sample.rank_ic_mean > 0.2, "the planted signal is found by every fold"
