"""The known defects of the real sample files are named, by date and ratio, and genuine crashes are left in peace.

Expected values come from the notes beside the files and from the vendor's own table of splits and dividends.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.bar_files import import_bars
from qts_core.adapters.bar_files.whole_tables import read_daily, read_table
from qts_core.data.quality.bookings import adjusted_close, lone_actions
from qts_core.data.quality.judging import judge_bars
from qts_core.data.quality.report import QualityReport
from qts_core.data.quality.rules import Severity
from qts_core.data.quality.vendor_actions import actions_beside, actions_listed
from qts_core.market.calendar import xnys

pytestmark = pytest.mark.real_data

DAILY = "daily_sp500_1999_2021/daily_43symbols_1999_2021.parquet"
ACTIONS = "daily_sp500_1999_2021/corporate_actions_all_505.parquet"
CRASHES = (
    ("AAPL", date(2000, 9, 29)),
    ("AIG", date(2008, 9, 15)),
    ("AIG", date(2008, 9, 16)),
    ("PG", date(2000, 3, 7)),
    ("INTC", date(2000, 9, 22)),
    ("BAC", date(2009, 1, 20)),
    ("BA", date(2020, 3, 16)),
    ("JPM", date(2020, 3, 16)),
)


def judged(path: Path) -> QualityReport:
    result = import_bars(path, no_volume=True)
    return judge_bars(result.frame, calendar=xnys(), bar_minutes=result.bar_minutes)


def alarms(report: QualityReport) -> dict[str, tuple[str, ...]]:
    return {f.rule: f.symbols for f in report.findings if f.severity is not Severity.INFO}


def days(report: QualityReport, rule: str) -> list[tuple[str, date]]:
    finding = report.finding(rule)
    return [] if finding is None else finding.places.select("symbol", "session").unique().sort("session").rows()


@pytest.fixture(scope="module")
def daily(real_data: Path) -> QualityReport:
    file = read_daily(real_data / DAILY)
    actions = actions_beside(file.table, source="daily")
    return judge_bars(file.bars.frame, calendar=xnys(), bar_minutes=1440, actions=actions)


@pytest.fixture(scope="module")
def unbooked(real_data: Path) -> QualityReport:
    file = read_daily(real_data / DAILY)
    return judge_bars(file.bars.frame, calendar=xnys(), bar_minutes=1440)


def test_two_years_of_36_symbols_raise_no_alarm(real_data: Path) -> None:
    assert alarms(judged(real_data / "av_15min_2020_2022" / "bars_15m_rth.parquet")) == {}


def test_the_reused_ticker_of_meta_is_named_with_its_date(real_data: Path) -> None:
    report = judged(real_data / "av_15min_2020_2022" / "bars_5m_META_ticker_reuse.parquet")
    assert report.is_refused
    assert days(report, "ticker_reuse") == [("META", date(2022, 6, 9))]
    finding = report.finding("ticker_reuse")
    assert finding is not None
    assert "90 sessions without a bar before" in finding.detail


def test_the_unadjusted_reverse_split_of_amcr_is_named_and_nobody_elses_prices(real_data: Path) -> None:
    report = judged(real_data / "sparse_1min_2026_novolume" / "bars_15m_rth_subset.parquet")
    finding = report.finding("price_jumps")
    assert finding is not None
    assert finding.symbols == ("AMCR",)
    assert "AMCR on 2026-01-15 (5.07x to 44.75, nearest split 1:5)" in finding.detail
    assert report.finding("suspected_split") is None
    assert report.finding("ticker_reuse") is None
    # Two whole days are missing in the file for everybody, and no bar has a volume.
    hole = report.finding("market_hole")
    assert hole is not None
    assert hole.examples == ("2026-01-27", "2026-01-28")
    volume = report.finding("zero_volume")
    assert volume is not None
    assert volume.detail == "no bar carries a volume"


def test_the_changes_of_feed_are_named_with_their_dates_and_symbols(real_data: Path) -> None:
    report = judged(real_data / "mixed_feed_1min_2025_2026" / "bars_1m_4symbols.parquet")
    assert not report.is_refused
    assert alarms(report) == {"feed_switch": ("AFRM", "NFLX", "NVDA", "SPY")}
    finding = report.finding("feed_switch")
    assert finding is not None
    switches = (
        finding.places.group_by("session").agg(pl.col("symbol").n_unique(), pl.col("ratio").median()).sort("session")
    )
    assert switches["session"].to_list() == [date(2026, 1, 22), date(2026, 3, 9), date(2026, 3, 12)]
    assert switches["symbol"].to_list() == [4, 4, 4]
    # One exchange has about 4 % of the whole market's volume.
    assert 1 / 40 < switches["ratio"][1] < 1 / 15


def test_the_month_that_the_sample_of_2011_leaves_out_is_listed(real_data: Path) -> None:
    report = judged(real_data / "spy_1min_2011" / "bars_1m.parquet")
    missing = report.finding("missing_sessions")
    assert missing is not None
    february = [s.date for s in xnys().between(date(2011, 2, 1), date(2011, 2, 28))]
    assert missing.places["session"].to_list() == february
    assert set(alarms(report)) == {"gap", "coverage", "missing_sessions"}


def test_bookings_that_do_not_fit_the_price_are_named(daily: QualityReport) -> None:
    assert not daily.is_refused
    assert days(daily, "booked_twice") == [("ABT", date(2004, 5, 3)), ("RTX", date(2020, 4, 3))]
    # GOOGL's two-for-one of 2014 stands in the table as a cash dividend of half the price.
    spun_off = [("ABT", date(2013, 1, 2)), ("GOOGL", date(2014, 4, 3)), ("EBAY", date(2015, 7, 20))]
    assert days(daily, "huge_dividend") == spun_off
    # Motorola split 1:7 and spun off its phones on the same day: the step is 4.1.
    assert days(daily, "split_not_in_price") == [("MSI", date(2011, 1, 4))]
    assert set(alarms(daily)) == {"booked_twice", "huge_dividend", "split_not_in_price"}


def test_twenty_years_of_crashes_raise_no_alarm(daily: QualityReport, unbooked: QualityReport) -> None:
    for report in (daily, unbooked):
        named = {
            (symbol, session)
            for f in report.findings
            if f.severity is not Severity.INFO and "session" in f.places.columns and f.rule != "price_jumps"
            for symbol, session in f.places.select("symbol", "session").iter_rows()
        }
        assert not named & set(CRASHES)
    moves = daily.finding("outlier")
    assert moves is not None
    assert ("AAPL", date(2000, 9, 29)) in set(moves.places.select("symbol", pl.col("ts_event").dt.date()).iter_rows())


def test_without_the_table_splits_are_found_and_nothing_but_splits(unbooked: QualityReport, real_data: Path) -> None:
    table = actions_beside(read_daily(real_data / DAILY).table, source="daily")
    splits = table.filter(pl.col("kind") == "split").with_columns(ratio=pl.col("new_shares") / pl.col("old_shares"))
    booked = set(splits.select("symbol", "ex_date").iter_rows())
    as_cash = {("ABT", date(2013, 1, 2)), ("GOOGL", date(2014, 4, 3))}
    suspected = set(days(unbooked, "suspected_split"))
    assert suspected <= booked | as_cash
    jumps = unbooked.finding("price_jumps")
    assert jumps is not None
    large = splits.filter((pl.col("ratio") >= 3) | (pl.col("ratio") <= 1 / 3))
    assert set(large["symbol"]) - set(jumps.symbols) <= {"MSI"} | {
        # Three-for-one on a night that rose: the step is less than three.
        *large.filter(pl.col("ratio") == 3)["symbol"]
    }
    twos = set(splits.filter(pl.col("ratio").is_between(1.49, 2.01)).select("symbol", "ex_date").iter_rows())
    refused = {(s, d) for s, d in twos if s in jumps.symbols}
    assert len(suspected & twos) >= 0.75 * len(twos - refused)


def test_the_table_of_505_symbols_shows_the_spin_off_of_altria_and_united_technologies_by_itself(
    real_data: Path,
) -> None:
    actions = actions_listed(read_table(real_data / ACTIONS), source="actions")
    assert actions.height == 28_202
    nothing = pl.DataFrame(schema={"symbol": pl.String, "session": pl.Date})
    found = {e.rule: set(e.places.select("symbol", "ex_date").iter_rows()) for e in lone_actions(actions, nothing)}
    assert ("MO", date(2008, 3, 31)) in found["huge_dividend"]
    assert {("ABT", date(2013, 1, 2)), ("EBAY", date(2015, 7, 20))} <= found["huge_dividend"]
    assert ("RTX", date(2020, 4, 3)) in found["booked_twice"]
    assert len(found["huge_dividend"]) < 0.002 * actions.height


def test_the_vendors_adjusted_close_follows_from_its_dividends_and_splits(real_data: Path) -> None:
    table = read_daily(real_data / DAILY).table
    assert adjusted_close(table) == []
    moved = table.with_columns(
        dividend_amount=pl.when((pl.col("symbol") == "KO") & (pl.col("dividend_amount") > 0))
        .then(pl.col("dividend_amount") * 2)
        .otherwise("dividend_amount")
    )
    (evidence,) = adjusted_close(moved)
    assert evidence.symbols == ("KO",)


def test_a_vendor_that_disagrees_is_caught_against_another_file(real_data: Path) -> None:
    from qts_core.data.quality.sources import compare_sources

    bars = import_bars(real_data / "spy_1min_2011" / "bars_15m_rth.parquet").frame
    other = bars.with_columns(
        pl.when(pl.col("ts_event").dt.date() == date(2011, 3, 16))
        .then(pl.col("close") * 1.01)
        .otherwise("close")
        .alias("close")
    )
    apart = compare_sources(bars, other)
    assert apart["session"].unique().to_list() == [date(2011, 3, 16)]
    assert apart.height == 26
    assert compare_sources(bars, bars).is_empty()
