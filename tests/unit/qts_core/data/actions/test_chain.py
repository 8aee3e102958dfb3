"""Chain factors and events, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import polars as pl

from qts_core.data.actions.chain import actions_on, chain_factors, to_events
from qts_core.data.actions.table import actions_frame, no_actions
from qts_core.market.calendar import TradingCalendar
from qts_core.market.timeline import Timeline

NAMES = ("symbol", "ex_date", "kind", "new_shares", "old_shares", "cash_per_share", "source")
ACTIONS = actions_frame(
    dict(zip(NAMES, row, strict=True))
    for row in (
        ("BBB", date(2024, 3, 6), "split", 1.0, 10.0, None, "test"),
        ("AAA", date(2024, 3, 5), "split", 4.0, 1.0, None, "test"),
        ("AAA", date(2024, 3, 7), "split", 3.0, 2.0, None, "test"),
        ("AAA", date(2024, 3, 6), "dividend", None, None, 0.1, "test"),
        ("AAA", date(1999, 1, 4), "split", 2.0, 1.0, None, "test"),
    )
)


def timeline(calendar: TradingCalendar) -> Timeline:
    return Timeline.between(calendar, date(2024, 3, 4), date(2024, 3, 8))


def test_factor_is_the_product_of_the_splits_in_force_from_the_open_of_each_ex_date(calendar: TradingCalendar) -> None:
    factors = chain_factors(ACTIONS, timeline(calendar), ("AAA", "BBB", "CCC"))
    by_session = factors[::26]
    np.testing.assert_array_equal(by_session[:, 0], [2.0, 8.0, 8.0, 12.0, 12.0])
    np.testing.assert_array_equal(by_session[:, 1], [1.0, 1.0, 0.1, 0.1, 0.1])
    np.testing.assert_array_equal(by_session[:, 2], 1.0)


def test_factor_does_not_depend_on_where_the_timeline_begins(calendar: TradingCalendar) -> None:
    whole = chain_factors(ACTIONS, timeline(calendar), ("AAA",))
    late = chain_factors(ACTIONS, timeline(calendar)[60:], ("AAA",))
    np.testing.assert_array_equal(whole[60:], late)


def test_a_later_split_changes_no_earlier_factor(calendar: TradingCalendar) -> None:
    before = chain_factors(ACTIONS.filter(pl.col("ex_date") < date(2024, 3, 7)), timeline(calendar), ("AAA",))
    np.testing.assert_array_equal(before[:78], chain_factors(ACTIONS, timeline(calendar), ("AAA",))[:78])


def test_events_of_a_day_are_exact_and_come_before_its_first_bar() -> None:
    event = to_events(ACTIONS, date(2024, 3, 6))
    assert event.ts_event == datetime(2024, 3, 6, 5, tzinfo=UTC)
    assert [(s.symbol, s.new_shares, s.old_shares) for s in event.splits] == [("BBB", Decimal(1), Decimal(10))]
    assert [(d.symbol, d.cash_per_share) for d in event.dividends] == [("AAA", Decimal("0.1"))]


def test_a_day_without_actions_gives_an_event_without_contents() -> None:
    event = to_events(no_actions(), date(2024, 3, 6))
    assert event.splits == ()
    assert event.dividends == ()
    assert actions_on(ACTIONS, date(2024, 3, 8)).is_empty()
