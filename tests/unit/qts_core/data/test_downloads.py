"""What a source says again is nothing new; what it says differently is a revision known from now on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.data.downloads import admit_history, refuse_another_feed, with_revisions
from qts_core.data.ingest import load_panel
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataValidationError

MakeBars = Callable[..., pl.DataFrame]
DAY = date(2024, 7, 2)
NOW = datetime(2024, 7, 10, 12, 0, tzinfo=UTC)
LATER = datetime(2024, 8, 1, 12, 0, tzinfo=UTC)
FIRST_WORD = pl.col("ts_event") == datetime(2024, 7, 2, 13, 30, tzinfo=UTC)


@pytest.fixture
def bars(make_bars: MakeBars) -> pl.DataFrame:
    """Two symbols over two days."""
    made = make_bars(DAY, date(2024, 7, 3), symbols=("AAA", "BBB"))
    twice = pl.when(pl.col("symbol") == "BBB").then(2.0).otherwise(1.0)
    prices = [pl.col(name) * twice for name in ("open", "high", "low", "close")]
    return made.with_columns(*prices, source=pl.lit("alpaca iex"))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(tmp_path / "lake")


def corrected(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.with_columns(volume=pl.when(FIRST_WORD & (pl.col("symbol") == "AAA")).then(7.0).otherwise("volume"))


def test_the_same_words_again_are_left_out(bars: pl.DataFrame) -> None:
    assert with_revisions(bars, bars, NOW).is_empty()
    renamed = bars.with_columns(source=pl.lit("somebody else"), ts_known=pl.col("ts_known").dt.offset_by("1d"))
    assert with_revisions(bars, renamed, NOW).is_empty()


def test_new_bars_stay_as_they_are(bars: pl.DataFrame) -> None:
    old = bars.filter(pl.col("symbol") == "AAA")
    assert with_revisions(bars, old, NOW).equals(bars.filter(pl.col("symbol") == "BBB"))


def test_a_changed_bar_is_known_from_now_on(bars: pl.DataFrame) -> None:
    (row,) = with_revisions(corrected(bars), bars, NOW).to_dicts()
    assert (row["symbol"], row["volume"], row["ts_known"]) == ("AAA", 7.0, NOW)


def test_a_word_taken_back_is_a_revision_of_the_revision(bars: pl.DataFrame) -> None:
    first = with_revisions(corrected(bars), bars, NOW)
    (row,) = with_revisions(bars, pl.concat([bars, first]), LATER).to_dicts()
    assert (row["volume"], row["ts_known"]) == (bars.filter(FIRST_WORD, pl.col("symbol") == "AAA")["volume"][0], LATER)


def test_the_past_is_read_as_it_was_known_then(lake: Lake, bars: pl.DataFrame, calendar: TradingCalendar) -> None:
    common = {"calendar": calendar, "source": "alpaca iex"}
    assert admit_history(lake, bars, now=NOW, **common) is not None  # type: ignore[arg-type]
    assert admit_history(lake, bars, now=LATER, **common) is None  # type: ignore[arg-type]
    again = admit_history(lake, corrected(bars), now=LATER, **common)  # type: ignore[arg-type]
    assert again is not None
    assert again.registration.rows == 1
    then = load_panel(lake, calendar=calendar, known_before=NOW)
    today = load_panel(lake, calendar=calendar)
    assert today["volume"][0, 0] == 7.0
    assert then["volume"][0, 0] == bars.filter(FIRST_WORD, pl.col("symbol") == "AAA")["volume"][0]
    assert (then["close"] == today["close"]).all()


def test_two_feeds_never_stand_in_one_lake(lake: Lake, bars: pl.DataFrame, calendar: TradingCalendar) -> None:
    refuse_another_feed(lake, "alpaca sip")
    admit_history(lake, bars, calendar=calendar, now=NOW, source="alpaca iex")
    refuse_another_feed(lake, "alpaca iex")
    with pytest.raises(
        DataValidationError, match=r"QTS-DATA-048 .*found alpaca sip, expected alpaca iex; use --feed iex"
    ):
        admit_history(lake, bars, calendar=calendar, now=NOW, source="alpaca sip")
