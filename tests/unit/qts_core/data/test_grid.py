"""Where bars stand against sessions, half-days and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from qts_core.data.grid import place_bars
from qts_core.market.calendar import TradingCalendar
from qts_core.market.time import to_micros


@pytest.mark.parametrize(
    ("moment", "in_session", "on_grid"),
    [
        (datetime(2024, 3, 8, 14, 30, tzinfo=UTC), True, True),
        (datetime(2024, 3, 8, 13, 30, tzinfo=UTC), False, True),
        # Clocks went forward on 10 March 2024.
        (datetime(2024, 3, 11, 13, 30, tzinfo=UTC), True, True),
        (datetime(2024, 3, 11, 20, 0, tzinfo=UTC), False, True),
        (datetime(2024, 3, 11, 13, 37, tzinfo=UTC), True, False),
        # Half-day: the last bar starts at 12:45 New York.
        (datetime(2024, 7, 3, 16, 45, tzinfo=UTC), True, True),
        (datetime(2024, 7, 3, 17, 0, tzinfo=UTC), False, True),
        # Independence Day, and a Sunday.
        (datetime(2024, 7, 4, 15, 0, tzinfo=UTC), False, True),
        (datetime(2024, 7, 7, 15, 0, tzinfo=UTC), False, True),
    ],
)
def test_a_start_is_placed_by_the_exchange_calendar(
    calendar: TradingCalendar, moment: datetime, in_session: bool, on_grid: bool
) -> None:
    places = place_bars(np.array([to_micros(moment)]), calendar, 15)
    assert (bool(places.in_session[0]), bool(places.on_grid[0])) == (in_session, on_grid)


def test_a_shift_moves_bars_into_the_session(calendar: TradingCalendar) -> None:
    local = np.array([to_micros(datetime(2024, 3, 8, 9, 30, tzinfo=UTC))])
    assert not place_bars(local, calendar, 15).in_session[0]
    assert place_bars(local, calendar, 15, shift_minutes=300).in_session[0]


def test_nothing_has_no_place(calendar: TradingCalendar) -> None:
    assert len(place_bars(np.array([], dtype=np.int64), calendar, 15).in_session) == 0
