"""What one month leaves to the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from qts_core.data.cleaning import clean_bars
from qts_core.data.cleaning.state import KEPT_BARS
from qts_core.data.schemas import STATE_SCHEMA
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataValidationError

MakeBars = Callable[..., pl.DataFrame]


def test_the_window_of_the_outlier_rule_is_carried_and_no_more(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(date(2024, 3, 4), date(2024, 3, 28), symbols=("AAA", "BBB"))
    state = clean_bars(bars, calendar=calendar).state
    assert dict(state.schema) == dict(STATE_SCHEMA)
    assert state.height == 2 * KEPT_BARS == 522
    assert state["ts_event"].max() == bars["ts_event"].max()


def test_the_state_of_an_earlier_version_is_refused_with_what_to_do(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    state = clean_bars(make_bars(), calendar=calendar).state.drop("is_flat")
    with pytest.raises(DataValidationError, match=r"QTS-DATA-016.*no is_flat.*clean all months again"):
        clean_bars(make_bars(), calendar=calendar, state=state)
