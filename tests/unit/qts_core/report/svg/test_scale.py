"""Scales and ticks."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.calendar import xnys
from qts_core.report.svg.scale import Scale, date_ticks, extent, round_ticks


def test_scale_maps_ends_to_ends_also_upside_down_and_in_logs() -> None:
    assert Scale(0, 10, 100, 0).place(2.5) == 75
    assert Scale(1, 100, 0, 10, is_log=True).place(10) == pytest.approx(5)
    assert np.isnan(Scale(0, 1, 0, 1).places(np.array([np.nan]))).all()


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (-3.2, 7, [-2, 0, 2, 4, 6]), (95e3, 132e3, [1e5, 1.1e5, 1.2e5, 1.3e5])],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert round_ticks(low, high) == pytest.approx(ticks)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 9))
def test_ticks_lie_within_and_are_few(low: float, size: float, count: int) -> None:
    ticks = round_ticks(low, low + size, count=count)
    assert all(low - size * 1e-6 <= t <= low + size * (1 + 1e-6) for t in ticks)
    assert 2 <= len(ticks) <= count + 1
    assert ticks == sorted(set(ticks))


def test_extent_shows_what_must_be_shown_and_is_never_empty() -> None:
    assert extent([np.array([1.0, np.nan, 3.0])], include=(0.0,), margin=0.0) == (0.0, 3.0)
    low, high = extent([np.array([5.0, 5.0])])
    assert low < 5.0 < high
    assert extent([np.array([np.nan])]) == (0.0, 1.0)
    assert extent([np.array([2.0, 4.0])], include=(0.0,), margin=0.1) == (0.0, 4.4)


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        (date(2024, 12, 30), date(2024, 12, 31), ["30 Dec", "31 Dec"]),
        (date(2024, 5, 2), date(2024, 10, 31), ["Jun 2024", "Jul", "Aug", "Sep", "Oct"]),
        (date(2022, 10, 3), date(2024, 12, 31), ["Jan 2023", "Apr", "Jul", "Oct", "Jan 2024", "Apr", "Jul", "Oct"]),
        (date(2010, 1, 4), date(2020, 12, 31), ["2015", "2020"]),
    ],
)
def test_dates_are_marked_where_days_months_quarters_or_years_begin(first: date, last: date, labels: list[str]) -> None:
    dates = [s.date for s in xnys().between(first, last)]
    assert [label for _, label in date_ticks(dates)] == labels


def test_no_dates_have_no_marks() -> None:
    assert date_ticks([]) == []


@given(st.integers(1, 4000), st.integers(3, 12))
def test_marks_never_crowd(days: int, count: int) -> None:
    dates = [date(2015, 1, 1) + timedelta(days=i) for i in range(days)]
    assert 1 <= len(date_ticks(dates, count=count)) <= count + 1
