"""`qts db`: what a person sees, and what scripts can rely on."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.db.journal import Journal
from qts_core.adapters.lake import Lake
from qts_core.cli.errors import run_command
from qts_core.cli.main import app
from qts_core.data.schemas import CLEAN_SCHEMA
from qts_core.market.errors import ExitCode

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(qts_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QTS_HOME", str(qts_home))
    return qts_home


def qts(*arguments: str) -> int:
    return run_command(app, "qts", arguments)


def status(capsys: Captured) -> list[dict[str, object]]:
    capsys.readouterr()
    qts("db", "status", "--json")
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def fill_lake(home: Path, *months: str) -> None:
    for month in months:
        start = datetime.fromisoformat(f"{month}-04T14:30:00").replace(tzinfo=UTC)
        row: dict[str, object] = dict.fromkeys(("open", "high", "low", "close", "volume", "vwap"), 1.5)
        row |= {"symbol": "AAPL", "ts_event": start, "ts_known": start, "trade_count": 1, "source": "t", "flags": 0}
        Lake(home / "lake").write_month("clean_bars", month, pl.DataFrame([row], schema=dict(CLEAN_SCHEMA)), lineage={})


def test_looking_at_nothing_makes_nothing(home: Path, capsys: Captured) -> None:
    found = status(capsys)
    assert [(s["store"], s["state"], s["version"]) for s in found] == [("database", "not made yet", None)]
    assert not (home / "qts.db").exists()
    assert qts("db", "status") == ExitCode.OK


def test_upgrade_makes_what_is_missing_and_then_has_nothing_to_do(capsys: Captured) -> None:
    assert qts("db", "upgrade") == ExitCode.OK
    assert "not made yet -> 0002" in capsys.readouterr().err
    assert qts("db", "upgrade") == ExitCode.OK
    assert "is at the newest version" in capsys.readouterr().err
    assert status(capsys)[0]["state"] == "current"


def test_the_journal_is_looked_at_once_there_is_one(home: Path, capsys: Captured) -> None:
    Journal(home / "live" / "journal.db").close()
    qts("db", "upgrade")
    assert [(s["store"], s["state"]) for s in status(capsys)] == [("database", "current"), ("journal", "current")]


def test_an_older_database_is_named_by_every_command_and_status_says_so_with_its_exit_code(
    home: Path, capsys: Captured
) -> None:
    qts("db", "upgrade")
    with sqlite3.connect(home / "qts.db") as connection:
        for statement in ("DROP TABLE bar_loads", "DROP TABLE features", "DROP TABLE ohlcv_bars"):
            connection.execute(statement)
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    assert qts("db", "status") == ExitCode.USER_ERROR
    assert "run `qts db upgrade`" in capsys.readouterr().out
    fill_lake(home, "2024-03")
    assert qts("db", "load") == ExitCode.USER_ERROR
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("QTS-DB-003")
    assert said[0].endswith("run `qts db upgrade`")
    assert qts("db", "upgrade") == ExitCode.OK
    assert "0001 -> 0002" in capsys.readouterr().err


def test_load_takes_the_months_asked_for_and_leaves_unchanged_ones_alone(home: Path, capsys: Captured) -> None:
    fill_lake(home, "2024-03", "2024-04")
    assert qts("db", "load", "--first", "2024-04", "--json") == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == [{"month": "2024-04", "bars": 1, "state": "loaded"}]
    assert qts("db", "load", "--last", "2024-04", "--json") == ExitCode.OK
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["loaded", "unchanged"]


@pytest.mark.parametrize("month", ["24-1", "2024-13", "2024-1", "march", "2024-01-01"])
def test_what_is_no_month_is_a_usage_error(month: str, capsys: Captured) -> None:
    assert qts("db", "load", "--first", month) == ExitCode.USER_ERROR
    assert capsys.readouterr().err.startswith("QTS-CLI-001")


def test_a_lake_without_bars_says_what_to_do(capsys: Captured) -> None:
    assert qts("db", "load") == ExitCode.USER_ERROR
    assert "qts data import" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_one_line_without_the_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    for url in (
        f"postgresql://qts:SENTINEL@/qts?host={tmp_path}",
        f"postgresql:///q?password=SENTINEL&host={tmp_path}",
    ):
        monkeypatch.setenv("QTS_DATABASE_URL", url)
        for command in ("status", "upgrade"):
            assert qts("db", command) == ExitCode.CONNECTION
            said = capsys.readouterr().err
            assert said.startswith("QTS-DB-001")
            assert said.count("\n") == 1
            assert "SENTINEL" not in said


def test_postgresql_is_upgraded_loaded_and_shown_without_its_password(
    home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("QTS_DATABASE_URL", postgres_url.replace("qts@", "qts:SENTINEL@"))
    fill_lake(home, "2024-03")
    assert qts("db", "upgrade") == ExitCode.OK
    assert "TimescaleDB is not installed" in capsys.readouterr().err
    assert qts("db", "load") == ExitCode.OK
    assert qts("db", "status") == ExitCode.OK
    shown = capsys.readouterr()
    assert "current" in shown.out
    assert "SENTINEL" not in shown.out + shown.err
    rows = status(capsys)[0]["rows"]
    assert isinstance(rows, dict)
    assert (rows["ohlcv_bars"], rows["bar_loads"]) == (1, 1)
