"""The exchange as a process: ready line, speed, SIGTERM, idleness, errors."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import polars as pl
import pytest

from live_daemon.paper_exchange.__main__ import app
from live_daemon.paper_exchange.server import ServerSettings, serve
from qts_core.cli.errors import run_command
from tests.contract.alpaca.serving import HEADERS, wait_until
from tests.unit.live_daemon.paper_exchange.replays import market, venue

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.process


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    """A CSV file of the hand-made minutes."""
    panel = market().bars
    frames = []
    for i, symbol in enumerate(panel.symbols):
        columns = {name: panel[name][:, i] for name in ("open", "high", "low", "close", "volume")}
        frame = (
            pl.DataFrame({"timestamp": panel.timeline.ts_event, "symbol": symbol, **columns})
            .fill_nan(None)
            .drop_nulls()
        )
        frames.append(frame.with_columns(pl.from_epoch("timestamp", "us").dt.strftime("%Y-%m-%dT%H:%M:%SZ")))
    path = tmp_path / "bars.csv"
    pl.concat(frames).write_csv(path)
    return path


@contextmanager
def started(tmp_path: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Start the exchange and yield it with its ready line."""
    command = [sys.executable, "-m", "live_daemon.paper_exchange", *arguments]
    environment = {**os.environ, "QTS_HOME": str(tmp_path / "home")}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate(timeout=10)[1]
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate(timeout=10)


def test_it_announces_itself_serves_and_stops_on_sigterm(tmp_path: Path, bars: Path) -> None:
    with started(tmp_path, "--bars", str(bars), "--session", "2024-11-27", "--speed", "3600") as (process, ready):
        assert set(ready) >= {"rest", "data_stream", "trade_stream", "account_number", "clock"}
        with httpx.Client(base_url=ready["rest"], headers=HEADERS) as client:
            first = client.get("/qts/clock").json()
            assert first["session"] == "2024-11-27"
            wait_until(lambda: client.get("/qts/clock").json()["now"] > first["now"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_it_ends_when_nobody_comes(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(serve(venue(), ServerSettings(exit_when_idle=0.2)))
    ready = json.loads(capsys.readouterr().out)
    assert ready["sessions"] == ["2024-11-27", "2024-11-29"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--speed", "fast"), 2, "QTS-CLI-001"),
        (("--session", "2024-11-28"), 2, "QTS-DATA-001"),
        (("--host", "256.256.256.256"), 5, "QTS-EXEC-001"),
    ],
)
def test_mistakes_are_one_line_with_an_exit_code(
    bars: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["exchange", "--bars", str(bars), *arguments])
    assert run_command(app, "live-daemon exchange") == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
