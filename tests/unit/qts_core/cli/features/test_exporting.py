"""`qts features export` and `datasets`: files that are whole, errors in one line, exit codes that scripts can use."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.cli.dates import parse_moment
from qts_core.cli.errors import run_command
from qts_core.cli.main import app
from qts_core.data.admission import admit_bars
from qts_core.data.reading.parsing import parse_bars
from qts_core.market.calendar import xnys
from qts_core.market.errors import ExitCode
from qts_core.research.preparation import prepare_training
from qts_core.research.training_manifest import save_manifest
from tests.support.bar_tables import sound_bars
from tests.unit.qts_core.research.test_training_sets import SETTINGS, lake_of

NAMES = ("tech_rsi_14_raw", "stat_zscore_60_close")


@pytest.fixture
def home(qts_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QTS_HOME", str(qts_home))
    return qts_home


def qts(*arguments: str) -> int:
    return run_command(app, "qts", arguments)


def test_features_go_to_a_file_and_to_the_database(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    admit_bars(
        Lake(home / "lake"),
        parse_bars(sound_bars(), source="s", where="s").frame,
        calendar=xnys(),
        now=None,
        origin="s",
    )
    out = tmp_path / "out.parquet"
    asked = ("features", "export", "--feature", NAMES[0], "--feature", NAMES[1], "--symbols", "AAPL")
    assert qts(*asked, "--as-of", "2024-03-06", "--out", str(out), "--json") == ExitCode.OK
    told = json.loads(capsys.readouterr().out)
    frame = pl.read_parquet(out)
    assert told["rows"] == frame.height == 3 * 26
    assert set(frame.columns) == {"symbol", "ts_event", "ts_known", *NAMES}
    assert frame["ts_known"].max() == datetime(2024, 3, 6, 21, 0, tzinfo=UTC)
    assert qts(*asked, "--out", str(out)) == ExitCode.USER_ERROR
    assert "there already" in capsys.readouterr().err
    assert pl.read_parquet(out).equals(frame)
    for wrong in (
        ("--symbols", "APPL"),
        ("--feature", "tech_rsi_14_row"),
        ("--last", "2024-01-02"),
        ("--as-of", "then"),
    ):
        assert qts("features", "export", "--out", str(tmp_path / "no.csv"), *wrong) == ExitCode.USER_ERROR
        assert len(capsys.readouterr().err.strip().splitlines()) <= 4
    assert [path.name for path in tmp_path.glob("*no.csv*")] == []
    assert qts("db", "load", "--features", ",".join(NAMES)) == ExitCode.OK
    with sqlite3.connect(home / "qts.db") as database:
        (count,) = database.execute("select count(*) from features where feature_name = ?", NAMES[:1]).fetchone()
    database.close()
    assert count == 2 * (5 * 26 - 14)


def test_training_sets_are_listed_shown_and_verified(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = lake_of(home / "lake")
    manifest = save_manifest(lake, prepare_training(lake, SETTINGS, "m", calendar=xnys()))
    assert qts("features", "datasets", "list") == ExitCode.OK
    assert manifest.sha256[:12] in capsys.readouterr().out
    assert qts("features", "datasets", "show", manifest.sha256[:8]) == ExitCode.OK
    assert manifest.samples_hash in capsys.readouterr().out
    assert qts("features", "datasets", "verify", manifest.sha256[:8], "--rebuild") == ExitCode.OK
    assert "the very same samples" in capsys.readouterr().err
    file = sorted(manifest.files)[0]
    (home / "lake" / file).unlink()
    assert qts("features", "datasets", "verify", manifest.sha256[:8]) == ExitCode.CORRUPT
    assert f"changed: {home}/lake/{file}" in capsys.readouterr().err
    assert qts("features", "datasets", "show", "abc") == ExitCode.USER_ERROR
    assert "QTS-FEAT-029" in capsys.readouterr().err


def test_a_day_stands_for_its_end_in_new_york() -> None:
    assert parse_moment("2024-03-08") == datetime(2024, 3, 9, 5, tzinfo=UTC)
    assert parse_moment("2024-06-28T16:00:00-04:00") == datetime(2024, 6, 28, 20, tzinfo=UTC)
