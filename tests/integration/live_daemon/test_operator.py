"""The operator's verbs against a running daemon, and the kill switch against a hung one (10.4; F75, I8)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from live_daemon.crash_loop import CRASH_LOOP, StartRecord
from tests.integration.live_daemon.test_kill_and_recover import broker_orders, broker_positions
from tests.support.live_home import LiveHome
from tests.support.processes import Daemon, Exchange, daemon_home, environment, start_daemon

pytestmark = pytest.mark.process


def verb(home: Path, *arguments: str) -> tuple[int, dict[str, object]]:
    """Run a verb and return exit code and JSON."""
    command = [sys.executable, "-m", "live_daemon", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(home), check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else {}


def running(live_home: LiveHome, home: Path, speed: str) -> tuple[Exchange, Daemon, str]:
    """Start a daemon with its exchange; return them with the page's address."""
    daemon = start_daemon(home, "--speed", speed, "--session", live_home.session.isoformat(), "--until-close")
    daemon.wait_until(lambda: (home / "live" / "daemon.json").exists())
    address = json.loads((home / "live" / "daemon.json").read_text())["dashboard"]
    return Exchange.embedded(home), daemon, str(address)


def test_status_halt_resume_page_and_metrics_of_a_running_daemon(live_home: LiveHome, tmp_path: Path) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    exchange, daemon, address = running(live_home, home, "20")
    try:
        code, status = verb(home, "status")
        assert (code, status["mode"], status["trading_mode"]) == (0, "TRADING", "paper")
        assert httpx.get(f"{address}/health").status_code == 200
        assert "qts_mode_state" in httpx.get(f"{address}/metrics").text
        page = httpx.get(address)
        assert "TRADING" in page.text
        assert httpx.get(address, headers={"Host": "evil.example"}).status_code == 400
        assert httpx.post(f"{address}/api/status").status_code == 405
        assert verb(home, "halt", "--reason", "lunch")[0] == 0
        daemon.wait_until(lambda: httpx.get(f"{address}/api/status").json()["mode"] == "HALTED")
        assert httpx.get(f"{address}/health").status_code == 503
        assert verb(home, "resume")[0] == 0
        daemon.wait_until(lambda: httpx.get(f"{address}/api/status").json()["mode"] == "TRADING")
    finally:
        daemon.kill()
        exchange.stop()


def test_after_five_crashes_it_comes_up_halted_and_trades_only_after_resume(
    live_home: LiveHome, tmp_path: Path
) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    record = StartRecord(home / "live" / "starts.json")
    for seconds in range(5, 0, -1):
        assert record.begin(datetime.now(UTC) - timedelta(seconds=seconds)) is None
    exchange, daemon, address = running(live_home, home, "600")
    try:
        status = httpx.get(f"{address}/api/status").json()
        assert status["mode"] == "HALTED"
        assert CRASH_LOOP in status["reason"]
        assert [e["severity"] for e in daemon.events() if e["event"] == "alert"] == ["critical"]
        daemon.wait_until(lambda: daemon.count("bar.closed") >= 3)
        assert broker_orders(exchange.rest) == []
        assert verb(home, "resume")[0] == 0
        daemon.wait_until(lambda: daemon.count("order.sent") >= 1)
        assert httpx.get(f"{address}/api/status").json()["mode"] == "TRADING"
    finally:
        daemon.kill()
        exchange.stop()


def test_the_kill_switch_works_while_the_daemon_hangs_and_stays_latched(live_home: LiveHome, tmp_path: Path) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    exchange, daemon, address = running(live_home, home, "300")
    try:
        daemon.wait_until(lambda: daemon.count("fill.booked") >= 1)
        daemon.process.send_signal(signal.SIGSTOP)
        code, done = verb(home, "kill", "--reason", "drill")
        assert code == 0, done["problem"]
        assert float(str(done["latched_seconds"])) < 0.1
        assert float(str(done["broker_seconds"])) < 5.0
        before = {order["client_order_id"] for order in broker_orders(exchange.rest)}
        daemon.process.send_signal(signal.SIGCONT)
        daemon.wait_until(lambda: httpx.get(f"{address}/api/status", timeout=10).json()["mode"] == "KILLED")
        assert verb(home, "resume")[0] == 7
        daemon.wait_until(lambda: not broker_positions(exchange.rest))
        daemon.wait_until(lambda: httpx.get(f"{address}/api/status", timeout=10).json()["positions"] == [])
        ours = {o["client_order_id"] for o in broker_orders(exchange.rest) if o["client_order_id"].startswith("q-")}
        assert ours <= before, "nothing of ours left after the kill"
    finally:
        daemon.kill()
        exchange.stop()
