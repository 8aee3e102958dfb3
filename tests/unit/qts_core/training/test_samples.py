"""Training sets keep their samples in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.qts_core.training.samples_for_tests import sample_set


def test_samples_between_two_rows_lie_side_by_side() -> None:
    samples = sample_set()
    place = samples.between(26, 52)
    assert set(samples.row[place].tolist()) == set(range(26, 52))
    assert samples.row[place.start - 1] == 25
    assert samples.row[place.stop] == 52


def test_values_come_back_on_the_panel_and_nowhere_else() -> None:
    samples = sample_set()
    place = samples.between(26, 52)
    panel = samples.panel_of(samples.returns[place], place)
    np.testing.assert_array_equal(panel[samples.row[place], samples.column[place]], samples.returns[place])
    assert np.isnan(panel[:26]).all()
    assert np.isnan(panel[52:]).all()


def test_unsorted_samples_are_refused() -> None:
    samples = sample_set()
    with pytest.raises(ValueError, match="sorted by row"):
        replace(samples, row=samples.row[::-1])


def test_parts_of_different_length_are_refused() -> None:
    samples = sample_set()
    with pytest.raises(ValueError, match="one value a sample"):
        replace(samples, labels=samples.labels[1:])
    with pytest.raises(ValueError, match="features are"):
        replace(samples, features=samples.features[1:])
