"""Every fold brings the figures of its kind of target, with intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from qts_core.models.base import ModelType
from qts_core.targets import parse_target
from qts_core.training.evaluation.measuring import score_measures
from qts_core.training.fitting import fit_fold
from qts_core.training.folds import walk_forward
from qts_core.training.trainer import TrainingEntry, train_walk_forward
from tests.unit.qts_core.training.samples_for_tests import sample_set

PARAMETERS = {"n_estimators": 20, "num_leaves": 7, "min_data_in_leaf": 20, "learning_rate": 0.1}
RETURN = TrainingEntry("toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"), PARAMETERS)
DIRECTION = replace(RETURN, target=parse_target("direction_26bar"), model_type=ModelType.CLASSIFIER)
SAMPLES = sample_set(sessions=30)
PLAN = walk_forward(
    SAMPLES.timeline, train_sessions=12, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
)
CLASSES = replace(SAMPLES, labels=np.where(np.isnan(SAMPLES.labels), np.nan, (SAMPLES.labels > 0).astype(np.float64)))


def test_a_regression_brings_errors_and_a_portfolio_with_intervals_and_stability() -> None:
    result = train_walk_forward(RETURN, SAMPLES, PLAN)
    for fold in result.folds:
        assert {"mse", "mae", "r2", "ic", "long_short.sharpe", "long_short.profit_factor"} <= set(fold.measures)
        assert fold.measures["mse"] == pytest.approx(fold.out_of_sample.rmse**2)
        assert fold.measures["rank_ic.low"] <= fold.measures["rank_ic.high"]
        assert "auc" not in fold.measures
        assert np.isfinite(list(fold.measures.values())).all()
    ics = [fold.out_of_sample.rank_ic_mean for fold in result.folds]
    assert result.stability["stability.rank_ic.variance"] == pytest.approx(np.var(ics, ddof=1))
    assert result.stability["stability.rank_ic.right_sign"] == 1.0


def test_chances_taken_back_from_scores_are_those_of_the_model() -> None:
    result = train_walk_forward(DIRECTION, CLASSES, PLAN)
    fold = PLAN.folds[0]
    fitted = fit_fold(DIRECTION, CLASSES, PLAN, fold, "here")
    tested = PLAN.test_samples(fold, CLASSES)
    features, labels = CLASSES.features[tested], CLASSES.labels[tested]
    known = np.isfinite(labels) & (np.isnan(features).sum(axis=1) <= 2)
    up = fitted.model.predict_proba(features[known])[:, 1]
    found = result.folds[0].measures
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(labels[known], up))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(labels[known], up))
    assert found["auc.low"] < found["auc"] < found["auc.high"]


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(60):
        scores, returns = rng.standard_normal((400, 12)), rng.standard_normal((400, 12))
        found = score_measures(scores, returns, horizon_bars=10, generator=rng)
        held += found["rank_ic.low"] <= 0.0 <= found["rank_ic.high"]
    assert held >= 50  # 57 expected; percentile intervals of 40 values are a little narrow
