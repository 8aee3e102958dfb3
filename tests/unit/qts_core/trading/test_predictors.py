"""Stored predictions by time of bar, and live ones equal to batch."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.trading.predictors import Prediction, StoredPredictor
from tests.support.decision_market import panel, scores, slices


def test_a_score_is_found_by_the_start_of_its_bar() -> None:
    bars = panel(breadth=3)
    values = scores(bars)
    stored = StoredPredictor(bars.timeline, bars.symbols, values, uncertainty=0.01)
    later = slices(bars.rows(slice(10, 20)))
    assert stored.predict(later[4]).score.tolist() == values[14].tolist()
    assert stored.predict(later[4]).uncertainty.tolist() == [0.01] * 3


def test_a_bar_without_predictions_has_no_opinion() -> None:
    bars = panel(breadth=3)
    short = bars.rows(slice(0, 5))
    stored = StoredPredictor(short.timeline, bars.symbols, scores(short))
    assert np.isnan(stored.predict(slices(bars)[7]).score).all()


def test_predictions_of_another_shape_are_refused() -> None:
    bars = panel(breadth=3)
    with pytest.raises(ValueError, match="expected"):
        StoredPredictor(bars.timeline, bars.symbols, np.zeros((3, 3)))


def test_the_digest_of_features_tells_bits_apart_but_not_kinds_of_nan() -> None:
    one, two = np.array([[1.0, np.nan]]), np.array([[1.0, -np.nan]])
    none = np.full(1, np.nan)
    assert Prediction(none, none, one).features_digest() == Prediction(none, none, two).features_digest()
    assert (
        Prediction(none, none, np.nextafter(one, 2)).features_digest() != Prediction(none, none, one).features_digest()
    )
    assert Prediction(none, none).features_digest() == ""
    assert Prediction(none, none, one + 1).of(("AA",), ["AA"])[0][1][0] == 2.0
