"""Two sources of the same bars: half a per cent is no disagreement, more is, with both values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from qts_core.data.quality.report import check_bars
from qts_core.data.quality.sources import compare_sources, disagreeing_days
from qts_core.market.calendar import TradingCalendar

MakeBars = Callable[..., pl.DataFrame]


def other(bars: pl.DataFrame, factor: float) -> pl.DataFrame:
    prices = [pl.col(n) * factor for n in ("open", "high", "low", "close")]
    return bars.with_columns(*prices, source=pl.lit("other"))


@pytest.mark.parametrize(("factor", "rows"), [(1.0049, 0), (1.0051, 26), (0.9949, 26)])
def test_half_a_per_cent_is_the_limit(make_bars: MakeBars, factor: float, rows: int) -> None:
    bars = make_bars()
    assert compare_sources(bars, other(bars, factor)).height == rows


def test_both_values_stand_in_the_report(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    bars = make_bars()
    both = pl.concat([bars, other(bars[3:4], 1.02)]).sort("ts_event")
    report = check_bars(both, calendar=calendar)
    finding = report.finding("cross_source")
    assert finding is not None
    row = finding.places.row(0, named=True)
    assert (row["source"], row["source_other"]) == ("other", "test")
    assert row["close"] == pytest.approx(row["close_other"] * 1.02)
    assert row["session"] == date(2024, 3, 4)
    assert not report.is_refused
    assert report.finding("duplicates") is None


def test_a_close_that_is_no_number_disagrees(make_bars: MakeBars) -> None:
    bars = make_bars()
    assert compare_sources(bars, other(bars, float("nan"))).height == 26
    nothing = bars.with_columns(close=pl.lit(None, pl.Float64))
    assert compare_sources(bars, nothing).height == 26


def test_a_later_revision_is_no_other_source(make_bars: MakeBars) -> None:
    bars = make_bars()
    revised = other(bars, 1.05).with_columns(pl.col("ts_known").dt.offset_by("1d"))
    assert disagreeing_days(pl.concat([bars, revised])).is_empty()
    assert disagreeing_days(pl.concat([bars, other(bars, 1.05)]))["session"].unique().to_list() == [date(2024, 3, 4)]
