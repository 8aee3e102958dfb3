"""Alpaca's two websockets through alpaca-py, read by a loop of our own (specification 12.3, faults F34 to F43).

alpaca-py connects, authenticates and subscribes; reading, staleness and reconnects are ours, because its own loop
reconnects hot, keeps half-dead sockets and drops a whole frame when one handler fails.
"""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgpack

from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.adapters.alpaca.parsing import minute_bar, order_update
from qts_core.market.orders import OrderUpdate
from qts_core.ports.broker import MinuteBar

with warnings.catch_warnings():
    # alpaca-py 0.44 still uses the legacy client of websockets, which warns when imported.
    warnings.simplefilter("ignore", DeprecationWarning)
    import websockets
    from alpaca.data.live.stock import StockDataStream
    from alpaca.trading.stream import TradingStream

__all__ = ["BarStream", "StreamSink", "StreamState", "TradeStream", "backoff_seconds"]

CONNECT_SECONDS: Final = 10.0
FIRST_BACKOFF_SECONDS: Final = 0.2
LONGEST_BACKOFF_SECONDS: Final = 30.0
LARGEST_FRAME_BYTES: Final = 8 * 1024 * 1024
DATA_TYPES: Final = frozenset({"t", "q", "o", "b", "u", "d", "s", "l", "c", "x", "i"})
WEBSOCKET: Final = {"ping_interval": 10, "ping_timeout": 30, "max_queue": 1024, "max_size": LARGEST_FRAME_BYTES}


@dataclass(slots=True)
class StreamState:
    """What is known of one stream: whether it is up, how much came, when, and what could not be read."""

    name: str
    is_connected: bool = False
    is_subscribed: bool = False
    messages: int = 0
    unreadable: int = 0
    connects: int = 0
    last_data_monotonic: float = 0.0
    detail: str = "not connected yet"


class StreamSink(Protocol):
    """Who wants to hear of connects and unreadable messages."""

    def connection_changed(self, state: StreamState) -> None:
        """Hear that the stream came or went."""
        ...

    def unreadable(self, state: StreamState, frame: str) -> None:
        """Hear that a message could not be read, so REST must be asked."""
        ...


def backoff_seconds(failures: int, jitter: float) -> float:
    """Return the wait before reconnect `failures` (1, 2, ...): half to all of 0.2 s doubled each time, at most 30 s."""
    longest = min(FIRST_BACKOFF_SECONDS * 2.0 ** (failures - 1), LONGEST_BACKOFF_SECONDS)
    return longest * (0.5 + 0.5 * jitter)


