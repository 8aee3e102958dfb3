"""The kill switch's own path: a latch and an HTTP client of its own, so it works while the daemon hangs (10.4, F75)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

import httpx

from live_daemon.latch import Latches
from live_daemon.paths import LivePaths, read_json
from qts_core.config.settings import Settings

__all__ = ["KillResult", "broker_address", "close_everything", "kill"]

TIMEOUT_SECONDS = 5.0
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class KillResult:
    """What the kill did: seconds until the latch was set and until the broker had taken the cancels."""

    latched_seconds: float
    broker_seconds: float
    cancelled: int
    closing: int
    problem: str


def broker_address(paths: LivePaths, settings: Settings) -> tuple[str, dict[str, str]] | None:
    """Return the trading address and key headers of the daemon's broker, or None when nothing tells."""
    embedded = read_json(paths.exchange)
    running = read_json(paths.state)
    keys = settings.alpaca
    headers = {"APCA-API-KEY-ID": "embedded", "APCA-API-SECRET-KEY": "embedded"}
    if keys.api_key is not None and keys.secret_key is not None:
        own = {
            "APCA-API-KEY-ID": keys.api_key.get_secret_value(),
            "APCA-API-SECRET-KEY": keys.secret_key.get_secret_value(),
        }
    else:
        own = headers
    if running is not None and running.get("rest"):
        is_embedded = embedded is not None and embedded.get("rest") == running["rest"]
        return str(running["rest"]), headers if is_embedded else own
    if embedded is not None:
        return str(embedded["rest"]), headers
    return (keys.base_url, own) if keys.has_keys else None


def close_everything(rest: str, headers: dict[str, str], *, is_flatten: bool) -> tuple[int, int, str]:
    """Cancel every order and, with `is_flatten`, close every position; return counts and what went wrong."""
    problem, failed = "", list[str]()
    for _ in range(ATTEMPTS):
        try:
            with httpx.Client(base_url=rest, headers=headers, timeout=TIMEOUT_SECONDS) as client:
                cancelled = len(client.delete("/v2/orders").raise_for_status().json())
                closing = 0
                if is_flatten:
                    answer = client.delete("/v2/positions", params={"cancel_orders": "true"})
                    items = answer.raise_for_status().json()
                    closing = sum(item.get("status") == 200 for item in items)
                    failed = [str(item.get("symbol")) for item in items if item.get("status") != 200]
            return cancelled, closing, f"not closed: {', '.join(failed)}" if failed else ""
        except (httpx.HTTPError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
    return 0, 0, problem


def kill(paths: LivePaths, settings: Settings, reason: str, now: datetime, *, is_flatten: bool) -> KillResult:
    """Set the latch, then tell the broker; the latch holds whatever the broker answers."""
    started = time.monotonic()
    Latches(paths).kill(reason, now)
    latched = time.monotonic() - started
    address = broker_address(paths, settings)
    if address is None:
        return KillResult(latched, 0.0, 0, 0, "no broker is known: nothing could be cancelled")
    cancelled, closing, problem = close_everything(*address, is_flatten=is_flatten)
    return KillResult(latched, time.monotonic() - started, cancelled, closing, problem)
