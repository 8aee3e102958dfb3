"""Times mean one instant or are refused; zoneinfo is the referee."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from qts_core.data.reading.instants import parse_instants
from qts_core.market.errors import DataValidationError

MOMENT = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


def one(text: object, timezone: str | None = None) -> datetime:
    value: datetime = parse_instants(pl.Series([text]), timezone=timezone, where="f.csv")[0]
    return value


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-04T14:30:00Z",
        "2024-03-04 14:30:00Z",
        "2024-03-04T14:30:00.000000+00:00",
        "2024-03-04 09:30:00-05:00",
        "2024-03-04 09:30:00-0500",
        "2024-03-04T09:30-05:00",
        1_709_562_600,
        1_709_562_600_000,
        1_709_562_600_000_000,
        1_709_562_600_000_000_000,
        datetime(2024, 3, 4, 9, 30, tzinfo=ZoneInfo("America/New_York")),
    ],
)
def test_one_instant_has_many_spellings(text: object) -> None:
    assert one(text) == MOMENT


@pytest.mark.parametrize("text", ["2024-03-04 09:30:00", "2024-03-04T09:30"])
def test_a_time_without_zone_needs_one(text: str) -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-006.*--tz America/New_York"):
        one(text)
    assert one(text, "America/New_York") == MOMENT


def test_dates_are_midnights_of_the_zone_given() -> None:
    assert one(date(2024, 3, 4), "UTC") == datetime(2024, 3, 4, tzinfo=UTC)
    assert one("2024-03-04", "UTC") == datetime(2024, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-01 01:30:00", "2026-03-08 02:30:00"])
def test_local_times_that_exist_twice_or_never_are_refused(text: str) -> None:
    with pytest.raises(DataValidationError, match=r"do not exist, or exist twice.*data row 1"):
        one(text, "America/New_York")


@pytest.mark.parametrize("text", ["2024-07-01 09:30:00", "2024-12-31 15:45:00", "2026-11-01 03:00:00"])
def test_local_times_follow_daylight_saving(text: str) -> None:
    expected = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    assert one(text, "America/New_York") == expected


@pytest.mark.parametrize("cells", [["2024-03-04T14:30:00Z", "2024-03-04 14:45:00"], ["2024-03-04T14:30:00Z", "noon"]])
def test_a_mixture_names_the_row_that_differs(cells: list[str]) -> None:
    with pytest.raises(DataValidationError, match=r"data row 2"):
        parse_instants(pl.Series(cells), timezone=None, where="f.csv")


@pytest.mark.parametrize(
    "series", [pl.Series([1.5]), pl.Series([12]), pl.Series([None], dtype=pl.Datetime("us", "UTC"))]
)
def test_what_is_no_time_is_refused(series: pl.Series) -> None:
    with pytest.raises(DataValidationError, match="QTS-DATA-006"):
        parse_instants(series, timezone=None, where="f.csv")


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(DataValidationError, match=r"Mars/Olympus"):
        one("2024-03-04 09:30:00", "Mars/Olympus")
