"""What every request goes through: credentials, rate limit, request id, and a reply for whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from live_daemon.paper_exchange.credentials import Credentials
from live_daemon.paper_exchange.faults import Faults, misbehave, swallow
from live_daemon.paper_exchange.venue import Venue
from qts_core.market.ids import stable_uuid
from qts_core.market.time import to_micros

__all__ = ["Gate"]

MICROS_PER_MINUTE = 60_000_000
CONTROL = "/qts/"


class Gate:
    """ASGI middleware around the whole application.

    Parameters
    ----------
    venue : Venue
        Gives the virtual time that the rate limit counts in.
    credentials : Credentials
        Who may enter.
    per_minute : int
        Requests in a virtual minute; 0 or a lockstep clock means no limit, the headers are sent all the same.
    touch : callable
        Told of every request and connection, for the idle watch.
    faults : Faults
        What goes wrong on purpose.
    """

    def __init__(
        self, app: ASGIApp, *, venue: Venue, credentials: Credentials, per_minute: int, touch: Callable[[], None],
        faults: Faults,
    ) -> None:  # fmt: skip
        self._app = app
        self._venue = venue
        self._credentials = credentials
        self._per_minute = per_minute
        self._touch = touch
        self._faults = faults
        self._window = -1
        self._used = 0
        self._requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self._touch()
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._requests += 1
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        key = self._credentials.of_headers(headers)
        is_within = scope["path"].startswith(CONTROL) or self._count()
        extra = self._headers()
        is_started = False

        async def with_headers(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        if key is None:
            await _reply(with_headers, 401, {"code": 40110000, "message": "unauthorized."})
        elif not is_within:
            await _reply(with_headers, 429, {"code": 42910000, "message": "rate limit exceeded"})
        else:
            scope.setdefault("state", {})["key"] = key
            fault = self._faults.of(scope["path"])
            if fault is not None:
                if fault.is_after_effect:
                    await self._app(scope, receive, swallow)
                await misbehave(fault, receive, with_headers)
                return
            try:
                await self._app(scope, receive, with_headers)
            except Exception:
                # The last resort of a server: the client gets an answer, the log the reason.
                if not is_started:
                    await _reply(with_headers, 500, {"code": 50010000, "message": "internal server error"})
                raise

    def _count(self) -> bool:
        now = self._venue.clock.now()
        window = to_micros(now) // MICROS_PER_MINUTE
        if window != self._window:
            self._window, self._used = window, 0
        if self._venue.clock.is_lockstep or not self._per_minute:
            return True
        self._used += 1
        return self._used <= self._per_minute

    def _headers(self) -> list[tuple[bytes, bytes]]:
        limit = self._per_minute or 200
        remaining = max(0, limit - self._used)
        number = str(stable_uuid("request", self._venue.settings.account_number, str(self._requests)))
        named = {
            "x-ratelimit-limit": limit,
            "x-ratelimit-remaining": remaining,
            "x-ratelimit-reset": (self._window + 1) * 60,
            "x-request-id": number.replace("-", ""),
        }
        return [(name.encode(), str(value).encode()) for name, value in named.items()]


async def _reply(send: Send, status: int, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
