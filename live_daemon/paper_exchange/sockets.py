"""What both websockets share: reading frames and sending what waits in a queue."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

__all__ = ["next_frame", "pump"]


async def next_frame(socket: WebSocket) -> str | bytes:
    """Return the next message, text or binary, reassembled from its fragments.

    Raises
    ------
    WebSocketDisconnect
        If the client has gone.
    """
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    text: str | None = message.get("text")
    data: bytes = message.get("bytes") or b""
    return data if text is None else text


async def pump(socket: WebSocket, queue: asyncio.Queue[str | bytes | None]) -> None:
    """Send what comes into `queue` until None, then close; a client that has gone ends it quietly."""
    try:
        while (frame := await queue.get()) is not None:
            if isinstance(frame, bytes):
                await socket.send_bytes(frame)
            else:
                await socket.send_text(frame)
        if socket.application_state is WebSocketState.CONNECTED:
            await socket.close()
    except (WebSocketDisconnect, RuntimeError):
        # starlette raises RuntimeError when the peer closed between two sends.
        return
