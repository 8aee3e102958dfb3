"""Pictures of an ensemble name its members, folds and regimes, and a single model has none."""

from __future__ import annotations

import numpy as np

from qts_core.models.ensemble.model import EnsembleModel
from qts_core.models.regimes.detectors import REGIMES
from qts_core.report.ensemble_figures import (
    likeness_picture,
    members_in,
    regime_picture,
    regimes_by_session,
    weight_picture,
)
from qts_core.training.trainer import train_walk_forward
from tests.unit.qts_core.training.ensembles.ensembles_for_tests import EVERY, ensemble, plan_of, samples_of

SAMPLES = samples_of()
RESULT = train_walk_forward(ensemble(**EVERY["hmm"]), SAMPLES, plan_of(SAMPLES))


def test_weights_and_likeness_are_drawn_for_each_member() -> None:
    figures = [fold.figures for fold in RESULT.folds]
    assert members_in(figures[0]) == ("alpha", "beta", "gamma")
    assert members_in({"rank_ic": 0.1}) == ()
    drawn = weight_picture([f"fold {fold.index + 1}" for fold in RESULT.folds], figures)
    assert drawn.startswith("<svg")
    assert all(name in drawn for name in ("alpha", "beta", "gamma", "Weight of each member"))
    assert "Correlation" in likeness_picture(figures[0])


def test_regimes_are_drawn_as_they_were_known_session_by_session() -> None:
    model = RESULT.model.model
    assert isinstance(model, EnsembleModel)
    days, chances = regimes_by_session(model, SAMPLES)
    assert len(days) == 36
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    drawn = regime_picture(model, SAMPLES)
    assert all(name.replace("_", " ") in drawn for name in REGIMES)


def test_a_session_does_not_change_with_the_sessions_after_it() -> None:
    model = RESULT.model.model
    assert isinstance(model, EnsembleModel)
    past = SAMPLES.between(0, 20 * 26)
    altered = SAMPLES.features.copy()
    altered[past.stop :] = 77.0
    other = type(SAMPLES)(**{name: getattr(SAMPLES, name) for name in SAMPLES.__slots__} | {"features": altered})
    one, two = (regimes_by_session(model, samples)[1][:20] for samples in (SAMPLES, other))
    assert one.tobytes() == two.tobytes()
