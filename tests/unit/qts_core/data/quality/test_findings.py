"""A report orders what was found, keeps the places, and speaks JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import polars as pl

from qts_core.data.quality.report import check_bars
from qts_core.data.quality.rules import Severity
from qts_core.market.calendar import TradingCalendar

MakeBars = Callable[..., pl.DataFrame]
SPAN = (date(2024, 1, 2), date(2024, 3, 8))


def spoilt(make_bars: MakeBars) -> pl.DataFrame:
    """Return bars with one broken bar and a gap of six."""
    bars = make_bars(*SPAN).with_row_index("row")
    return bars.filter(~pl.col("row").is_between(30, 35)).with_columns(
        high=pl.when(pl.col("row") == 5).then(1.0).otherwise("high")
    ).drop("row")  # fmt: skip


def test_the_worst_comes_first_and_severities_are_counted(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    report = check_bars(spoilt(make_bars), calendar=calendar)
    assert [f.rule for f in report.findings] == ["gap", "ohlc_order"]
    assert [f.severity for f in report.findings] == [Severity.ERROR, Severity.WARNING]
    assert report.counts() == {"error": 1, "warning": 1, "info": 0}
    assert report.table()["code"].to_list() == ["Q301", "Q103"]


def test_places_are_the_rows_that_show_it(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    report = check_bars(spoilt(make_bars), calendar=calendar)
    gap, broken = report.finding("gap"), report.finding("ohlc_order")
    assert gap is not None
    assert broken is not None
    assert gap.places.select("symbol", "bars", "sessions").rows() == [("AAA", 6, 1)]
    assert broken.places["high"].to_list() == [1.0]
    assert broken.places.schema["symbol"] == pl.String


def test_the_report_is_json_with_the_command_to_run(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    content = json.loads(
        json.dumps(check_bars(spoilt(make_bars), calendar=calendar).to_dict("mine.csv"), allow_nan=False)
    )
    assert content["refused"] is True
    assert content["findings"][0]["severity"] == "error"
    assert "qts data import mine.csv --max-gap-bars" in content["findings"][0]["fix"]


def test_a_rule_that_two_reports_name_stands_once(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    one = check_bars(spoilt(make_bars), calendar=calendar)
    both = one.joined(check_bars(spoilt(make_bars), calendar=calendar))
    assert [(f.rule, f.count) for f in both.findings] == [("gap", 2), ("ohlc_order", 2)]
    assert both.rows == one.rows


def test_coverage_is_counted_by_month_within_each_symbols_span(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    late = make_bars(date(2024, 2, 5), SPAN[1], symbols=("BBB",))
    report = check_bars(pl.concat([spoilt(make_bars), late]), calendar=calendar)
    table = report.coverage
    # January 2024 has 21 sessions of 26 bars; BBB begins on 5 February, the third session of the month.
    assert table.filter(pl.col("symbol") == "AAA")["expected"].to_list() == [546, 520, 156]
    assert table.filter(pl.col("symbol") == "AAA")["bars"].to_list() == [546 - 7, 520, 156]
    assert table.filter(pl.col("symbol") == "BBB").select("month", "expected").rows() == [
        ("2024-02", (20 - 2) * 26), ("2024-03", 156)
    ]  # fmt: skip
