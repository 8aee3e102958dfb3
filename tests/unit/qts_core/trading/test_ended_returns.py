"""What has ended at a bar is the label that training learns, and nothing of it is known before."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qts_core.market.bars import BarSlice
from qts_core.targets.labels import forward_return
from qts_core.trading.ended_returns import EndedReturns
from tests.support.decision_market import panel


@pytest.mark.parametrize("horizon", [1, 5, 26])
def test_the_return_that_ends_with_a_bar_is_the_label_of_h_plus_one_bars_before(horizon: int) -> None:
    bars, ended = panel(breadth=4, missing=0.05, seed=2), EndedReturns()
    labels = forward_return(bars, horizon).values
    for row in range(len(bars)):
        found = ended.update(BarSlice.of(bars, row), horizon)
        if row <= horizon:
            assert (found is None) == (row < horizon)
            continue
        assert found is not None
        np.testing.assert_array_equal(found, labels[row - horizon - 1])


def test_state_travels_exactly() -> None:
    bars, one = panel(breadth=4, missing=0.1, seed=3), EndedReturns()
    for row in range(9):
        one.update(BarSlice.of(bars, row), 5)
    two = EndedReturns()
    two.restore(json.loads(json.dumps(one.snapshot(), allow_nan=False)))
    first, second = one.update(BarSlice.of(bars, 9), 5), two.update(BarSlice.of(bars, 9), 5)
    assert first is not None
    assert second is not None
    assert first.tobytes() == second.tobytes()
    two.forget()
    assert two.snapshot() == []
