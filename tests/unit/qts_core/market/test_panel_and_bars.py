"""Panels, slices of them, and single bars."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from pydantic import ValidationError

from qts_core.market.bars import Bar, BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.panel import BAR_FIELDS, Panel
from qts_core.market.timeline import Timeline


@pytest.fixture
def panel() -> Panel:
    """One half-day of two symbols; B splits 2 for 1 at the last bar and misses the first."""
    line = Timeline.between(xnys(), date(2024, 11, 29), date(2024, 11, 29))
    fields = {name: np.full((14, 2), 10.0) for name in BAR_FIELDS}
    fields["factor"] = np.ones((14, 2))
    fields["factor"][-1, 1] = 2.0
    fields["close"][-1, 1] = 5.0
    for name in ("open", "high", "low", "close", "volume"):
        fields[name][0, 1] = np.nan
    return Panel(line, ("A", "B"), fields)


def test_chain_linked_prices_do_not_jump_at_a_split(panel: Panel) -> None:
    linked = panel.chain_linked()
    assert linked["close"][-2:, 1].tolist() == [10.0, 10.0]
    assert linked["volume"][-2:, 1].tolist() == [10.0, 5.0]
    assert np.isnan(linked["close"][0, 1])


def test_what_is_known_before_a_split_does_not_know_it(panel: Panel) -> None:
    early = panel.rows(slice(0, 13))
    whole = panel.chain_linked()
    np.testing.assert_array_equal(early.chain_linked()["close"], whole["close"][:13])


@pytest.mark.parametrize("values", [np.zeros((14, 1)), np.zeros((14, 2), dtype=np.float32), np.zeros((13, 2))])
def test_a_field_of_another_shape_or_type_is_refused(panel: Panel, values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected float64"):
        Panel(panel.timeline, panel.symbols, {"close": values})


def test_columns_come_in_the_order_asked_for(panel: Panel) -> None:
    swapped = panel.columns(("B", "A"))
    assert swapped.symbols == ("B", "A")
    assert np.isnan(swapped["close"][0, 0])
    with pytest.raises(KeyError):
        panel.columns(("Z",))


def test_the_mapping_of_fields_cannot_be_changed(panel: Panel) -> None:
    with pytest.raises(TypeError):
        panel.fields["close"] = np.zeros((14, 2))  # type: ignore[index]


def test_a_slice_is_one_instant(panel: Panel) -> None:
    first, last = BarSlice.of(panel, 0), BarSlice.of(panel, 13)
    assert first.ts_event == datetime(2024, 11, 29, 14, 30, tzinfo=UTC)
    assert first.ts_known == datetime(2024, 11, 29, 14, 45, tzinfo=UTC)
    assert first.present().tolist() == [True, False]
    assert (first.slot, first.slots, first.is_last_of_session) == (0, 14, False)
    assert last.is_last_of_session
    assert len(panel) == 14


def bar(**changes: object) -> Bar:
    fields = {
        "symbol": "A",
        "timestamp": datetime(2024, 11, 29, 14, 30, tzinfo=UTC),
        "open": Decimal("10"),
        "high": Decimal("11"),
        "low": Decimal("9"),
        "close": Decimal("10.5"),
        "volume": Decimal(100),
    }
    return Bar.model_validate(fields | changes)


def test_a_sound_bar_is_accepted() -> None:
    assert bar().close == Decimal("10.5")


@pytest.mark.parametrize(
    "changes",
    [
        {"low": Decimal("10.2")},
        {"high": Decimal("10.1")},
        {"open": Decimal(0)},
        {"close": Decimal("NaN")},
        {"volume": Decimal(-1)},
        {"open": Decimal("10.000000001")},
        {"timestamp": datetime(2024, 11, 29, 14, 30)},
        {"unknown": 1},
        {"trade_count": -1},
    ],
)
def test_a_bar_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        bar(**changes)


def test_each_row_is_the_row_asked_for_by_number(panel: Panel) -> None:
    found = list(BarSlice.each(panel))
    assert len(found) == len(panel)
    for row, bars in enumerate(found):
        asked = BarSlice.of(panel, row)
        assert (bars.ts_event, bars.ts_known, bars.slot, bars.slots, bars.symbols) == (
            asked.ts_event, asked.ts_known, asked.slot, asked.slots, asked.symbols,
        )  # fmt: skip
        for name in BAR_FIELDS:
            np.testing.assert_array_equal(getattr(bars, name), getattr(asked, name))
