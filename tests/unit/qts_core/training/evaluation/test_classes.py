"""Figures of classifiers, refereed by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from qts_core.training.evaluation.classes import area_under_curve, auc_interval, class_measures

RNG = np.random.default_rng(7)


def test_two_classes_equal_scikit_learn() -> None:
    classes = (RNG.random(500) < 0.3).astype(np.int64)
    up = np.round(np.clip(0.3 + 0.2 * classes + 0.15 * RNG.standard_normal(500), 0.01, 0.99), 2)
    found = class_measures(np.column_stack([1 - up, up]), classes)
    named = up > 0.5
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(classes, up))
    assert found["f1"] == pytest.approx(metrics.f1_score(classes, named))
    assert found["precision"] == pytest.approx(metrics.precision_score(classes, named))
    assert found["recall"] == pytest.approx(metrics.recall_score(classes, named))
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(classes, named))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(classes, up))
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(classes, up))


def test_three_classes_equal_scikit_learn() -> None:
    classes = RNG.integers(0, 3, 600)
    chances = RNG.dirichlet(np.ones(3), 600) + 0.5 * np.eye(3)[classes]
    chances /= chances.sum(axis=1, keepdims=True)
    found, named = class_measures(chances, classes), chances.argmax(axis=1)
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(classes, chances, multi_class="ovr"))
    assert found["f1"] == pytest.approx(metrics.f1_score(classes, named, average="macro"))
    assert found["precision"] == pytest.approx(metrics.precision_score(classes, named, average="macro"))
    assert found["recall"] == pytest.approx(metrics.recall_score(classes, named, average="macro"))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(classes, chances))
    assert found["brier"] == pytest.approx(((chances - np.eye(3)[classes]) ** 2).sum(axis=1).mean())


def test_one_class_alone_or_nothing_leaves_the_area_undefined() -> None:
    assert np.isnan(area_under_curve(np.array([0.1, 0.9]), np.array([True, True])))
    assert np.isnan(list(class_measures(np.empty((0, 2)), np.empty(0, dtype=np.int64)).values())).all()


def test_the_interval_of_the_area_holds_what_scikit_learn_resamples() -> None:
    day = np.repeat(np.arange(40), 50)
    is_true = RNG.random(2000) < 0.5
    values = 0.3 * is_true + RNG.standard_normal(2000) + 0.2 * RNG.standard_normal(40)[day]
    low, high = auc_interval(values, is_true, day, np.random.default_rng(1), draws=2000)
    draws, picks = [], np.random.default_rng(2)
    for _ in range(400):
        rows = np.concatenate([np.flatnonzero(day == d) for d in picks.integers(0, 40, 40)])
        draws.append(metrics.roc_auc_score(is_true[rows], values[rows]))
    assert (low, high) == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])), abs=0.006)
    assert auc_interval(values, is_true, day, np.random.default_rng(1), draws=2000) == (low, high)
