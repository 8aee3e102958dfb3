"""A file is refused for what makes it as a whole unbelievable, with a message that says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.bar_files import import_bars
from qts_core.data.building.resample import resample_bars
from qts_core.data.quality.report import QualitySettings, check_bars
from qts_core.data.quality.rules import RULES, Policy
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError, DataValidationError

MakeBars = Callable[..., pl.DataFrame]
MakeSplit = Callable[[str, date, float, float], pl.DataFrame]
WEEK = (date(2024, 3, 4), date(2024, 3, 8))


def test_sound_bars_have_no_findings(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    report = check_bars(make_bars(*WEEK), calendar=calendar, now=datetime(2024, 3, 9, tzinfo=UTC))
    assert report.findings == ()
    assert (report.rows, report.symbols) == (130, 1)
    report.raise_if_refused()


def test_every_policy_and_rule_is_explained() -> None:
    assert all(rule.doc.endswith(".") and name == rule.name for name, rule in RULES.items())
    assert {rule.policy for rule in RULES.values()} == set(Policy)


@pytest.mark.parametrize(("ratio", "nearest"), [(100.0, "1:100"), (5.07, "1:5"), (0.1, "10:1"), (0.25, "4:1")])
def test_an_unexplained_step_is_refused_with_date_ratio_and_nearest_split(
    calendar: TradingCalendar, make_bars: MakeBars, ratio: float, nearest: str
) -> None:
    level = 100.25 * ratio
    bars = pl.concat([make_bars(), make_bars(date(2024, 3, 5), date(2024, 3, 5), price=level)])
    report = check_bars(bars, calendar=calendar)
    assert report.is_refused
    finding = report.finding("price_jumps")
    assert finding is not None
    assert finding.symbols == ("AAA",)
    with pytest.raises(DataValidationError, match=f"AAA on 2024-03-05 .*nearest split {nearest}"):
        report.raise_if_refused()


def test_a_booked_split_explains_the_step(calendar: TradingCalendar, make_bars: MakeBars, split: MakeSplit) -> None:
    bars = pl.concat([make_bars(), make_bars(date(2024, 3, 5), date(2024, 3, 5), price=25.0)])
    report = check_bars(bars, calendar=calendar, actions=split("AAA", date(2024, 3, 5), 4.0, 1.0))
    assert report.findings == ()


def test_a_step_near_two_for_one_is_flagged_and_kept(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = pl.concat([make_bars(), make_bars(date(2024, 3, 5), date(2024, 3, 5), price=50.1)])
    report = check_bars(bars, calendar=calendar)
    assert [f.rule for f in report.findings] == ["suspected_split"]
    assert not report.is_refused


def test_a_gap_of_five_bars_is_tolerated_and_one_of_six_is_not(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(date(2024, 1, 2), date(2024, 3, 8)).with_row_index("row")
    five = bars.filter(~pl.col("row").is_between(24, 28)).drop("row")
    six = bars.filter(~pl.col("row").is_between(24, 29)).drop("row")
    assert not check_bars(five, calendar=calendar).is_refused
    finding = check_bars(six, calendar=calendar).finding("gap")
    assert finding is not None
    # Bars 24 and 25 are the last of 2 January, the next four the first of the 3rd.
    assert finding.examples == ("AAA 6 bars, 2024-01-02 20:30 to 2024-01-03 15:15 UTC (2 sessions)",)
    assert not check_bars(six, calendar=calendar, settings=QualitySettings(max_gap_bars=6)).is_refused


def test_coverage_below_95_per_cent_is_refused(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(*WEEK, symbols=("AAA", "BBB"))
    thin = bars.filter(~((pl.col("symbol") == "BBB") & (pl.col("ts_event").dt.minute() == 0)))
    report = check_bars(thin, calendar=calendar)
    finding = report.finding("coverage")
    assert finding is not None
    assert finding.symbols == ("BBB",)
    assert report.refused_symbols == ("BBB",)


def test_local_times_labelled_utc_are_recognised(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    local = make_bars(*WEEK).with_columns(pl.col("ts_event", "ts_known") - timedelta(hours=5))
    report = check_bars(local, calendar=calendar)
    finding = report.finding("wrong_zone")
    assert finding is not None
    assert "+5 hours" in finding.detail
    assert report.is_refused


def test_extended_hours_are_quarantined_and_not_taken_for_a_wrong_zone(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars(*WEEK)
    early = bars.with_columns(pl.col("ts_event", "ts_known") - timedelta(hours=6, minutes=30))
    report = check_bars(pl.concat([bars, early]), calendar=calendar)
    assert report.finding("out_of_session") is not None
    assert not report.is_refused


def test_bars_off_the_grid_are_refused_with_their_share(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars().with_row_index("row").with_columns(
        pl.when(pl.col("row") < 13).then(pl.col("ts_event") + timedelta(minutes=7)).otherwise("ts_event")
        .alias("ts_event")
    ).drop("row")  # fmt: skip
    with pytest.raises(DataValidationError, match=r"50\.0% of the bars do not start on the 15-minute grid"):
        check_bars(bars, calendar=calendar).raise_if_refused()


def test_bars_beyond_now_are_refused(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars()
    noon = datetime(2024, 3, 4, 17, 0, tzinfo=UTC)
    finding = check_bars(bars, calendar=calendar, now=noon).finding("future")
    assert finding is not None
    assert finding.count == 14
    assert check_bars(bars, calendar=calendar).findings == ()


def test_swapped_columns_are_named_as_such(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    swapped = make_bars().rename({"high": "low", "low": "high"})
    with pytest.raises(DataValidationError, match="columns look swapped"):
        check_bars(swapped, calendar=calendar).raise_if_refused()


def test_conflicting_duplicates_are_refused_and_identical_ones_counted(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars()
    same = check_bars(pl.concat([bars, bars.head(2)]).sort("ts_event"), calendar=calendar)
    assert [(f.rule, f.count) for f in same.findings] == [("duplicate_identical", 2)]
    other = check_bars(pl.concat([bars, bars.head(2).with_columns(volume=pl.lit(9.0))]), calendar=calendar)
    assert other.is_refused
    assert {f.rule for f in other.findings} >= {"duplicates"}


def test_an_outlier_is_flagged_by_the_bars_before_it_only(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars(date(2024, 1, 2), date(2024, 3, 8)).with_row_index("row")
    shock = bars.with_columns(pl.col("high", "close") + pl.when(pl.col("row") == 500).then(8.0).otherwise(0.0))
    report = check_bars(shock.drop("row"), calendar=calendar)
    finding = report.finding("outlier")
    assert finding is not None
    assert finding.examples[0].endswith(f"{bars['ts_event'][500]:%Y-%m-%d %H:%M} UTC")
    assert not report.is_refused


def test_no_bars_are_no_data(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    with pytest.raises(DataNotFoundError):
        check_bars(make_bars().head(0), calendar=calendar)


@pytest.mark.real_data
def test_two_years_of_real_bars_are_accepted(calendar: TradingCalendar, real_data: Path) -> None:
    result = import_bars(real_data / "av_15min_2020_2022" / "bars_15m_rth.parquet")
    report = check_bars(result.frame, calendar=calendar, bar_minutes=result.bar_minutes)
    assert (report.rows, report.symbols) == (463_194, 36)
    assert {f.policy for f in report.findings} <= {Policy.FLAG}


@pytest.mark.real_data
def test_a_reused_ticker_is_refused_and_the_message_says_why(calendar: TradingCalendar, real_data: Path) -> None:
    result = import_bars(real_data / "av_15min_2020_2022" / "bars_5m_META_ticker_reuse.parquet")
    assert result.bar_minutes == 5
    report = check_bars(resample_bars(result.frame, calendar=calendar), calendar=calendar)
    with pytest.raises(DataValidationError, match=r"META on 2022-06-09 \(1\d\.\d\dx .*re-used ticker"):
        report.raise_if_refused()


@pytest.mark.real_data
def test_an_unadjusted_reverse_split_is_refused(calendar: TradingCalendar, real_data: Path) -> None:
    # AMCR traded 1 for 5 on 2026-01-15; the file has no volume, so one is put in.
    frame = pl.read_parquet(real_data / "sparse_1min_2026_novolume" / "bars_15m_rth_subset.parquet")
    amcr = frame.filter(pl.col("symbol") == "AMCR").rename({"timestamp": "ts_event"})
    bars = amcr.with_columns(
        ts_known=pl.col("ts_event") + timedelta(minutes=15), volume=pl.lit(1.0), vwap=pl.lit(None, pl.Float64),
        trade_count=pl.lit(None, pl.Int64), source=pl.lit("test"),
    )  # fmt: skip
    finding = check_bars(bars, calendar=calendar).finding("price_jumps")
    assert finding is not None
    assert "AMCR on 2026-01-15" in finding.detail
    assert "nearest split 1:5" in finding.detail


@pytest.mark.real_data
def test_real_crashes_are_kept(calendar: TradingCalendar, real_data: Path) -> None:
    daily = pl.read_parquet(real_data / "daily_sp500_1999_2021" / "daily_43symbols_1999_2021.parquet")
    crash = daily.filter(
        ((pl.col("symbol") == "AIG") & pl.col("date").is_between(date(2008, 9, 10), date(2008, 9, 19)))
        | ((pl.col("symbol") == "AAPL") & pl.col("date").is_between(date(2000, 9, 26), date(2000, 10, 3)))
    )
    assert crash.height > 10
    at_open = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("America/New_York").dt.offset_by("9h30m")
    bars = crash.with_columns(
        ts_event=at_open.dt.convert_time_zone("UTC"), vwap=pl.lit(None, pl.Float64),
        trade_count=pl.lit(None, pl.Int64), source=pl.lit("test"),
    ).with_columns(ts_known=pl.col("ts_event").dt.offset_by("390m"))  # fmt: skip
    report = check_bars(bars, calendar=calendar, bar_minutes=390)
    assert report.finding("price_jumps") is None
