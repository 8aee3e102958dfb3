"""A map of two parameters: the neighbourhood of the best trial, against a mean done by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.report.evidence import Surface
from qts_core.report.sections.surface import around, surface_figure

FOUND = Surface(
    "slow", "fast", ("50", "100", "200"), ("5", "10"), np.array([[0.2, 1.5, np.nan], [0.4, 0.6, 9.0]]),
    np.array([[1.0, 2.0, 0.0], [1.0, 1.0, 1.0]]), (0, 0), "Net Sharpe ratio, annualised", "walk-forward",
)  # fmt: skip


def test_neighbours_are_the_tried_cells_that_touch_the_best() -> None:
    near, cells = around(FOUND)
    assert near == pytest.approx((1.5 + 0.4 + 0.6) / 3)
    assert cells == 3
    near, cells = around(replace(FOUND, chosen=(1, 2)))
    assert near == pytest.approx((1.5 + 0.6) / 2)
    assert cells == 2
    assert around(replace(FOUND, chosen=None))[1] == 0


def test_the_map_says_its_axes_its_n_and_that_it_is_not_out_of_sample() -> None:
    drawn = surface_figure(FOUND)
    assert "fast downward, slow to the right" in drawn.title
    assert drawn.counted == "n = 6 trials"
    assert "not out of sample" in drawn.note
    assert "the mean is 0.83 (n = 3 cells)" in drawn.note
    assert drawn.lineage == "ledger"
    assert str(drawn.wide).count('class="marked"') == 1
