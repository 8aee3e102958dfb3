"""The data stream's messages of one minute, encoded once for all clients (protocol reference, 13.4, 13.6)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgpack
from msgpack import Timestamp

from live_daemon.paper_exchange.wire import rfc3339

__all__ = ["Batch", "Message", "encode_control"]

Values = dict[str, object]


@dataclass(slots=True)
class Message:
    """One data message; `content` lacks its time, which the two encodings write differently."""

    channel: str
    symbol: str
    content: Values
    at: datetime
    _json: str | None = field(default=None, repr=False)
    _packed: bytes | None = field(default=None, repr=False)

    def as_json(self) -> str:
        """Return the JSON object."""
        if self._json is None:
            self._json = json.dumps({**self.content, "t": rfc3339(self.at)}, separators=(",", ":"), allow_nan=False)
        return self._json

    def as_msgpack(self) -> bytes:
        """Return the msgpack map, its time as a Timestamp extension."""
        if self._packed is None:
            self._packed = msgpack.packb({**self.content, "t": Timestamp.from_datetime(self.at)})
        return self._packed


class Batch:
    """Messages that go out together; a client gets those it subscribed to in one frame."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages = tuple(messages)

    def frame(self, chosen: Sequence[Message], *, is_msgpack: bool) -> str | bytes:
        """Return one frame with the chosen messages."""
        if is_msgpack:
            packer = msgpack.Packer(autoreset=False)
            packer.pack_array_header(len(chosen))
            header: bytes = packer.bytes()
            return header + b"".join(message.as_msgpack() for message in chosen)
        return "[" + ",".join(message.as_json() for message in chosen) + "]"


def encode_control(content: Values, *, is_msgpack: bool) -> str | bytes:
    """Return a control message, which is always alone in its frame."""
    if is_msgpack:
        packed: bytes = msgpack.packb([content])
        return packed
    return json.dumps([content], separators=(",", ":"))
