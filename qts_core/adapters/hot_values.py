"""The newest features and predictions in Redis, for other readers; never in the way of trading (checklist 5.3-05).

Keys, all with a time to live:

``<prefix>:hot:<SYMBOL>``
    msgpack map: `ts_event`, `ts_known` (microseconds UTC), `model_id`, `score`, `uncertainty`, `features` (map of name
    to number). What has no value is absent.
``<prefix>:hot``
    msgpack map: `ts_event`, `ts_known`, `model_id`, `symbols`.

The keys of a bar change in one transaction, and its `ts_event` is published on the channel ``<prefix>:hot``.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qts_core.config.hot_values import HotValuesSettings
from qts_core.market.time import to_micros
from qts_core.trading.predictors import Prediction

__all__ = ["HotBar", "HotValues", "encode_bar"]

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
CLOSE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class HotBar:
    """What one bar gave.

    Attributes
    ----------
    ts_event, ts_known : datetime
        The bar.
    model_id : str
        Who predicted.
    symbols, names : tuple of str
        The N symbols and F features.
    prediction : Prediction
        Scores [N] and features [N, F]; never changed afterwards.
    """

    ts_event: datetime
    ts_known: datetime
    model_id: str
    symbols: tuple[str, ...]
    names: tuple[str, ...]
    prediction: Prediction


class HotValues:
    """Publishes bars from a thread of its own; a server that is slow or away costs bars, never time of the caller.

    Parameters
    ----------
    url : str
        Address of Redis; may hold a password, so it is never shown.
    settings : HotValuesSettings
    count : callable
        Told ``published``, ``dropped`` (the queue was full) or ``failed`` (an attempt), from any thread.
    tell : callable
        Hears when the server is lost and when it is back, once each, from the thread.
    """

    def __init__(
        self, url: str, settings: HotValuesSettings, *, count: Callable[[str], None],
        tell: Callable[[str, dict[str, object]], None],
    ) -> None:  # fmt: skip
        self._url = url
        self._settings = settings
        self._count = count
        self._tell = tell
        self._waiting: deque[HotBar] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hot values", daemon=True)
        self._thread.start()

    def offer(self, bar: HotBar) -> None:
        """Take a bar to publish; returns at once, whatever the server does."""
        with self._lock:
            is_full = len(self._waiting) >= self._settings.queue_bars
            if is_full:
                self._waiting.popleft()
            self._waiting.append(bar)
        self._wake.set()
        if is_full:
            self._count("dropped")

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Publish what waits if the server answers, and stop; give up after `seconds`."""
        self._closing.set()
        self._wake.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        # Imported here: a daemon that publishes nothing never loads the client, and one that does is not held up.
        from redis import Redis, RedisError
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        limit = self._settings.timeout_seconds
        try:
            client = Redis.from_url(
                self._url, socket_timeout=limit, socket_connect_timeout=limit, retry=Retry(NoBackoff(), 0),
                client_name="qts-hot-values",
            )  # fmt: skip
        except ValueError as error:
            # The message names the scheme, never the rest of the address.
            self._tell("hot_values.off", {"reason": f"not an address of Redis: {type(error).__name__}"})
            return
        wait, is_lost = FIRST_WAIT, False
        while (bar := self._next()) is not None:
            try:
                self._publish(client, bar)
            except (RedisError, OSError) as error:
                self._count("failed")
                if not is_lost:
                    self._tell("hot_values.lost", {"reason": type(error).__name__})
                is_lost = True
                self._put_back(bar)
                if self._closing.wait(wait):
                    break
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            self._count("published")
            if is_lost:
                self._tell("hot_values.restored", {})
            wait, is_lost = FIRST_WAIT, False
        client.close()

    def _next(self) -> HotBar | None:
        """Wait for the oldest bar; None when closing and there is none."""
        while True:
            with self._lock:
                if self._waiting:
                    return self._waiting.popleft()
                self._wake.clear()
            if self._closing.is_set():
                return None
            self._wake.wait()

    def _put_back(self, bar: HotBar) -> None:
        """Keep a bar for the next attempt, unless newer ones fill the queue."""
        with self._lock:
            has_room = len(self._waiting) < self._settings.queue_bars
            if has_room:
                self._waiting.appendleft(bar)
        if not has_room:
            self._count("dropped")

    def _publish(self, client: object, bar: HotBar) -> None:
        from redis import Redis

        assert isinstance(client, Redis)
        place = f"{self._settings.prefix}:hot"
        latest, values = encode_bar(bar)
        with client.pipeline(transaction=True) as pipe:
            for symbol, content in values.items():
                pipe.set(f"{place}:{symbol}", content, ex=self._settings.ttl_seconds)
            pipe.set(place, latest, ex=self._settings.ttl_seconds)
            pipe.publish(place, str(to_micros(bar.ts_event)))
            pipe.execute()


def encode_bar(bar: HotBar) -> tuple[bytes, dict[str, bytes]]:
    """Return what stands under ``<prefix>:hot``, and by symbol what stands under ``<prefix>:hot:<SYMBOL>``."""
    import msgpack

    head: dict[str, object] = {
        "ts_event": to_micros(bar.ts_event), "ts_known": to_micros(bar.ts_known), "model_id": bar.model_id
    }  # fmt: skip
    scores, spreads = bar.prediction.score.tolist(), bar.prediction.uncertainty.tolist()
    features = bar.prediction.features
    rows = [[] for _ in bar.symbols] if features is None else features.tolist()
    values = {}
    for symbol, score, spread, row in zip(bar.symbols, scores, spreads, rows, strict=True):
        figures = {name: value for name, value in (("score", score), ("uncertainty", spread)) if math.isfinite(value)}
        known = {name: value for name, value in zip(bar.names, row, strict=False) if math.isfinite(value)}
        values[symbol] = msgpack.packb({**head, **figures, "features": known})
    return msgpack.packb({**head, "symbols": list(bar.symbols)}), values
