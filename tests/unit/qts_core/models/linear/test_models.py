"""Linear models against scikit-learn's own pipeline of median, scaling and estimator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qts_core.market.errors import InvalidConfigError, PredictionError, TrainingError
from qts_core.market.panel import Floats
from qts_core.models.base import FitContext, ModelType, TradingModel
from qts_core.models.factory import create_model

NAMES = ("a", "b", "c", "d")
UNTIL = datetime(2024, 6, 28, tzinfo=UTC)
CONTEXT = FitContext(NAMES, UNTIL)


def problem(classes: int, seed: int = 1) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((800, len(NAMES))) * [1.0, 1e3, 1e-3, 5.0] + [0.0, 1e4, 0.0, -2.0]
    labels = 0.01 * (features[:, 0] + features[:, 1] / 1e3 + rng.standard_normal(800))
    features[rng.random(features.shape) < 0.1] = np.nan
    if classes > 1:
        labels = np.digitize(labels, np.quantile(labels, np.arange(1, classes) / classes)).astype(float)
    return features, labels


def model_of(kind: str, classes: int = 1, /, **parameters: float | str) -> TradingModel:
    model_type = ModelType.CLASSIFIER if classes > 1 else ModelType.REGRESSOR
    return create_model(kind, model_type, name="toy", parameters=parameters, classes=max(classes, 2))


def pipeline(estimator: Any) -> Any:
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), estimator)


@pytest.mark.parametrize(
    ("kind", "given", "referee"),
    [
        ("ridge", {"alpha": 10.0}, pipeline(Ridge(alpha=10.0, solver="cholesky"))),
        (
            "elastic_net",
            {"alpha": 0.05, "l1_ratio": 0.3, "tol": 1e-12},
            TransformedTargetRegressor(
                pipeline(ElasticNet(alpha=0.05, l1_ratio=0.3, tol=1e-12, max_iter=5000)),
                transformer=StandardScaler(with_mean=False),
            ),
        ),
    ],
)
def test_a_regression_predicts_what_scikit_learns_pipeline_predicts(
    kind: str, given: dict[str, float], referee: Any
) -> None:
    features, labels = problem(1)
    rows = problem(1, seed=2)[0]
    model = model_of(kind, **given).fit(features, labels, CONTEXT)
    expected = referee.fit(features, labels).predict(rows)
    np.testing.assert_allclose(model.predict(rows), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("weight", [None, "balanced"])
def test_logistic_regression_gives_scikit_learns_probabilities(classes: int, weight: str | None) -> None:
    features, labels = problem(classes)
    rows = problem(classes, seed=2)[0]
    given = {} if weight is None else {"class_weight": weight}
    model = model_of("logistic", classes, C=0.5, tol=1e-10, **given).fit(features, labels, CONTEXT)
    referee = pipeline(LogisticRegression(C=0.5, tol=1e-10, max_iter=5000, class_weight=weight)).fit(features, labels)
    np.testing.assert_allclose(model.predict_proba(rows), referee.predict_proba(rows), rtol=0, atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_ridge_classifier_calls_the_class_that_scikit_learn_calls_and_means_its_probability(classes: int) -> None:
    features, labels = problem(classes)
    rows = problem(classes, seed=2)[0]
    model = model_of("ridge", classes, alpha=5.0).fit(features, labels, CONTEXT)
    referee = pipeline(RidgeClassifier(alpha=5.0, solver="cholesky")).fit(features, labels)
    np.testing.assert_array_equal(model.predict(rows), referee.predict(rows))
    # least squares with an intercept: the mean probability of the training rows is the base rate, cuts aside
    shares = np.bincount(labels.astype(int)) / len(labels)
    np.testing.assert_allclose(model.predict_proba(features).mean(axis=0), shares, rtol=0, atol=0.02)


def test_weights_are_scikit_learns() -> None:
    features, labels = problem(1)
    weights = np.random.default_rng(3).random(len(labels))
    model = model_of("ridge").fit(features, labels, FitContext(NAMES, UNTIL, weights))
    filled = StandardScaler().fit_transform(SimpleImputer(strategy="median").fit_transform(features))
    referee = Ridge(alpha=1.0, solver="cholesky").fit(filled, labels, sample_weight=weights)
    np.testing.assert_allclose(model.predict(features), referee.predict(filled), rtol=0, atol=1e-12)


def test_what_cannot_be_fitted_is_refused_in_one_line() -> None:
    features, labels = problem(2)
    infinite = features.copy()
    infinite[5, 2] = np.inf
    cases = [
        (model_of("ridge"), infinite, labels, "infinite.*toy, c"),
        (model_of("logistic", 2), features, np.zeros(len(labels)), "all samples are of one class"),
        (model_of("logistic", 2, max_iter=1, C=100.0), features, labels, "QTS-MODEL-035"),
    ]
    for model, inputs, answers, words in cases:
        with pytest.raises(TrainingError, match=words) as refusal:
            model.fit(inputs, answers, CONTEXT)
        assert "\n" not in str(refusal.value)
    with pytest.raises(PredictionError, match="infinite"):
        model_of("ridge").fit(features, labels, CONTEXT).predict(infinite)


@pytest.mark.parametrize("given", [{"early_stopping_rounds": 50}, {"class_weight": "balanced"}, {"alpha": 0.0}])
def test_what_a_regression_has_no_use_for_is_refused(given: dict[str, float | str]) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-MODEL-030"):
        model_of("ridge", **given)
