"""Doubts laid out on bars are those of the rows they were made of."""

from __future__ import annotations

import numpy as np

from qts_core.config.uncertainty import AbstainSettings
from qts_core.models.uncertainty import Doubt
from qts_core.trading.stored_doubts import StoredDoubts
from tests.support.doubts import intervals, stored

MODEL = intervals()


def test_rows_of_blocks_become_bars() -> None:
    rng = np.random.default_rng(1)
    spread, chances, apart = rng.random(12), rng.random((12, 2)), rng.random(12)
    whole = Doubt(MODEL, spread, chances, apart)
    laid = StoredDoubts.of_rows([whole.rows(0, 9), whole.rows(9, 12)], 4)
    assert laid is not None
    for bar in range(4):
        found = laid.at(bar)
        assert found is not None
        assert found.chances is not None
        assert found.disagreement is not None
        np.testing.assert_array_equal(found.spread, spread[3 * bar : 3 * bar + 3])
        np.testing.assert_array_equal(found.chances, chances[3 * bar : 3 * bar + 3])
        np.testing.assert_array_equal(found.disagreement, apart[3 * bar : 3 * bar + 3])
    assert StoredDoubts.of_rows([], 4) is None


def test_a_bar_that_nobody_predicted_has_no_doubt() -> None:
    laid = stored(MODEL, (2, 3))
    laid.fold[1] = -1
    assert laid.at(0) is not None
    assert laid.at(1) is None


def test_silent_doubts_have_the_same_intervals_and_no_rule() -> None:
    silent = stored(MODEL, (1, 3)).silent().at(0)
    assert silent is not None
    assert silent.model.abstain == AbstainSettings()
    assert silent.model.intervals is MODEL.intervals
