"""`qts data import` from the outside: rehearsal, resuming, folders, options."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from qts_core.adapters.lake import Lake
from qts_core.cli.data import app, importing
from qts_core.data import admission
from qts_core.data.import_ledger import ImportState, read_ledger
from qts_core.market.errors import DataValidationError
from tests.support.bar_tables import csv_of, sound_bars

RUNNER = CliRunner()
ROOT = Path(__file__).parents[5]
SOUND = sound_bars(date(2024, 1, 16), date(2024, 4, 15))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(ROOT)
    return tmp_path / "home"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    SOUND.write_parquet(tmp_path / "bars.parquet")
    return tmp_path / "bars.parquet"


def test_a_dry_run_says_what_would_happen_and_writes_nothing(file: Path, home: Path) -> None:
    result = RUNNER.invoke(app, ["import", str(file), "--dry-run", "--json"])
    told = json.loads(result.stdout)
    assert (told["rows"], told["symbols"], told["months"], told["dry_run"]) == (SOUND.height, 2, 4, True)
    assert (told["label"], told["adjustment"]) == ("start", "raw")
    assert not list(home.rglob("*.parquet"))
    assert read_ledger(Lake(home / "lake")) == {}


def test_a_dry_run_refuses_what_an_import_would(tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_bytes(csv_of(SOUND.rename({"low": "high", "high": "low"})))
    result = RUNNER.invoke(app, ["import", str(tmp_path / "bars.csv"), "--dry-run"])
    assert isinstance(result.exception, DataValidationError)


def test_only_new_files_of_a_folder_are_read(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "vendor"
    folder.mkdir()
    april = pl.col("timestamp").dt.date() >= date(2024, 4, 1)
    (folder / "first.csv").write_bytes(csv_of(SOUND.filter(~april)))
    assert RUNNER.invoke(app, ["import", str(folder)]).exit_code == 0
    (folder / "second.csv").write_bytes(csv_of(SOUND.filter(april)))
    (folder / "words.md").write_text("not bars")
    result = RUNNER.invoke(app, ["import", str(folder), "--json"])
    told = json.loads(result.stdout)
    assert (told["files"], told["files_unchanged"]) == (1, 1)
    assert "not read: words.md" in result.stderr
    assert Lake(home / "lake").read("raw_bars").height == SOUND.height
    again = RUNNER.invoke(app, ["import", str(folder)])
    assert "nothing to do: 2 files are in the lake already" in again.stderr


def test_an_import_that_died_is_named_and_finished(
    file: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(admission, "refresh_month", die)
        assert RUNNER.invoke(app, ["import", str(file)]).exit_code != 0
    lake = Lake(home / "lake")
    assert [entry.state for entry in read_ledger(lake).values()] == [ImportState.STARTED]
    SOUND.filter(pl.col("symbol") == "AAPL").with_columns(symbol=pl.lit("NVDA")).with_columns(
        pl.col("open", "high", "low", "close") + 7
    ).write_parquet(tmp_path / "other.parquet")
    other = RUNNER.invoke(app, ["import", str(tmp_path / "other.parquet")])
    assert "the import of bars.parquet was interrupted; run it again" in other.stderr
    assert RUNNER.invoke(app, ["import", str(file)]).exit_code == 0
    assert {entry.state for entry in read_ledger(lake).values()} == {ImportState.DONE}
    assert lake.months("clean_bars") == ("2024-01", "2024-02", "2024-03", "2024-04")


@pytest.mark.slow
def test_a_killed_process_leaves_a_lake_that_the_next_run_completes(file: Path, home: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qts_core.cli.main", "data", "import", str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lake, end = Lake(home / "lake"), time.monotonic() + 60
    while not (home / "lake" / "raw_bars").is_dir() and process.poll() is None and time.monotonic() < end:
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.wait()
    for month in lake.months("raw_bars"):
        lake.read_month("raw_bars", month)
    assert RUNNER.invoke(app, ["import", str(file)]).exit_code == 0
    whole = Lake(tmp_path / "whole" / "lake")
    finished = RUNNER.invoke(app, ["import", str(file)], env={"QTS_HOME": str(tmp_path / "whole")})
    assert finished.exit_code == 0
    for table in ("raw_bars", "clean_bars", "quarantine"):
        assert lake.data_hash(table) == whole.data_hash(table)


def test_dropped_symbols_are_asked_again_the_next_time(tmp_path: Path) -> None:
    holed = SOUND.filter(~((pl.col("symbol") == "MSFT") & (pl.col("timestamp").dt.date() == date(2024, 2, 13))))
    (tmp_path / "bars.csv").write_bytes(csv_of(holed))
    result = RUNNER.invoke(app, ["import", str(tmp_path / "bars.csv"), "--refused", "drop", "--json"])
    assert json.loads(result.stdout)["dropped"] == ["MSFT"]
    again = RUNNER.invoke(app, ["import", str(tmp_path / "bars.csv")])
    assert isinstance(again.exception, DataValidationError)


def test_labels_at_the_end_are_told_or_declared(tmp_path: Path, home: Path) -> None:
    ends = SOUND.with_columns(pl.col("timestamp") + timedelta(minutes=15))
    (tmp_path / "bars.csv").write_bytes(csv_of(ends))
    refused = RUNNER.invoke(app, ["import", str(tmp_path / "bars.csv"), "--label", "start"])
    assert isinstance(refused.exception, DataValidationError)
    assert refused.exception.code == "QTS-DATA-020"
    taken = RUNNER.invoke(app, ["import", str(tmp_path / "bars.csv")])
    assert "moved back by 15 minutes" in taken.stderr
    assert Lake(home / "lake").read("raw_bars")["ts_event"].min() == SOUND["timestamp"].min()


def test_a_file_without_volumes_is_taken_only_when_asked(tmp_path: Path, home: Path) -> None:
    (tmp_path / "bars.csv").write_bytes(csv_of(SOUND.drop("volume")))
    refused = RUNNER.invoke(app, ["import", str(tmp_path / "bars.csv")])
    assert "--no-volume" in str(refused.exception)
    taken = RUNNER.invoke(app, ["import", str(tmp_path / "bars.csv"), "--no-volume"])
    assert taken.exit_code == 0, taken.exception
    assert "nothing can be filled" in taken.stderr
    assert Lake(home / "lake").read("raw_bars")["volume"].sum() == 0.0


def test_nothing_is_drawn_where_nobody_looks(file: Path) -> None:
    result = RUNNER.invoke(app, ["import", str(file), "--json"])
    assert json.loads(result.stdout)["rows"] == SOUND.height
    assert "reading" not in result.stderr


def test_every_option_of_the_command_is_in_its_help() -> None:
    text = RUNNER.invoke(app, ["import", "--help"]).stdout
    for option in ("--label", "--tz", "--adjustment", "--symbol", "--refused", "--allow-empty", "--dry-run", "--json"):
        assert option in text
    assert importing.Refused.DROP.value in text
