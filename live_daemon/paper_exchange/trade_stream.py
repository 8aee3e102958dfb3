"""The trade-updates websocket (protocol reference, section 14)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from live_daemon.paper_exchange.credentials import Credentials
from live_daemon.paper_exchange.hub import Hub, TradeClient
from live_daemon.paper_exchange.sockets import next_frame, pump

__all__ = ["serve_trade_stream"]

STREAM = "trade_updates"


async def serve_trade_stream(socket: WebSocket, hub: Hub, credentials: Credentials) -> None:
    """Serve one connection until the client ends it; the client speaks first."""
    await socket.accept()
    client = TradeClient(key="")
    hub.trade_clients.add(client)
    sender = asyncio.create_task(pump(socket, client.queue))
    try:
        while True:
            _obey(client, _parsed(await next_frame(socket)), credentials)
    except WebSocketDisconnect:
        pass
    finally:
        hub.trade_clients.discard(client)
        client.queue.put_nowait(None)
        await sender


def _obey(client: TradeClient, message: dict[str, Any], credentials: Credentials) -> None:
    action = message.get("action")
    data = message.get("data")
    body = data if isinstance(data, dict) else {}
    if action in ("authenticate", "auth"):
        key = body.get("key_id", message.get("key"))
        secret = body.get("secret_key", message.get("secret"))
        if credentials.accepts(key, secret):
            client.key = str(key)
        _authorization(client, "authenticate", is_authorized=bool(client.key))
    elif action == "listen" and not client.key:
        _authorization(client, "listen", is_authorized=False)
    elif action == "listen":
        wanted = body.get("streams")
        streams = [STREAM] if isinstance(wanted, list) and STREAM in wanted else []
        client.is_listening = bool(streams)
        _say(client, {"stream": "listening", "data": {"streams": streams}})
    else:
        _say(client, {"action": "error", "data": {"error_message": "invalid message"}})


def _authorization(client: TradeClient, action: str, *, is_authorized: bool) -> None:
    status = "authorized" if is_authorized else "unauthorized"
    _say(client, {"stream": "authorization", "data": {"status": status, "action": action}})


def _parsed(frame: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _say(client: TradeClient, content: dict[str, object]) -> None:
    # Alpaca's paper host sends its JSON in binary frames.
    client.queue.put_nowait(json.dumps(content, separators=(",", ":")).encode())
