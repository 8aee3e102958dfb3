"""What every model must learn, and what it must not: signal, noise, weights, probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.market.errors import PredictionError, TrainingError
from tests.contract.models.cases import CASES, CLASSIFIERS, NAMES, Case, context, every


@every(CASES)
def test_a_planted_signal_is_found_on_rows_it_never_saw(case: Case) -> None:
    features, labels = case.problem(seed=12)
    rising = case.rising(case.fitted(), features)
    assert np.corrcoef(rising, labels)[0, 1] > 0.5


@every(CASES)
def test_noise_teaches_nothing_that_holds_on_other_rows(case: Case) -> None:
    features, labels = case.problem(seed=13, signal=0.0)
    model = case.make().fit(features, labels, context())
    others, truth = case.problem(seed=14, rows=4000, signal=0.0)
    assert abs(np.corrcoef(case.rising(model, others), truth)[0, 1]) < 4 / np.sqrt(4000)


@every(CASES)
def test_importance_is_shared_out_among_the_features_and_most_goes_to_the_one_that_matters(case: Case) -> None:
    importance = case.fitted().get_feature_importance()
    assert tuple(importance) == NAMES
    assert min(importance.values()) >= 0.0
    assert sum(importance.values()) == pytest.approx(1.0, abs=1e-9)
    assert max(importance, key=importance.__getitem__) == "alpha"
    assert importance["alpha"] > 0.5
    assert case.make().get_feature_importance() == {}


@every(CASES)
def test_weights_decide_between_samples_that_contradict_each_other(case: Case) -> None:
    rng = np.random.default_rng(15)
    features = rng.standard_normal((2000, len(NAMES)))
    half = np.arange(2000) % 2 == 0
    labels = case.labels(np.where(half, features[:, 0], -features[:, 0]))
    for heavy, sign in ((half, 1.0), (~half, -1.0)):
        model = case.make().fit(features, labels, context(weights=np.where(heavy, 1.9, 0.1)))
        assert sign * np.corrcoef(case.rising(model, features), features[:, 0])[0, 1] > 0.5


@every(CASES)
def test_equal_weights_change_nothing(case: Case) -> None:
    features, labels = case.problem()
    weighted = case.make().fit(features, labels, context(weights=np.ones(len(labels))))
    np.testing.assert_allclose(
        case.rising(weighted, features), case.rising(case.fitted(), features), rtol=1e-6, atol=1e-9
    )


@every(CLASSIFIERS)
def test_probabilities_are_shares_and_agree_with_the_class(case: Case) -> None:
    model, (features, _) = case.fitted(), case.problem(seed=16)
    chances = model.predict_proba(features)
    assert chances.shape == (len(features), case.classes)
    assert ((chances >= 0.0) & (chances <= 1.0)).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(model.predict(features), chances.argmax(axis=1))


@every([case for case in CLASSIFIERS if case.classes == 2])
def test_what_is_called_likely_happens_as_often_as_said(case: Case) -> None:
    """A logistic problem: in each fifth of the forecasts the share of ups is within its binomial band."""
    rng = np.random.default_rng(17)
    features = rng.standard_normal((12_000, len(NAMES)))
    labels = (rng.random(12_000) < 1 / (1 + np.exp(-0.8 * features[:, 0]))).astype(float)
    model = case.make().fit(features[:6000], labels[:6000], context())
    said, seen = model.predict_proba(features[6000:])[:, 1], labels[6000:]
    for part in np.array_split(np.argsort(said), 5):
        expected = said[part].mean()
        band = 4 * np.sqrt(expected * (1 - expected) / len(part))
        # what the model itself must estimate from 6000 samples widens the band
        assert abs(seen[part].mean() - expected) < np.sqrt(2) * band


@every(CASES)
def test_nothing_to_learn_is_refused(case: Case) -> None:
    for labels in (np.array([]), np.array([0.0, np.nan])):
        with pytest.raises(TrainingError, match="nothing to train on"):
            case.make().fit(np.zeros((len(labels), len(NAMES))), labels, context())
    with pytest.raises(TrainingError, match="wrong shape"):
        case.make().fit(np.zeros((3, 2)), np.zeros(3), context())


@every(CLASSIFIERS)
def test_a_label_that_is_no_class_is_refused(case: Case) -> None:
    with pytest.raises(TrainingError, match="a label is not a class"):
        case.make().fit(np.zeros((2, len(NAMES))), np.array([0.0, 0.5]), context())


@every([case for case in CASES if not case.is_classifier and case.kind != "outside"])
def test_a_regressor_has_no_probabilities(case: Case) -> None:
    with pytest.raises(PredictionError, match="no class probabilities"):
        case.fitted().predict_proba(np.zeros((1, len(NAMES))))
