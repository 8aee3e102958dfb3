"""Faults on demand: answers that a real network gives now and then, for tests of clients (protocol reference, 20)."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Final

from starlette.types import Message, Receive, Send

__all__ = ["KINDS", "Fault", "Faults", "misbehave", "swallow"]

PAGE: Final = b"<html><head><title>Bad gateway</title></head><body>The upstream is not available.</body></html>"
CUT: Final = b'{"bars":{"AAA":[{"t":"2024-11-26T14:30:00Z","o":100.0,'
STATUSES: Final = {"429": 429, "500": 500, "502": 502, "503": 503, "504": 504}
KINDS: Final = frozenset({*STATUSES, "html", "html200", "truncated", "cut", "silent"})
"""A status with Alpaca's envelope, an HTML page (502 or 200), JSON that ends too early, a connection that breaks in
the middle of the body, no answer at all."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    path : str
        Beginning of the paths concerned.
    is_after_effect : bool
        Whether the request takes effect first: a booked order whose answer is lost.
    """

    kind: str
    path: str
    is_after_effect: bool = False


class Faults:
    """Faults that wait for their requests, first come, first served."""

    def __init__(self) -> None:
        self._waiting: deque[Fault] = deque()

    def plan(self, fault: Fault, *, count: int, after: int) -> None:
        """Let the next `count` requests on the fault's path fail, once `after` others have passed."""
        self._waiting.extend([Fault("", fault.path)] * after)
        self._waiting.extend([fault] * count)

    @property
    def left(self) -> int:
        """Faults that no request has met yet."""
        return sum(1 for fault in self._waiting if fault.kind)

    def clear(self) -> None:
        """Forget every planned fault."""
        self._waiting.clear()

    def of(self, path: str) -> Fault | None:
        """Take the fault that a request on `path` meets, None when it may pass."""
        for i, fault in enumerate(self._waiting):
            if path.startswith(fault.path):
                del self._waiting[i]
                return fault if fault.kind else None
        return None


async def misbehave(fault: Fault, receive: Receive, send: Send) -> None:
    """Answer as the fault says."""
    if fault.kind == "silent":
        while (await receive())["type"] != "http.disconnect":
            pass
    elif fault.kind == "cut":
        await send(_start(200, b"application/json", len(CUT) + 100))
        await send({"type": "http.response.body", "body": CUT, "more_body": True})
    elif fault.kind == "truncated":
        await _whole(send, 200, b"application/json", CUT)
    elif fault.kind in ("html", "html200"):
        await _whole(send, 502 if fault.kind == "html" else 200, b"text/html", PAGE)
    else:
        status = STATUSES[fault.kind]
        message = "too many requests." if status == 429 else "internal server error"
        await _whole(send, status, b"application/json", json.dumps({"message": message}).encode())


async def swallow(_: Message) -> None:
    """Take a reply and lose it."""


async def _whole(send: Send, status: int, kind: bytes, body: bytes) -> None:
    await send(_start(status, kind, len(body)))
    await send({"type": "http.response.body", "body": body})


def _start(status: int, kind: bytes, length: int) -> Message:
    headers = [(b"content-type", kind), (b"content-length", str(length).encode())]
    return {"type": "http.response.start", "status": status, "headers": headers}
