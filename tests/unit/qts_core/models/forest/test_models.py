"""Forests predict from plain arrays what scikit-learn predicts, and their file is no pickle."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from qts_core.market.errors import InvalidConfigError, ModelLoadError
from qts_core.market.panel import Floats
from qts_core.models.base import FitContext, ModelType
from qts_core.models.factory import create_model
from qts_core.models.forest import models

NAMES = ("a", "b", "c", "d", "e")
CONTEXT = FitContext(NAMES, datetime(2024, 6, 28, tzinfo=UTC))
CHOSEN = {"n_estimators": 15, "max_depth": -1, "min_samples_leaf": 2, "max_features": 0.7}
REFEREES = {
    ("random_forest", 1): RandomForestRegressor,
    ("random_forest", 3): RandomForestClassifier,
    ("extra_trees", 1): ExtraTreesRegressor,
    ("extra_trees", 2): ExtraTreesClassifier,
}


def problem(classes: int, seed: int = 1) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((900, len(NAMES)))
    labels = features[:, 0] + np.abs(features[:, 1]) + 0.5 * rng.standard_normal(900)
    features[rng.random(features.shape) < 0.1] = np.nan
    if classes > 1:
        labels = np.digitize(labels, np.quantile(labels, np.arange(1, classes) / classes)).astype(float)
    return features, labels


@pytest.mark.parametrize(("kind", "classes"), list(REFEREES))
def test_a_forest_gives_scikit_learns_bits_on_one_thread(kind: str, classes: int) -> None:
    features, labels = problem(classes)
    model_type = ModelType.CLASSIFIER if classes > 1 else ModelType.REGRESSOR
    model = create_model(kind, model_type, name="toy", seed=3, parameters=CHOSEN, classes=max(2, classes))
    model.fit(features, labels, CONTEXT)
    referee = REFEREES[kind, classes](**{**CHOSEN, "max_depth": None}, random_state=3, n_jobs=1)
    referee.fit(features.astype(np.float32), labels)
    rows = np.concatenate([problem(classes, seed=2)[0], features])
    if classes > 1:
        np.testing.assert_array_equal(model.predict_proba(rows), referee.predict_proba(rows))
    else:
        np.testing.assert_array_equal(model.predict(rows), referee.predict(rows))
    np.testing.assert_allclose(
        list(model.get_feature_importance().values()), referee.feature_importances_, rtol=1e-12, atol=0
    )


def test_the_number_of_threads_changes_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = problem(1)
    files = []
    for threads in (1, 2):
        monkeypatch.setattr(models, "THREADS", threads)
        model = create_model("random_forest", ModelType.REGRESSOR, name="toy", seed=3, parameters=CHOSEN)
        files.append(model.fit(features, labels, CONTEXT).to_files())
    assert files[0] == files[1]


def test_a_class_that_training_never_saw_has_no_chance() -> None:
    features, labels = problem(2)
    model = create_model("extra_trees", ModelType.CLASSIFIER, name="toy", parameters=CHOSEN, classes=3)
    chances = model.fit(features, 2.0 * labels, CONTEXT).predict_proba(features)
    assert (chances[:, 1] == 0.0).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=0, atol=1e-12)


def test_arrays_that_lead_nowhere_are_refused_before_they_are_walked() -> None:
    features, labels = problem(1)
    model = create_model("random_forest", ModelType.REGRESSOR, name="toy", parameters=CHOSEN)
    files = model.fit(features, labels, CONTEXT).to_files()
    with np.load(io.BytesIO(files["forest.npz"])) as archive:
        arrays = dict(archive)
    harmful = {
        "left": arrays["left"] * 0,
        "column": arrays["column"] + 100,
        "splits": arrays["splits"] + 1,
        "values": arrays["values"].astype(object),
        "threshold": arrays["threshold"] * np.nan,
    }
    for name, value in harmful.items():
        target = io.BytesIO()
        np.savez(target, **{**arrays, name: value})
        with pytest.raises(ModelLoadError, match="not a random_forest model"):
            create_model("random_forest", ModelType.REGRESSOR, name="toy").from_files(
                {**files, "forest.npz": target.getvalue()}
            )


@pytest.mark.parametrize(
    "given", [{"early_stopping_rounds": 50}, {"bootstrap": False, "max_samples": 0.5}, {"class_weight": "balanced"}]
)
def test_what_a_forest_of_returns_has_no_use_for_is_refused_in_one_line(given: dict[str, float | str | bool]) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-MODEL-030") as refusal:
        create_model("random_forest", ModelType.REGRESSOR, name="toy", parameters=given)
    assert "\n" not in str(refusal.value)
