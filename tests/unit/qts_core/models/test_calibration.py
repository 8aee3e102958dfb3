"""Corrected probabilities are those of scikit-learn, bit-equal in batch and row, and refuse what says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV, _SigmoidCalibration
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.models.calibration import CalibrationMethod, Calibrator, Isotonic, Sigmoid


def overconfident(count: int = 4000, seed: int = 1) -> tuple[Floats, Floats, Floats]:
    """Return stated probabilities, true ones and events: the model triples its log odds."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0.0, 0.7, count)
    truth = 1.0 / (1.0 + np.exp(-odds))
    return 1.0 / (1.0 + np.exp(-3.0 * odds)), truth, (rng.random(count) < truth).astype(np.float64)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sigmoid_is_that_of_scikit_learn(seed: int) -> None:
    said, _, came = overconfident(seed=seed)
    ours = Sigmoid.fit(said, came)
    log_odds = np.log(said / (1.0 - said))
    theirs = _SigmoidCalibration().fit(log_odds, came)
    assert (ours.slope, ours.offset) == pytest.approx((theirs.a_, theirs.b_), rel=1e-3, abs=1e-4)
    np.testing.assert_allclose(ours.apply(said), theirs.predict(log_odds), atol=2e-4)


def test_the_sigmoid_undoes_a_known_distortion() -> None:
    said, truth, came = overconfident(40_000)
    assert Sigmoid.fit(said, came).slope == pytest.approx(-1.0 / 3.0, abs=0.01)
    assert np.abs(Sigmoid.fit(said, came).apply(said) - truth).max() < 0.02


@pytest.mark.parametrize("decimals", [2, 9])
def test_isotonic_steps_are_those_of_scikit_learn_with_and_without_ties(decimals: int) -> None:
    said, _, came = overconfident(800)
    said = np.round(said, decimals)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(said, came)
    asked = np.concatenate([np.linspace(-0.1, 1.1, 500), said])
    np.testing.assert_allclose(Isotonic.fit(said, came).apply(asked), theirs.predict(asked), atol=1e-12)


def test_a_calibrated_classifier_of_scikit_learn_says_the_same() -> None:
    rng = np.random.default_rng(5)
    features = rng.normal(size=(3000, 3))
    labels = (features[:, 0] + rng.normal(size=3000) > 0.0).astype(np.int64)
    model = LogisticRegression(C=100.0).fit(features[:1000], labels[:1000])
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="isotonic").fit(features[1000:], labels[1000:])
    # scikit-learn calibrates the decision function; isotonic steps only know the order, which is the same
    ours = Calibrator.fit(CalibrationMethod.ISOTONIC, model.predict_proba(features[1000:]), labels[1000:])
    found, expected = ours.apply(model.predict_proba(features[1000:])), theirs.predict_proba(features[1000:])
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("method", list(CalibrationMethod))
@pytest.mark.parametrize("classes", [2, 3])
def test_a_batch_gives_the_bits_of_its_rows_also_after_a_journey(method: CalibrationMethod, classes: int) -> None:
    rng = np.random.default_rng(7)
    chances = rng.dirichlet(np.ones(classes), 501)
    came = np.array([rng.choice(classes, p=row) for row in chances])
    made = Calibrator.fit(method, chances, came)
    again = Calibrator.from_dict(made.to_dict())
    whole = made.apply(chances)
    rows = np.concatenate([again.apply(chances[i : i + 1]) for i in range(len(chances))])
    assert whole.tobytes() == rows.tobytes()
    np.testing.assert_allclose(whole.sum(axis=1), 1.0, atol=1e-12)
    assert ((whole >= 0.0) & (whole <= 1.0)).all()


def test_a_row_without_probabilities_keeps_none() -> None:
    said, _, came = overconfident(300)
    missing = np.array([np.nan, 0.5])
    for kind in (Sigmoid, Isotonic):
        assert np.isnan(kind.fit(said, came).apply(missing)).tolist() == [True, False]


def test_the_order_of_calibration_samples_does_not_matter() -> None:
    said, _, came = overconfident(500)
    order = np.random.default_rng(0).permutation(500)
    one, two = Isotonic.fit(said, came), Isotonic.fit(said[order], came[order])
    np.testing.assert_array_equal(one.given, two.given)
    np.testing.assert_allclose(one.corrected, two.corrected, atol=1e-14)


def test_isotonic_of_one_value_is_the_share_that_came() -> None:
    assert Isotonic.fit(np.full(4, 0.3), np.array([1.0, 0, 0, 0])).apply(np.array([0.1, 0.9])).tolist() == [0.25, 0.25]


def test_perfect_separation_stays_finite() -> None:
    made = Sigmoid.fit(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]))
    assert np.isfinite([made.slope, made.offset]).all()
    assert made.apply(np.array([0.0, 1.0])) == pytest.approx([0.0, 1.0], abs=0.3)


def test_a_class_that_never_came_is_refused_in_one_line() -> None:
    with pytest.raises(TrainingError, match="class 1 never came") as caught:
        Calibrator.fit(CalibrationMethod.PLATT, np.full((3, 2), 0.5), np.zeros(3, dtype=np.int64))
    assert caught.value.code == "QTS-MODEL-057"
