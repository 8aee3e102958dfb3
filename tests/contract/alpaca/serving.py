"""A paper exchange on a loopback socket, in a thread of the test's own process, and the clients to drive it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.trading.client import TradingClient

from live_daemon.paper_exchange.server import Activity, ServerSettings, open_server
from live_daemon.paper_exchange.venue import Venue

KEY, SECRET = "key", "secret"
HEADERS = {"APCA-API-KEY-ID": KEY, "APCA-API-SECRET-KEY": SECRET}
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Served:
    """A running exchange; `venue` may be looked at but belongs to the server's thread.

    Alpaca's clients are typed Any: each of their answers is a union with raw JSON that a test would have to cast.
    """

    venue: Venue
    port: int

    @property
    def rest(self) -> str:
        """Address of the REST interface."""
        return f"http://127.0.0.1:{self.port}"

    def stream(self, path: str) -> str:
        """Address of a websocket."""
        return f"ws://127.0.0.1:{self.port}{path}"

    def trading(self) -> Any:
        """Return Alpaca's own trading client."""
        return TradingClient(KEY, SECRET, paper=True, url_override=self.rest)

    def data(self) -> Any:
        """Return Alpaca's own data client."""
        return StockHistoricalDataClient(KEY, SECRET, url_override=self.rest)

    def corporate_actions(self) -> Any:
        """Return Alpaca's own client of corporate actions."""
        return CorporateActionsClient(KEY, SECRET, url_override=self.rest)

    def http(self) -> httpx.Client:
        """Return a plain HTTP client."""
        return httpx.Client(base_url=self.rest, headers=HEADERS, timeout=PATIENCE_SECONDS)

    def advance(self, **how: object) -> dict[str, object]:
        """Move the lockstep clock and return the answer."""
        with self.http() as client:
            answer: dict[str, object] = client.post("/qts/clock/advance", json=how).raise_for_status().json()
            return answer


@contextmanager
def serving(venue: Venue, settings: ServerSettings | None = None) -> Iterator[Served]:
    """Serve `venue` until the block ends."""
    server, listener = open_server(venue, settings or ServerSettings(), Activity())
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield Served(venue, listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        listener.close()
        assert not thread.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does; fail when it takes too long."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.005)):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("waited in vain")
