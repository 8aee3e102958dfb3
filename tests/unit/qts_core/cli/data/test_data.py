"""`qts data` from the outside: what it prints, and the exit codes scripts rely on."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from qts_core.adapters.lake import Lake
from qts_core.cli.data import app
from qts_core.data.market_source import recorded_source
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.errors import DataCorruptionError, DataValidationError

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(Path(__file__).parents[5])
    return tmp_path / "home"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    market = synthetic_market(SyntheticMarketSettings(symbols=3, first=date(2024, 3, 25), last=date(2024, 4, 5)))
    market.bars.write_parquet(tmp_path / "bars.parquet")
    return tmp_path / "bars.parquet"


def test_imported_bars_are_listed_and_checked(file: Path) -> None:
    imported = RUNNER.invoke(app, ["import", str(file), "--json"])
    assert imported.exit_code == 0, imported.output
    summary = json.loads(imported.stdout)
    assert summary["symbols"] == 3
    assert summary["months"] == 2
    assert summary["clean_rows"] == summary["rows"]
    tables = {row["table"]: row for row in json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert set(tables) == {"raw_bars", "clean_bars", "quarantine", "cleaning_state", "instruments"}
    assert tables["raw_bars"]["rows"] == summary["rows"]
    assert RUNNER.invoke(app, ["check"]).exit_code == 0
    again = RUNNER.invoke(app, ["import", str(file), "--json"])
    assert json.loads(again.stdout)["files_unchanged"] == 1
    assert "nothing to do" in again.stderr


def test_a_lake_of_synthetic_bars_takes_no_others(file: Path) -> None:
    assert RUNNER.invoke(app, ["synth", "--symbols", "2", "--years", "1"]).exit_code == 0
    refused = RUNNER.invoke(app, ["import", str(file)])
    assert isinstance(refused.exception, DataValidationError)
    assert refused.exception.code == "QTS-DATA-017"


def test_an_imported_market_grows_by_symbols(file: Path, tmp_path: Path, home: Path) -> None:
    assert RUNNER.invoke(app, ["import", str(file)]).exit_code == 0
    bars = pl.read_parquet(file)
    first = bars["symbol"].sort()[0]
    bars.filter(pl.col("symbol") == first).with_columns(symbol=pl.lit("NEW")).with_columns(
        pl.col("open", "high", "low", "close") + 1.0
    ).write_parquet(tmp_path / "other.parquet")
    grown = RUNNER.invoke(app, ["import", str(tmp_path / "other.parquet")])
    assert grown.exit_code == 0, grown.output
    known = recorded_source(Lake(home / "lake"))
    assert known is not None
    assert known.symbols == tuple(sorted({*bars["symbol"].unique().to_list(), "NEW"}))
    assert known.origin == "bars.parquet + other.parquet"


@pytest.mark.real_data
def test_a_reused_ticker_is_refused_or_dropped(real_data: Path) -> None:
    path = str(real_data / "av_15min_2020_2022" / "bars_5m_META_ticker_reuse.parquet")
    assert RUNNER.invoke(app, ["check", path]).exit_code == 2
    refused = RUNNER.invoke(app, ["import", path])
    assert isinstance(refused.exception, DataValidationError)
    assert "re-used ticker" in str(refused.exception)
    dropped = RUNNER.invoke(app, ["import", path, "--refused", "drop"])
    assert "no symbol is left" in str(dropped.exception)


def test_an_empty_lake_says_what_to_do() -> None:
    result = RUNNER.invoke(app, ["list"])
    assert "qts data synth" in result.stderr


def test_a_damaged_lake_is_told_apart_from_a_wrong_file(file: Path, home: Path) -> None:
    assert RUNNER.invoke(app, ["import", str(file)]).exit_code == 0
    damaged = next((home / "lake" / "raw_bars").glob("2024-03.*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    result = RUNNER.invoke(app, ["check"])
    assert isinstance(result.exception, DataCorruptionError)
    assert result.exception.exit_code == 3
