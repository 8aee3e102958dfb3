"""Minutes are judged alone for what is wrong with single bars, and built up for what is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl

from qts_core.data.quality.judging import judge_bars
from qts_core.market.calendar import TradingCalendar

MakeBars = Callable[..., pl.DataFrame]


def test_a_minute_without_a_trade_is_no_gap_and_a_broken_one_is_found(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    minutes = make_bars(date(2024, 3, 4), date(2024, 3, 6), minutes=1).with_row_index("row")
    sparse = minutes.filter((pl.col("row") % 3 == 0) & ~pl.col("row").is_between(100, 108)).drop("row")
    assert judge_bars(sparse, calendar=calendar, bar_minutes=1).findings == ()
    broken = sparse.with_row_index("row").with_columns(
        low=pl.when(pl.col("row") == 9).then(pl.col("high") + 1).otherwise("low")
    )
    report = judge_bars(broken.drop("row"), calendar=calendar, bar_minutes=1)
    assert [(f.rule, f.count) for f in report.findings] == [("ohlc_order", 1)]
    assert report.rows == sparse.height


def test_a_session_without_minutes_is_a_gap(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    minutes = make_bars(date(2024, 1, 2), date(2024, 2, 29), minutes=5)
    hole = minutes.filter(pl.col("ts_event").dt.date() != date(2024, 2, 1))
    report = judge_bars(hole, calendar=calendar, bar_minutes=5)
    # The prices of the fixture rise a cent a bar, so the step over the hole is an outlier too.
    assert {f.rule for f in report.findings} == {"gap", "missing_sessions", "outlier"}
    missing = report.finding("missing_sessions")
    assert missing is not None
    assert missing.detail == "1 sessions of 1 symbols are missing; AAA: 2024-02-01"


def test_minutes_that_lie_outside_every_session_are_still_reported(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    early = make_bars(minutes=1).with_columns(pl.col("ts_event", "ts_known").dt.offset_by("-10h"))
    report = judge_bars(early, calendar=calendar, bar_minutes=1)
    assert report.finding("out_of_session") is not None
