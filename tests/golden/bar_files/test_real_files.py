"""Every sample file comes in, or is refused for the reason that its description states."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from qts_core.adapters.lake import Lake
from qts_core.cli.data import app
from qts_core.data.market_source import recorded_source
from qts_core.market.errors import TradingSystemError

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.real_data

SPY = "spy_1min_2011/bars_1m.parquet"
SPARSE = "sparse_1min_2026_novolume/bars_15m_rth_subset.parquet"


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(ROOT)
    return Lake(tmp_path / "home" / "lake")


def bring(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["import", str(path), *options])


# Bars and symbols as the samples' description counts them; minutes are counted after they were built.
@pytest.mark.parametrize(
    ("name", "rows", "symbols", "adjustment"),
    [
        pytest.param("av_15min_2020_2022/bars_15m_rth.parquet", 463_194, 36, "all", marks=pytest.mark.slow),
        ("mixed_feed_1min_2025_2026/bars_1m_4symbols.parquet", 13_305, 4, "raw"),
    ],
)
def test_sound_files_come_in_as_what_they_are(
    real_data: Path, lake: Lake, name: str, rows: int, symbols: int, adjustment: str
) -> None:
    result = bring(real_data / name, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["rows"], told["symbols"], told["adjustment"], told["label"]) == (rows, symbols, adjustment, "start")
    assert lake.read("raw_bars").height == rows
    known = recorded_source(lake)
    assert known is not None
    assert known.adjustment == adjustment


@pytest.mark.parametrize(
    ("name", "options", "code", "reasons"),
    [
        ("av_15min_2020_2022/bars_5m_META_ticker_reuse.parquet", (), "QTS-DATA-008",
         ("META on 2022-06-09", "re-used ticker")),
        (SPARSE, (), "QTS-DATA-004", ("expected volume", "--no-volume")),
        (SPARSE, ("--no-volume",), "QTS-DATA-008", ("AMCR on 2026-01-15 (5.07x", "nearest split 1:5")),
        ("sparse_1min_2026_novolume/bars_1m_4symbols.parquet", ("--no-volume",), "QTS-DATA-008",
         ("coverage is below 95%",)),
        ("daily_sp500_1999_2021/daily_43symbols_1999_2021.parquet", (), "QTS-DATA-022",
         ("these are daily bars", "qts_core.features.evaluate")),
        ("daily_sp500_1999_2021/corporate_actions_all_505.parquet", (), "QTS-DATA-004", ("columns are missing",)),
        (SPY, (), "QTS-DATA-008", ("SPY 494 bars, 2011-02-01", "(19 sessions)")),
        ("spy_1min_2011/bars_15m_rth.parquet", (), "QTS-DATA-008", ("SPY 494 bars, 2011-02-01",)),
    ],
)  # fmt: skip
def test_the_others_are_refused_for_their_stated_reason(
    real_data: Path, lake: Lake, name: str, options: tuple[str, ...], code: str, reasons: tuple[str, ...]
) -> None:
    error = bring(real_data / name, *options).exception
    assert isinstance(error, TradingSystemError)
    assert error.code == code
    for reason in reasons:
        assert reason in error.line()
    assert lake.tables() == ()


def test_one_month_of_minutes_is_the_vendors_own_quarter_hours(real_data: Path, lake: Lake, tmp_path: Path) -> None:
    import polars as pl

    month = (pl.col("timestamp").dt.month() == 1) & (pl.col("timestamp").dt.year() == 2011)
    pl.read_parquet(real_data / SPY).filter(month).write_parquet(tmp_path / "january.parquet")
    assert bring(tmp_path / "january.parquet").exit_code == 0
    built = lake.read("raw_bars").sort("ts_event")
    theirs = pl.read_parquet(real_data / "spy_1min_2011" / "bars_15m_rth.parquet").filter(month).sort("timestamp")
    for name in ("open", "high", "low", "close", "volume"):
        assert built[name].to_list() == theirs[name].to_list(), name
