"""The exchange as an ASGI application and as a process (specification 9.1, 12.1)."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from live_daemon.paper_exchange.credentials import Credentials
from live_daemon.paper_exchange.data_stream import serve_data_stream
from live_daemon.paper_exchange.faults import Faults
from live_daemon.paper_exchange.http import ApiError
from live_daemon.paper_exchange.middleware import Gate
from live_daemon.paper_exchange.routes import (
    account,
    control,
    corporate_actions,
    market_data,
    orders,
    portfolio,
    positions,
    reference,
)
from live_daemon.paper_exchange.trade_stream import serve_trade_stream
from live_daemon.paper_exchange.venue import Venue
from live_daemon.paper_exchange.wire import rfc3339

__all__ = ["Activity", "Server", "ServerSettings", "create_app", "open_server", "ready_line", "serve"]

GRACE_SECONDS = 2
WEBSOCKET_LIMIT = 1_000_000
ROUTERS = (portfolio, account, orders, positions, reference, market_data, corporate_actions, control)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where and for whom to serve.

    `exit_when_idle` is real seconds without a request or open stream, 0 = never. On a free plan the last 15 minutes of
    the feed ``sip`` are withheld (protocol reference, 11.1).
    """

    host: str = "127.0.0.1"
    port: int = 0
    credentials: Credentials = field(default_factory=Credentials)
    requests_per_minute: int = 200
    exit_when_idle: float = 0.0
    is_free_plan: bool = False


@dataclass(slots=True)
class Activity:
    """When the last request came, real monotonic seconds."""

    last: float = field(default_factory=time.monotonic)

    def touch(self) -> None:
        """Note a request."""
        self.last = time.monotonic()


def create_app(venue: Venue, settings: ServerSettings, activity: Activity | None = None) -> FastAPI:
    """Return the application that serves `venue`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.stepping = asyncio.Lock()
        ticking = asyncio.create_task(venue.run())
        yield
        ticking.cancel()

    app = FastAPI(title="QTS paper exchange", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.venue = venue
    app.state.is_free_plan = settings.is_free_plan
    app.state.faults = Faults()
    for module in ROUTERS:
        app.include_router(module.router)

    @app.websocket("/v2/{feed}")
    async def data_stream(socket: WebSocket, feed: str) -> None:
        await serve_data_stream(socket, feed, venue.hub, settings.credentials)

    @app.websocket("/stream")
    @app.websocket("/stream/")
    async def trade_stream(socket: WebSocket) -> None:
        await serve_trade_stream(socket, venue.hub, settings.credentials)

    @app.exception_handler(ApiError)
    async def refused(_: Request, error: ApiError) -> JSONResponse:
        return JSONResponse(error.body, error.status)

    @app.exception_handler(HTTPException)
    async def unrouted(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"code": error.status_code * 100_000 + 10_000, "message": error.detail}, error.status_code)

    app.add_middleware(
        Gate,
        venue=venue,
        credentials=settings.credentials,
        per_minute=settings.requests_per_minute,
        touch=(activity or Activity()).touch,
        faults=app.state.faults,
    )
    return app


class Server(uvicorn.Server):
    """A uvicorn server that ends with exit code 0 on SIGTERM and SIGINT."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; unlike uvicorn, do not raise the signal again afterwards."""
        self.should_exit = True


def open_server(venue: Venue, settings: ServerSettings, activity: Activity) -> tuple[Server, socket.socket]:
    """Return a server and the socket on which it will listen; the port is taken at once.

    Raises
    ------
    OSError
        If the port is taken already.
    """
    listener = socket.create_server((settings.host, settings.port))
    # Accepted sockets inherit it; without it each answer waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        create_app(venue, settings, activity),
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_LIMIT,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Server(config), listener


async def serve(venue: Venue, settings: ServerSettings) -> None:
    """Serve until SIGTERM, SIGINT or idleness; print one JSON line when everything accepts connections.

    Raises
    ------
    OSError
        If the port is taken.
    """
    activity = Activity()
    server, listener = open_server(venue, settings, activity)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    if server.started:
        sys.stdout.write(json.dumps(ready_line(venue, settings.host, listener.getsockname()[1])) + "\n")
        sys.stdout.flush()
    watch = asyncio.create_task(_stop_when_idle(server, venue, settings.exit_when_idle, activity))
    try:
        await serving
    finally:
        watch.cancel()
        listener.close()


def ready_line(venue: Venue, host: str, port: int) -> dict[str, Any]:
    """Return what a parent process needs to know of a server that is ready."""
    now = venue.now()
    return {
        "rest": f"http://{host}:{port}",
        "data_stream": f"ws://{host}:{port}/v2/iex",
        "trade_stream": f"ws://{host}:{port}/stream",
        "account_number": venue.settings.account_number,
        "clock": rfc3339(now),
        "speed": venue.clock.describe(),
        "session": venue.session(now).date.isoformat(),
        "sessions": [s.date.isoformat() for s in venue.sessions],
        "symbols": len(venue.market.bars.symbols),
        "bars": venue.market.origin,
        "pid": os.getpid(),
    }


async def _stop_when_idle(server: uvicorn.Server, venue: Venue, seconds: float, activity: Activity) -> None:
    while seconds > 0:
        await asyncio.sleep(min(1.0, seconds / 4))
        if venue.hub.connections:
            activity.touch()
        elif time.monotonic() - activity.last >= seconds:
            server.should_exit = True
            return
