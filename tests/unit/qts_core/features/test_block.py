from __future__ import annotations

from datetime import date

import numpy as np

from qts_core.features import FeatureBlock
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.panel import Panel
from qts_core.market.timeline import Timeline
from tests.golden.features.market_for_tests import make_panel


def test_a_slice_gives_the_numbers_of_its_row() -> None:
    panel = make_panel()
    for row in (0, 25, 26, 700, len(panel) - 1):
        one, many = FeatureBlock.of_slice(BarSlice.of(panel, row)), FeatureBlock.of(panel.rows(slice(row, row + 1)))
        np.testing.assert_array_equal(one.ts_event, many.ts_event)
        np.testing.assert_array_equal(one.bars, many.bars)
        np.testing.assert_array_equal(one.calendar, many.calendar)


def test_the_calendar_counts_minutes_from_the_open_also_on_a_half_day_in_summer_and_winter() -> None:
    line = Timeline.between(xnys(), date(2024, 7, 3), date(2024, 7, 3), bar_minutes=60)
    ones = np.ones((len(line), 1))
    names = ("open", "high", "low", "close", "volume", "factor")
    block = FeatureBlock.of(Panel(line, ("A",), dict.fromkeys(names, ones)), bar_minutes=60)
    # 9:30 to 13:00: three hours and a half.
    np.testing.assert_array_equal(block.calendar[1], [0, 60, 120, 180])
    np.testing.assert_array_equal(block.calendar[2], [60, 120, 180, 210])
    np.testing.assert_array_equal(block.calendar[3], [3, 2, 1, 0])
    assert set(block.calendar[4]) == {2.0}, "3 July 2024 was a Wednesday"


def test_prices_are_chain_linked_and_volume_the_other_way_round() -> None:
    line = Timeline.between(xnys(), date(2024, 7, 1), date(2024, 7, 1))[:1]
    field = np.full((1, 1), 50.0)
    fields = {"open": field, "high": field, "low": field, "close": field, "volume": np.full((1, 1), 200.0)}
    block = FeatureBlock.of(Panel(line, ("A",), fields | {"factor": np.full((1, 1), 2.0)}))
    np.testing.assert_array_equal(block.bars[:, 0, 0], [100, 100, 100, 100, 100])
