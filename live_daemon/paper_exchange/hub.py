"""Who listens to which stream, and how many messages each was sent."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from live_daemon.paper_exchange.messages import Batch, encode_control
from live_daemon.paper_exchange.wire import event_json
from qts_core.exchange import ExchangeEvent

__all__ = ["CHANNELS", "DataClient", "Hub", "TradeClient"]

CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds")
QUEUE_LIMIT = 20_000
WILDCARD = "*"
Frame = str | bytes


@dataclass(eq=False)
class DataClient:
    """One authenticated connection to a data feed."""

    key: str
    feed: str
    is_msgpack: bool
    queue: asyncio.Queue[Frame | None] = field(default_factory=asyncio.Queue)
    subscriptions: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in CHANNELS})
    is_slow: bool = False

    def wants(self, channel: str, symbol: str) -> bool:
        """Whether the client subscribed to `symbol` on `channel`."""
        chosen = self.subscriptions[channel]
        return symbol in chosen or WILDCARD in chosen


@dataclass(eq=False)
class TradeClient:
    """One connection to the trade stream."""

    key: str
    queue: asyncio.Queue[Frame | None] = field(default_factory=asyncio.Queue)
    is_listening: bool = False


class Hub:
    """Fans messages out to the connections; never waits for any of them."""

    def __init__(self) -> None:
        self.data_clients: set[DataClient] = set()
        self.trade_clients: set[TradeClient] = set()
        self.data_sent: Counter[str] = Counter()
        self.trade_sequence = 0
        self.bars_published = 0

    @property
    def connections(self) -> int:
        """How many streams are open."""
        return len(self.data_clients) + len(self.trade_clients)

    def join(self, client: DataClient) -> bool:
        """Add a data connection; False when its key already has one to the same feed."""
        if any(c.key == client.key and c.feed == client.feed for c in self.data_clients):
            return False
        self.data_clients.add(client)
        return True

    def wanted(self, channels: Iterable[str]) -> tuple[str, ...]:
        """Return those of `channels` that somebody subscribed to."""
        return tuple(name for name in channels if any(c.subscriptions[name] for c in self.data_clients))

    def publish_data(self, batch: Batch) -> None:
        """Send each client its part of `batch` in one frame; a client too far behind is told so and dropped."""
        for client in tuple(self.data_clients):
            chosen = [m for m in batch.messages if client.wants(m.channel, m.symbol)]
            if not chosen or client.is_slow:
                continue
            if client.queue.qsize() >= QUEUE_LIMIT:
                client.is_slow = True
                slow = {"T": "error", "code": 407, "msg": "slow client"}
                client.queue.put_nowait(encode_control(slow, is_msgpack=client.is_msgpack))
                client.queue.put_nowait(None)
                continue
            client.queue.put_nowait(batch.frame(chosen, is_msgpack=client.is_msgpack))
            self.data_sent[client.key] += len(chosen)

    def publish_trades(self, events: Iterable[ExchangeEvent]) -> None:
        """Send every listening client each event, as binary frames of JSON like Alpaca's paper host."""
        for event in events:
            self.trade_sequence += 1
            if not any(c.is_listening for c in self.trade_clients):
                continue
            message = {"stream": "trade_updates", "data": event_json(event, self.trade_sequence)}
            frame = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
            for client in self.trade_clients:
                if client.is_listening:
                    client.queue.put_nowait(frame)

    def is_backed_up(self, limit: int) -> bool:
        """Whether some client has more than `limit` frames waiting."""
        queues = [c.queue for c in self.data_clients] + [c.queue for c in self.trade_clients]
        return any(q.qsize() > limit for q in queues)
