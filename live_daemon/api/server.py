"""The daemon's one port: page, JSON, health and metrics, read-only, for this machine only (specification 13.4)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from live_daemon.api.page import render_page
from live_daemon.status import StatusBoard
from qts_core.market.errors import InvalidConfigError

__all__ = ["ApiServer", "make_api", "open_port"]

HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def make_api(board: StatusBoard, hosts: list[str] | None = None) -> FastAPI:
    """Return the application; every route only reads."""
    api = FastAPI(title="QTS daemon", docs_url=None, redoc_url=None, openapi_url=None)
    api.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts or HOSTS)

    @api.get("/", response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        """Return the operator's page."""
        return HTMLResponse(render_page(board.status()), headers={"Cache-Control": "no-store"})

    @api.get("/api/status")
    async def status() -> JSONResponse:
        """Return everything on the page as JSON."""
        return JSONResponse(board.status(), headers={"Cache-Control": "no-store"})

    @api.get("/api/decisions/{decision_id}")
    async def decision(decision_id: str) -> Response:
        """Return one journalled decision, whole."""
        stored = board.desk.journal.decision(decision_id)
        if stored is None:
            return JSONResponse({"detail": "no such decision"}, status_code=404)
        return Response(stored.body, media_type="application/json")

    @api.get("/health")
    async def health() -> JSONResponse:
        """Return 200 while everything that must hold holds, 503 otherwise."""
        report = board.health()
        return JSONResponse(report.to_dict(), status_code=200 if report.is_ok else 503)

    @api.get("/metrics")
    async def metrics() -> Response:
        """Return the metrics in Prometheus' text format."""
        return Response(board.render_metrics(), media_type=METRICS_TYPE)

    return api


def open_port(host: str, port: int) -> socket.socket:
    """Bind the port before anything trades; a taken one may hide a twin, so it is never swapped for another (F66).

    Raises
    ------
    InvalidConfigError
        If the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InvalidConfigError(
            "QTS-CONF-003", "the dashboard's port is taken", where=f"{host}:{port}", found=error.strerror,
            expected="a free port", fix="stop what listens there, or pass --dashboard-port 0",
        ) from error  # fmt: skip
    return listener


class ApiServer(uvicorn.Server):
    """uvicorn inside the daemon's loop; signals are the supervisor's."""

    def __init__(self, api: FastAPI, listener: socket.socket) -> None:
        super().__init__(uvicorn.Config(api, log_config=None, access_log=False, lifespan="off", ws="none"))
        self._listener = listener

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield

    async def run_until_stopped(self) -> None:
        """Serve until ``should_exit``."""
        await self.serve(sockets=[self._listener])
