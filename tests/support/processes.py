"""Real processes for tests: start, wait for a line of the log, kill -9, collect."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Daemon", "Exchange", "daemon_home", "environment", "start_daemon", "start_exchange"]

READY_SECONDS = 120.0


def daemon_home(shared: Path, home: Path) -> Path:
    """Return a QTS_HOME of its own over the lake and model of `shared`."""
    home.mkdir(parents=True)
    for name in ("lake", "tiny-model"):
        (home / name).symlink_to(shared / name)
    return home


def environment(home: Path) -> dict[str, str]:
    """Return an environment without anybody's settings but this home."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("QTS_", "ALPACA_", "APCA_"))}
    return {**kept, "QTS_HOME": str(home), "QTS_DEBUG": "1"}


@dataclass(slots=True)
class Exchange:
    """A running `live-daemon exchange`; `process` is None when a daemon started it."""

    rest: str
    pid: int
    process: subprocess.Popen[str] | None = None

    @classmethod
    def embedded(cls, home: Path) -> Exchange:
        """Return the one that the daemon of `home` has started."""
        content = json.loads((home / "live" / "exchange.json").read_text(encoding="utf-8"))
        return cls(content["rest"], content["pid"])

    @property
    def is_running(self) -> bool:
        """Whether it answers to its process id."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> None:
        """End it if it still runs."""
        if self.process is not None:
            self.process.terminate()
            self.process.communicate(timeout=30)
        elif self.is_running:
            os.kill(self.pid, signal.SIGTERM)


def start_exchange(home: Path, *arguments: str, speed: str = "lockstep") -> Exchange:
    """Start an exchange and wait for its ready line."""
    command = [sys.executable, "-m", "live_daemon", "exchange", "--port", "0", "--speed", speed, *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(home), text=True
    )
    assert process.stdout is not None
    return Exchange(str(json.loads(process.stdout.readline())["rest"]), process.pid, process)


@dataclass(slots=True)
class Daemon:
    """A running `live-daemon run`."""

    process: subprocess.Popen[str]
    home: Path

    def events(self) -> list[dict[str, object]]:
        """Return what the daemon has logged so far in this home."""
        path = self.home / "live" / "daemon.log"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def count(self, event: str) -> int:
        """Return how often `event` was logged in this home."""
        return sum(e["event"] == event for e in self.events())

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for `holds`, or for the process to end."""
        deadline = time.monotonic() + READY_SECONDS
        while not holds() and self.process.poll() is None:
            assert time.monotonic() < deadline, "the daemon did not get there"
            time.sleep(0.002)

    def kill(self) -> None:
        """Send the signal that nobody can catch."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def finish(self) -> tuple[int, str, str]:
        """Wait for the end and return exit code, stdout and stderr."""
        out, err = self.process.communicate(timeout=READY_SECONDS)
        return self.process.returncode, out, err


def start_daemon(home: Path, *arguments: str, model: str | None = None, **variables: str) -> Daemon:
    """Start a daemon that prints JSON; it trades the tiny model unless `model` says otherwise."""
    wanted = str(home / "tiny-model") if model is None else model
    command = [sys.executable, "-m", "live_daemon", "run", "--model", wanted, "--dashboard-port", "0", "--json"]
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(home) | variables, text=True,
    )  # fmt: skip
    return Daemon(process, home)
