"""The grid of bars: sessions, half-days, lookups."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from qts_core.market.calendar import xnys
from qts_core.market.time import day_number, from_micros, to_micros
from qts_core.market.timeline import BARS_PER_YEAR, Timeline


@pytest.fixture(scope="module")
def week() -> Timeline:
    """Thanksgiving week 2024: three full sessions and a half-day."""
    return Timeline.between(xnys(), date(2024, 11, 25), date(2024, 12, 1))


def test_thanksgiving_week_has_three_full_sessions_and_a_half_day(week: Timeline) -> None:
    assert len(week) == 3 * 26 + 14
    assert [(day, rows.stop - rows.start) for day, rows in week.session_rows()] == [
        (date(2024, 11, 25), 26),
        (date(2024, 11, 26), 26),
        (date(2024, 11, 27), 26),
        (date(2024, 11, 29), 14),
    ]


def test_a_bar_is_known_when_it_ends(week: Timeline) -> None:
    assert from_micros(int(week.ts_event[-1])) == datetime(2024, 11, 29, 17, 45, tzinfo=UTC)
    assert from_micros(int(week.ts_known[-1])) == datetime(2024, 11, 29, 18, 0, tzinfo=UTC)
    assert ((week.ts_known - week.ts_event) == 15 * 60 * 1_000_000).all()


def test_the_last_bar_of_a_session_that_does_not_divide_is_short() -> None:
    line = Timeline.between(xnys(), date(2024, 11, 29), date(2024, 11, 29), bar_minutes=60)
    assert (line.ts_known - line.ts_event).tolist() == [3_600_000_000] * 3 + [1_800_000_000]


def test_slots_count_from_the_open(week: Timeline) -> None:
    half_day = week[slice(78, 92)]
    assert half_day.slot.tolist() == list(range(14))
    assert set(half_day.slots.tolist()) == {14}
    assert set(half_day.session.tolist()) == {day_number(date(2024, 11, 29))}


def test_a_year_has_6552_bars() -> None:
    # 252 sessions of 26 bars (checklist X-14)
    assert BARS_PER_YEAR == 6552


def test_rows_are_found_by_start_and_only_by_start(week: Timeline) -> None:
    starts = np.array([week.ts_event[5], week.ts_event[5] + 1, 0, week.ts_event[-1] + 10**12])
    assert week.rows_of(starts).tolist() == [5, -1, -1, -1]


def test_row_before_counts_bars_already_known(week: Timeline) -> None:
    opening = to_micros(datetime(2024, 11, 25, 14, 30, tzinfo=UTC))
    assert week.row_before(opening) == 0
    assert week.row_before(opening + 15 * 60_000_000 - 1) == 0
    assert week.row_before(opening + 15 * 60_000_000) == 1
    assert week.row_before(opening + 10**15) == len(week)


def test_a_span_without_sessions_is_empty() -> None:
    empty = Timeline.between(xnys(), date(2024, 11, 30), date(2024, 12, 1))
    assert len(empty) == 0
    assert list(empty.session_rows()) == []
    assert empty.describe() == "no bars"
    assert empty.rows_of(np.array([1])).tolist() == [-1]


def test_bars_outside_any_exchange_have_utc_days_as_sessions() -> None:
    day = 24 * 60 * 60 * 1_000_000
    line = Timeline.regular(np.array([0, day // 2, day, 3 * day]))
    assert line.session.tolist() == [0, 0, 1, 3]
    assert line.slot.tolist() == [0, 1, 0, 0]
    assert line.slots.tolist() == [2, 2, 1, 1]
    assert (line.ts_known - line.ts_event).tolist() == [day // 2] * 4


@pytest.mark.parametrize("starts", [[], [1, 1], [2, 1]])
def test_irregular_starts_must_rise(starts: list[int]) -> None:
    with pytest.raises(ValueError, match="strictly increasing"):
        Timeline.regular(np.array(starts, dtype=np.int64))


def test_the_description_names_both_ends(week: Timeline) -> None:
    assert week.describe() == "92 bars, 2024-11-25 14:30 to 2024-11-29 18:00 UTC"