class _Stream:
    """Connect, read until it breaks, wait, connect again."""

    def __init__(self, name: str, sink: StreamSink, jitter: Callable[[], float]) -> None:
        self.state = StreamState(name)
        self._sink = sink
        self._jitter = jitter
        self._client: Any = None  # StockDataStream or TradingStream, both untyped
        self._moved = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the stream open until `stop` is set."""
        failures = 0
        while not stop.is_set():
            try:
                self._client = self._open()
                await asyncio.wait_for(self._client._start_ws(), CONNECT_SECONDS)
                await self._subscribe()
                failures = 0
                self._changed(is_connected=True, detail="connected")
                await self._read()
            except (websockets.WebSocketException, OSError, ValueError, TimeoutError, EOFError) as error:
                failures += 1
                self._changed(is_connected=False, detail=f"{type(error).__name__}: {error}"[:200])
            finally:
                await self._close()
            if not stop.is_set():
                await asyncio.sleep(backoff_seconds(max(failures, 1), self._jitter()))

    async def wait_for(self, messages: int, seconds: float) -> bool:
        """Wait until `messages` have been handled since the start; False when that takes longer than `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self.state.messages < messages:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    async def reconnect(self) -> None:
        """Drop the socket; the loop opens another."""
        await self._close()

    def count_from(self, messages: int) -> None:
        """Take `messages` as handled: the server's count when this client joined."""
        self.state.messages = messages

    def _changed(self, *, is_connected: bool, detail: str) -> None:
        self.state.is_connected = is_connected
        self.state.is_subscribed = False
        self.state.connects += int(is_connected)
        self.state.detail = detail
        self._sink.connection_changed(self.state)

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            frame = await self._client._ws.recv()
            counted = self._handle(frame)
            if counted:
                self.state.messages += counted
                self.state.last_data_monotonic = loop.time()
                self._moved.set()

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None and client._ws is not None:
            try:
                await asyncio.wait_for(client.close(), 2.0)
            except (websockets.WebSocketException, OSError, TimeoutError):
                return

    def _bad(self, frame: object) -> None:
        self.state.unreadable += 1
        self._sink.unreadable(self.state, repr(frame)[:200])

    def _open(self) -> Any:
        raise AssertionError("defined by each stream")

    async def _subscribe(self) -> None:
        return None

    def _handle(self, frame: str | bytes) -> int:
        raise AssertionError("defined by each stream")


class BarStream(_Stream):
    """1-minute bars and their corrections.

    Parameters
    ----------
    on_bars : callable
        Gets the bars of one frame.
    jitter : callable
        Gives a number in [0, 1) for the reconnect wait.
    """

    def __init__(
        self, endpoint: Endpoint, symbols: Sequence[str], on_bars: Callable[[list[MinuteBar]], None],
        sink: StreamSink, jitter: Callable[[], float],
    ) -> None:  # fmt: skip
        super().__init__("data", sink, jitter)
        self._endpoint = endpoint
        self._symbols = tuple(symbols)
        self._on_bars = on_bars

    def _open(self) -> StockDataStream:
        stream = StockDataStream(
            self._endpoint.key, self._endpoint.secret, raw_data=True, websocket_params=dict(WEBSOCKET),
            url_override=self._endpoint.data_stream,
        )  # fmt: skip
        for channel in ("bars", "updatedBars"):
            stream._handlers[channel] = dict.fromkeys(self._symbols, self._on_bars)
        return stream

    async def _subscribe(self) -> None:
        await self._client._send_subscribe_msg()

    def _handle(self, frame: str | bytes) -> int:
        try:
            messages = msgpack.unpackb(frame) if isinstance(frame, bytes) else json.loads(frame)
            messages = messages if isinstance(messages, list) else [messages]
        except (ValueError, msgpack.UnpackException):
            self._bad(frame)
            return 0
        bars: list[MinuteBar] = []
        counted = 0
        for message in messages:
            kind = message.get("T") if isinstance(message, dict) else None
            if kind in ("b", "u"):
                try:
                    bars.append(minute_bar(message, str(message["S"])))
                except (KeyError, ValueError, TypeError):
                    self._bad(message)
            elif kind == "subscription":
                self.state.is_subscribed = True
            elif kind == "error":
                self.state.detail = f"{message.get('code')} {message.get('msg')}"
            counted += kind in DATA_TYPES
        if bars:
            self._on_bars(bars)
        return counted


class TradeStream(_Stream):
    """Updates of the account's orders."""

    def __init__(
        self, endpoint: Endpoint, on_update: Callable[[OrderUpdate], None], sink: StreamSink,
        jitter: Callable[[], float],
    ) -> None:  # fmt: skip
        super().__init__("trade", sink, jitter)
        self._endpoint = endpoint
        self._on_update = on_update

    def _open(self) -> TradingStream:
        stream = TradingStream(
            self._endpoint.key, self._endpoint.secret, raw_data=True, websocket_params=dict(WEBSOCKET),
            url_override=self._endpoint.trade_stream,
        )  # fmt: skip
        # Only its presence matters here: it makes the library ask for the stream when it connects.
        setattr(stream, "_trade_updates_handler", self._on_update)  # noqa: B010
        return stream

    def _handle(self, frame: str | bytes) -> int:
        try:
            message = json.loads(frame)
            if message.get("stream") != "trade_updates":
                self.state.is_subscribed |= message.get("stream") == "listening"
                return 0
            self._on_update(order_update(message["data"]))
        except (KeyError, ValueError, TypeError, AttributeError):
            self._bad(frame)
        return 1
