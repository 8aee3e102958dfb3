"""The embedded paper exchange: its own detached process, found again by a restarted daemon (specification 12.1)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from live_daemon.paths import LivePaths, read_json, write_json
from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.market.errors import BrokerConnectionError

__all__ = ["EMBEDDED", "ExchangeAddress", "address_of", "attach", "endpoint_of", "start", "stop", "wait_ready"]

EMBEDDED: Final = "embedded"
"""The choice of exchange that means the daemon's own."""
READY_SECONDS: Final = 90.0
IDLE_SECONDS: Final = 900
POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class ExchangeAddress:
    """Where a paper exchange is."""

    rest: str
    data_stream: str
    trade_stream: str
    account_number: str
    pid: int
    speed: str


def address_of(content: Mapping[str, object]) -> ExchangeAddress:
    """Return the address in a ready line or state file."""
    return ExchangeAddress(
        str(content["rest"]), str(content["data_stream"]), str(content["trade_stream"]),
        str(content.get("account_number", "")), int(str(content.get("pid", 0))), str(content.get("speed", "1")),
    )  # fmt: skip


def endpoint_of(address: ExchangeAddress, key: str = EMBEDDED, secret: str = EMBEDDED) -> Endpoint:
    """Return the address as the Alpaca adapter wants it; the embedded exchange takes any key pair."""
    return Endpoint(address.rest, address.rest, address.data_stream, address.trade_stream, key, secret)


def attach(paths: LivePaths, wanted: Sequence[str] = ()) -> ExchangeAddress | None:
    """Return the exchange that a daemon before this one started, if it still answers.

    Parameters
    ----------
    wanted : sequence of str
        What a new exchange would be started with; one that was started with something else is ended and not returned.
        Empty takes whatever runs.
    """
    content = read_json(paths.exchange)
    if content is None:
        return None
    if wanted and content.get("arguments") != list(wanted):
        stop(paths)
        return None
    address = address_of(content)
    import httpx  # a second that a first start does without

    try:
        httpx.get(f"{address.rest}/qts/clock", timeout=3.0, headers=endpoint_of(address).headers).raise_for_status()
    except httpx.HTTPError:
        return None
    return address


def start(paths: LivePaths, home: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start an exchange that outlives this process; its ready line goes to ``live/exchange.out``."""
    paths.folder.mkdir(parents=True, exist_ok=True)
    paths.exchange.unlink(missing_ok=True)
    command = [sys.executable, "-m", "live_daemon", "exchange", "--port", "0", "--exit-when-idle", str(IDLE_SECONDS)]
    output = paths.folder / "exchange.out"
    with output.open("wb") as out, paths.exchange_log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own module with arguments checked by typer
            [*command, *arguments], stdout=out, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "QTS_HOME": str(home)},
        )  # fmt: skip


def wait_ready(paths: LivePaths, process: subprocess.Popen[bytes], arguments: Sequence[str]) -> ExchangeAddress:
    """Return the address once the exchange has printed it, and note it with `arguments` for the next daemon.

    Raises
    ------
    BrokerConnectionError
        If it ends or stays silent.
    """
    output, deadline = paths.folder / "exchange.out", time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        line, newline, _ = output.read_text(encoding="utf-8").partition("\n")
        if newline and line.startswith("{"):
            content = json.loads(line)
            content.setdefault("pid", process.pid)
            write_json(paths.exchange, content | {"arguments": list(arguments)})
            return address_of(content)
        time.sleep(POLL_SECONDS)
    tail = paths.exchange_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise BrokerConnectionError(
        "QTS-EXEC-001", "the embedded exchange did not start", where=str(paths.exchange_log),
        found=tail[0] if tail else f"exit code {process.poll()}", expected="a ready line",
        fix="run `live-daemon exchange` by itself to see why",
    )  # fmt: skip


def stop(paths: LivePaths) -> None:
    """End the embedded exchange and forget it; its account ends with it."""
    content = read_json(paths.exchange)
    paths.exchange.unlink(missing_ok=True)
    if content is None:
        return
    try:
        os.kill(address_of(content).pid, signal.SIGTERM)
    except (ProcessLookupError, PermissionError, OverflowError):
        return
