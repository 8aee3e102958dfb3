"""Minutes depend on nothing but the symbol and the bar, and look like trading."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from qts_core.data.building.synthesis import minute_timeline, synthesise_minutes
from qts_core.data.panels import bars_to_panel
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import TradingCalendar
from qts_core.market.panel import BAR_FIELDS, Panel
from qts_core.market.timeline import Timeline


@pytest.fixture(scope="module")
def bars() -> Panel:
    market = synthetic_market(SyntheticMarketSettings(symbols=5, first=date(2024, 7, 1), last=date(2024, 7, 5)))
    return bars_to_panel(market.bars, market.corporate_actions, timeline=market.timeline, symbols=market.symbols)


def test_minutes_lie_on_the_session_with_their_own_slots(calendar: TradingCalendar) -> None:
    line = minute_timeline(Timeline.between(calendar, date(2024, 7, 2), date(2024, 7, 3)))
    expected = Timeline.between(calendar, date(2024, 7, 2), date(2024, 7, 3), bar_minutes=1)
    for name in ("ts_event", "ts_known", "session", "slot", "slots"):
        np.testing.assert_array_equal(getattr(line, name), getattr(expected, name))


def test_a_slice_and_a_subset_of_symbols_give_the_same_minutes(bars: Panel) -> None:
    whole = synthesise_minutes(bars)
    day = synthesise_minutes(bars.rows(slice(26, 52)))
    few = synthesise_minutes(bars.columns(bars.symbols[1:3]))
    for name in BAR_FIELDS:
        np.testing.assert_array_equal(whole[name][26 * 15 : 52 * 15], day[name])
        np.testing.assert_array_equal(whole[name][:, 1:3], few[name])


def test_minutes_of_bars_in_cents_are_in_cents_and_not_all_the_same(bars: Panel) -> None:
    minutes = synthesise_minutes(bars)
    closes = minutes["close"][~np.isnan(minutes["close"])]
    np.testing.assert_array_equal(np.round(closes, 2), closes)
    moves = np.diff(minutes["close"][:15, 0])
    assert np.count_nonzero(moves) > 7


def test_a_missing_bar_has_no_minutes_but_a_factor(bars: Panel) -> None:
    holes = {name: values.copy() for name, values in bars.fields.items()}
    for name in ("open", "high", "low", "close", "volume"):
        holes[name][4, 2] = np.nan
    minutes = synthesise_minutes(Panel(bars.timeline, bars.symbols, holes))
    assert np.isnan(minutes["close"][60:75, 2]).all()
    assert not np.isnan(minutes["factor"]).any()


def test_bars_of_different_lengths_are_refused(calendar: TradingCalendar) -> None:
    line = Timeline.between(calendar, date(2024, 7, 2), date(2024, 7, 2), bar_minutes=60)
    empty = {name: np.full((len(line), 1), np.nan) for name in BAR_FIELDS}
    with pytest.raises(ValueError, match="cannot be split together"):
        synthesise_minutes(Panel(line, ("AAA",), empty))
