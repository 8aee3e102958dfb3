"""What a file's times name is told from its sessions, and a wrong declaration is refused."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from qts_core.data.reading.conventions import settle_labels
from qts_core.data.reading.parsing import parse_bars
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataValidationError
from tests.support.bar_tables import sound_bars


def read(bars: pl.DataFrame) -> pl.DataFrame:
    return parse_bars(bars, source="s", where="f").frame


def labelled_by_end(bars: pl.DataFrame, minutes: int = 15) -> pl.DataFrame:
    return bars.with_columns(pl.col("timestamp") + timedelta(minutes=minutes))


# Half-days close early; the labels are told by each session's own close.
@pytest.mark.parametrize("minutes", [1, 5, 15])
@pytest.mark.parametrize("span", [(date(2024, 3, 4), date(2024, 3, 5)), (date(2024, 11, 29), date(2024, 11, 29))])
def test_end_labels_are_told_and_moved_back_to_starts(minutes: int, span: tuple[date, date]) -> None:
    bars = sound_bars(*span, minutes=minutes)
    starts = read(bars)
    frame, label = settle_labels(starts, bar_minutes=minutes, calendar=xnys(), where="f")
    assert label == "start"
    assert frame.equals(starts)
    frame, label = settle_labels(read(labelled_by_end(bars, minutes)), bar_minutes=minutes, calendar=xnys(), where="f")
    assert label == "end"
    assert frame.equals(starts), "ts_known too"


def test_a_time_of_knowledge_that_the_file_gives_stays() -> None:
    bars = labelled_by_end(sound_bars())
    given = bars.with_columns(ts_known=pl.col("timestamp") + timedelta(seconds=3))
    frame, label = settle_labels(read(given), bar_minutes=15, calendar=xnys(), where="f")
    assert label == "end"
    assert (frame["ts_known"] - frame["ts_event"]).unique().to_list() == [timedelta(minutes=15, seconds=3)]


def test_with_bars_beyond_the_session_the_volume_at_the_open_tells() -> None:
    day = sound_bars(date(2024, 3, 4), date(2024, 3, 8), symbols=("AAPL",))
    before = day.with_columns(pl.col("timestamp") - timedelta(hours=1), volume=pl.lit(300.0))
    after = day.with_columns(pl.col("timestamp") + timedelta(hours=1), volume=pl.lit(300.0))
    long = pl.concat([day, before, after]).unique("timestamp", keep="first").sort("timestamp")
    assert settle_labels(read(long), bar_minutes=15, calendar=xnys(), where="f")[1] == "start"
    assert settle_labels(read(labelled_by_end(long)), bar_minutes=15, calendar=xnys(), where="f")[1] == "end"


@pytest.mark.parametrize("declared", ["start", "end"])
def test_a_declaration_that_the_data_contradict_is_refused_with_the_other(declared: str) -> None:
    bars = sound_bars() if declared == "end" else labelled_by_end(sound_bars())
    other = "start" if declared == "end" else "end"
    with pytest.raises(DataValidationError, match=f"QTS-DATA-020.*AAPL, MSFT; import with --label {other}"):
        settle_labels(read(bars), bar_minutes=15, calendar=xnys(), declared=declared, where="f")  # type: ignore[arg-type]


def test_symbols_of_both_conventions_do_not_come_together() -> None:
    bars = sound_bars()
    mixed = pl.concat(
        [bars.filter(pl.col("symbol") == "AAPL"), labelled_by_end(bars.filter(pl.col("symbol") == "MSFT"))]
    )
    with pytest.raises(DataValidationError, match="end: MSFT; start: AAPL"):
        settle_labels(read(mixed), bar_minutes=15, calendar=xnys(), where="f")


def test_bars_that_show_neither_are_taken_as_declared_or_as_starts() -> None:
    noon = sound_bars().filter(pl.col("timestamp").dt.hour() == 17)
    assert settle_labels(read(noon), bar_minutes=15, calendar=xnys(), where="f")[1] == "start"
    assert settle_labels(read(noon), bar_minutes=15, calendar=xnys(), declared="end", where="f")[1] == "end"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "minutes"),
    [("spy_1min_2011/bars_1m.parquet", 1), ("mixed_feed_1min_2025_2026/bars_1m_4symbols.parquet", 1),
     ("av_15min_2020_2022/bars_15m_rth.parquet", 15)],
)  # fmt: skip
def test_real_files_are_labelled_by_start_and_told_when_shifted(real_data: object, name: str, minutes: int) -> None:
    starts = read(pl.read_parquet(f"{real_data}/{name}"))
    assert settle_labels(starts, bar_minutes=minutes, calendar=xnys(), where=name)[1] == "start"
    ends = starts.with_columns(pl.col("ts_event", "ts_known") + timedelta(minutes=minutes))
    frame, label = settle_labels(ends, bar_minutes=minutes, calendar=xnys(), where=name)
    assert label == "end"
    assert frame.equals(starts)
