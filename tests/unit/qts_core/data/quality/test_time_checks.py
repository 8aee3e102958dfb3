"""Where bars stand: half-days, holidays, clocks that were not changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import polars as pl

from qts_core.data.quality.report import check_bars
from qts_core.market.calendar import TradingCalendar

MakeBars = Callable[..., pl.DataFrame]
INSTANT = pl.Datetime("us", "UTC")


def moved_to(bar: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    start = pl.lit(moment).cast(INSTANT)
    return bar.with_columns(ts_event=start, ts_known=start + timedelta(minutes=15))


def test_a_bar_after_a_half_days_close_is_out_of_session(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    # 3 July 2024 closed at 13:00 New York, 17:00 UTC.
    bars = make_bars(date(2024, 7, 1), date(2024, 7, 5))
    late = moved_to(bars.head(1), datetime(2024, 7, 3, 17, 0, tzinfo=UTC))
    report = check_bars(pl.concat([bars, late]).sort("ts_event"), calendar=calendar)
    assert [(f.rule, f.count) for f in report.findings] == [("out_of_session", 1)]
    assert "half-days such as 2024-07-03" in report.findings[0].detail


def test_a_bar_on_a_holiday_is_told_apart(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(date(2024, 7, 1), date(2024, 7, 5))
    fourth = moved_to(bars.head(1), datetime(2024, 7, 4, 14, 30, tzinfo=UTC))
    report = check_bars(pl.concat([bars, fourth]).sort("ts_event"), calendar=calendar)
    closed = report.finding("closed_day")
    assert closed is not None
    assert closed.detail == "1 bars lie on 1 days without a session, the first 2024-07-04"
    assert not report.is_refused


def test_clocks_that_were_not_changed_in_summer_are_recognised(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    # New York went from UTC-5 to UTC-4 on 10 March 2024; this source stayed at -5.
    bars = make_bars(date(2024, 2, 26), date(2024, 3, 22))
    summer = pl.col("ts_event") >= datetime(2024, 3, 10, 7, tzinfo=UTC)
    shifted = bars.with_columns(
        pl.when(summer).then(pl.col(n) + timedelta(hours=1)).otherwise(n).alias(n) for n in ("ts_event", "ts_known")
    )
    finding = check_bars(shifted, calendar=calendar).finding("wrong_zone")
    assert finding is not None
    assert "bars in summer" in finding.detail
    assert "-1 hours" in finding.detail


def test_a_revision_that_arrived_later_is_in_order(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars()
    revision = bars[5:6].with_columns(pl.col("ts_known") + timedelta(days=1), volume=pl.lit(7.0))
    assert check_bars(pl.concat([bars, revision]), calendar=calendar).findings == ()


def test_days_may_stand_at_any_time_of_their_day(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(date(2024, 1, 2), date(2024, 7, 5), minutes=390)
    for moved in (
        bars.with_columns(pl.col("ts_event").dt.truncate("1d")),
        bars.with_columns(pl.col("ts_event").dt.offset_by("6h30m")),
        bars,
    ):
        assert check_bars(moved, calendar=calendar, bar_minutes=1440).findings == ()
