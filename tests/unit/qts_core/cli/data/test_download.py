"""What `qts data download` says before anything is asked: plans, days, symbols, keys (bad input B71)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qts_core.cli.data import app
from qts_core.cli.errors import run_command
from qts_core.market.errors import ExitCode

WEEK = ("--first", "2024-01-02", "--last", "2024-01-05")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, without keys and without a working folder's .env."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    for name in ("ALPACA_API_KEY", "ALPACA_SECRET_KEY", "ALPACA_DATA_URL", "ALPACA_FEED"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


def run(*arguments: str) -> int:
    return run_command(app, "qts data", ("download", *arguments))


def test_a_dry_run_needs_no_keys_and_leaves_no_trace(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*WEEK, "--dry-run", "--json", "--symbols", "msft, AAPL,brk-b", "--feed", "sip") == ExitCode.OK
    plan = json.loads(capsys.readouterr().out)
    assert plan["symbol_list"] == ["AAPL", "BRK.B", "MSFT"]
    assert (plan["feed"], plan["adjustment"], plan["bar_minutes"]) == ("sip", "raw", 15)
    # Four sessions of 64 quarters of an hour, three symbols: one page.
    assert (plan["chunks"], plan["bars_at_most"], plan["requests_at_most"]) == (1, 4 * 64 * 3, 1)
    assert not home.exists() or not any(home.rglob("*.parquet"))


def test_without_symbols_the_whole_universe_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*WEEK, "--dry-run") == ExitCode.OK
    out = capsys.readouterr().out
    assert "symbols" in out
    assert run(*WEEK, "--dry-run", "--json") == ExitCode.OK
    assert {"AAPL", "SPY"} <= set(json.loads(capsys.readouterr().out)["symbol_list"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--first", "2024-02-30"), ("--first", "2024-02-30")),
        (("--first", "01/02/2024"), ("--first", "01/02/2024")),
        (("--first", "2024-01-02T00:00"), ("--first",)),
        (("--first", "2024-03-01", "--last", "2024-02-01"), ("--first", "--last", "2024-02-01")),
        (("--first", "2024-03-01", "--last", "2999-01-01"), ("--last", "future")),
        (("--first", "2999-01-01"), ("--first", "future")),
        ((), ("--first",)),
        ((*WEEK, "--symbols", "../etc"), ("--symbols", "../etc")),
        ((*WEEK, "--minutes", "7"), ("--minutes",)),
        ((*WEEK, "--feed", "otc"), ("--feed",)),
        (WEEK, ("ALPACA_API_KEY",)),
        (("--first", "2024-01-06", "--last", "2024-01-07", "--dry-run"), ("no session",)),
    ],
)
def test_what_cannot_be_is_one_line_that_names_the_flag(
    arguments: tuple[str, ...], words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == ExitCode.USER_ERROR
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err.count("\n") == 1
    assert all(word in caught.err for word in words)


def test_a_feed_without_history_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ALPACA_FEED", "test")
    assert run(*WEEK, "--dry-run") == ExitCode.USER_ERROR
    assert "ALPACA_FEED; found test, expected iex or sip" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_a_connection_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A paper exchange on this machine needs no keys; nobody listens on port 9.
    monkeypatch.setenv("ALPACA_DATA_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("qts_core.adapters.alpaca.history.transport.ATTEMPTS", 1)
    assert run(*WEEK, "--symbols", "AAPL") == ExitCode.CONNECTION
    err = capsys.readouterr().err
    assert err.startswith("QTS-DATA-045 DataConnectionError: the server gave no usable answer in 1 attempts")
    assert err.count("\n") == 1
