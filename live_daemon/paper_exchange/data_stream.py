"""The market-data websocket, JSON or msgpack (protocol reference, section 13)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgpack
from starlette.websockets import WebSocket, WebSocketDisconnect

from live_daemon.paper_exchange.credentials import Credentials
from live_daemon.paper_exchange.hub import CHANNELS, DataClient, Hub
from live_daemon.paper_exchange.messages import encode_control
from live_daemon.paper_exchange.sockets import next_frame, pump

__all__ = ["serve_data_stream"]

FEEDS = ("iex", "sip", "delayed_sip", "test")
AUTH_SECONDS = 10.0
FRAME_LIMIT = 1_000_000
MSGPACK = "application/msgpack"


class Rejected(Exception):
    """The connection ends with an error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


async def serve_data_stream(socket: WebSocket, feed: str, hub: Hub, credentials: Credentials) -> None:
    """Serve one connection until either side ends it."""
    await socket.accept()
    is_msgpack = socket.headers.get("content-type", "").startswith(MSGPACK)
    client = DataClient(key="", feed=feed, is_msgpack=is_msgpack)
    _say(client, {"T": "success", "msg": "connected"})
    sender = asyncio.create_task(pump(socket, client.queue))
    try:
        if feed not in FEEDS:
            raise Rejected(409, "insufficient subscription")
        await _authenticate(socket, client, hub, credentials)
        while True:
            _obey(client, _parsed(await next_frame(socket), is_msgpack=is_msgpack))
    except Rejected as problem:
        _say(client, {"T": "error", "code": problem.code, "msg": problem.message})
    except WebSocketDisconnect:
        pass
    finally:
        hub.data_clients.discard(client)
        client.queue.put_nowait(None)
        await sender


async def _authenticate(socket: WebSocket, client: DataClient, hub: Hub, credentials: Credentials) -> None:
    """Wait for the auth message; a key in the upgrade's headers opens the stream as well."""
    by_header = credentials.of_headers(dict(socket.headers))
    try:
        message = _parsed(await asyncio.wait_for(next_frame(socket), AUTH_SECONDS), is_msgpack=client.is_msgpack)
    except TimeoutError:
        raise Rejected(404, "auth timeout") from None
    is_auth = isinstance(message, dict) and message.get("action") == "auth"
    if is_auth and credentials.accepts(message.get("key"), message.get("secret")):
        client.key = message["key"]
    elif by_header is not None and not is_auth:
        client.key = by_header
    else:
        raise Rejected(402, "auth failed") if is_auth else Rejected(401, "not authenticated")
    if not hub.join(client):
        raise Rejected(406, "connection limit exceeded")
    if is_auth:
        _say(client, {"T": "success", "msg": "authenticated"})
    else:
        _obey(client, message)


def _obey(client: DataClient, message: Any) -> None:
    action = message.get("action") if isinstance(message, dict) else None
    if action == "auth":
        _say(client, {"T": "error", "code": 403, "msg": "already authenticated"})
        return
    chosen = _chosen(message) if action in ("subscribe", "unsubscribe") else None
    if chosen is None:
        _say(client, {"T": "error", "code": 400, "msg": "invalid syntax"})
        return
    for channel, symbols in chosen.items():
        if action == "subscribe":
            client.subscriptions[channel] |= symbols
        else:
            client.subscriptions[channel] -= symbols
    _say(client, _acknowledgement(client))


def _chosen(message: dict[str, Any]) -> dict[str, set[str]] | None:
    chosen: dict[str, set[str]] = {}
    for channel in CHANNELS:
        symbols = message.get(channel) or []
        if not isinstance(symbols, list) or not all(isinstance(s, str) for s in symbols):
            return None
        chosen[channel] = set(symbols)
    return chosen


def _acknowledgement(client: DataClient) -> dict[str, object]:
    channels: dict[str, object] = {name: sorted(chosen) for name, chosen in client.subscriptions.items()}
    trades = sorted(client.subscriptions["trades"])
    return {"T": "subscription", **channels, "corrections": trades, "cancelErrors": trades}


def _parsed(frame: str | bytes, *, is_msgpack: bool) -> Any:
    """Return a frame's content, None when it is not in the connection's encoding."""
    if len(frame) > FRAME_LIMIT:
        return None
    try:
        if is_msgpack and isinstance(frame, bytes):
            return msgpack.unpackb(frame)
        return json.loads(frame)
    except (ValueError, RecursionError, msgpack.exceptions.UnpackException):
        return None


def _say(client: DataClient, content: dict[str, object]) -> None:
    client.queue.put_nowait(encode_control(content, is_msgpack=client.is_msgpack))
