"""Weights by age and by what a label shares with no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.models.base import ModelType
from qts_core.targets import average_uniqueness, parse_target
from qts_core.training.trainer import TrainingEntry
from qts_core.training.weights import recency_weights, sample_weights
from tests.unit.qts_core.training.samples_for_tests import sample_set, timeline_of

ENTRY = TrainingEntry("toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"))


def test_a_sample_weighs_half_as_much_as_one_a_half_life_later() -> None:
    line = timeline_of(11)
    first_bars = np.array([rows.start for _, rows in line.session_rows()])
    weights = recency_weights(line, first_bars, half_life_sessions=5)
    np.testing.assert_allclose(weights[:-5] / weights[5:], 0.5, rtol=1e-12)
    assert weights.mean() == pytest.approx(1.0)
    whole_session = np.arange(26)
    np.testing.assert_array_equal(recency_weights(line, whole_session, half_life_sessions=1), np.ones(26))


def test_age_counts_from_the_newest_sample_and_not_from_the_end_of_the_data() -> None:
    line, early = timeline_of(30), np.arange(0, 260)
    longer = timeline_of(60)
    np.testing.assert_array_equal(recency_weights(line, early, 3), recency_weights(longer, early, 3))


def test_both_weights_multiply() -> None:
    samples, places = sample_set(), np.arange(500)
    assert sample_weights(ENTRY, samples, places) is None
    unique = average_uniqueness(samples.row[places], samples.column[places], samples.end_row[places])
    recent = recency_weights(samples.timeline, samples.row[places], 2)
    both = replace(ENTRY, sample_weights="uniqueness", recency_half_life_sessions=2)
    np.testing.assert_array_equal(sample_weights(both, samples, places), unique * recent)
    assert replace(ENTRY, recency_half_life_sessions=2).as_dict()["recency_half_life_sessions"] == "2"
