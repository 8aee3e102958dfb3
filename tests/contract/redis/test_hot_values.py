"""The newest values in a real Redis: readable by others, and never in the way when the server is not there."""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import msgpack
import numpy as np
import pytest

from qts_core.adapters.hot_values import HotBar, HotValues
from qts_core.config.hot_values import HotValuesSettings
from qts_core.market.time import to_micros
from qts_core.trading.predictors import Prediction
from tests.support.redis import RedisServer

START = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
SYMBOLS, NAMES = ("AAPL", "MSFT"), ("tech_rsi_14_raw", "stat_zscore_60_close")
WAIT = 20.0


def bar(number: int) -> HotBar:
    """Return a bar whose values tell which one it is; the second symbol has no score and one feature only."""
    features = np.array([[number + 0.1, number + 0.2], [np.nan, number + 0.4]])
    prediction = Prediction(np.array([number / 1000, np.nan]), np.array([0.01, 0.02]), features)
    start = START + timedelta(minutes=15 * number)
    return HotBar(start, start + timedelta(minutes=15), "tiny-0123abcd", SYMBOLS, NAMES, prediction)


class Heard:
    """What the publisher tells, in order."""

    def __init__(self) -> None:
        self.results: queue.Queue[str] = queue.Queue()
        self.events: list[str] = []

    def count(self, result: str) -> None:
        self.results.put(result)

    def tell(self, kind: str, content: dict[str, object]) -> None:
        self.events.append(kind)

    def until(self, wanted: str) -> list[str]:
        """Wait until `wanted` was counted and return what was counted on the way."""
        seen = [self.results.get(timeout=WAIT)]
        while seen[-1] != wanted:
            seen.append(self.results.get(timeout=WAIT))
        return seen


@contextmanager
def publisher(url: str, heard: Heard, **settings: object) -> Iterator[HotValues]:
    chosen = HotValuesSettings.model_validate({"is_published": True, **settings})
    values = HotValues(url, chosen, count=heard.count, tell=heard.tell)
    try:
        yield values
    finally:
        values.close()


def test_others_read_the_newest_bar_whole(redis_server: RedisServer) -> None:
    from redis import Redis

    heard = Heard()
    with Redis.from_url(redis_server.url) as reader, publisher(redis_server.url, heard, ttl_seconds=60) as values:
        hints = reader.pubsub()
        hints.subscribe("qts:hot")
        for number in (1, 2):
            values.offer(bar(number))
            heard.until("published")
        found = msgpack.unpackb(reader.get("qts:hot:MSFT"))
        start = to_micros(START + timedelta(minutes=30))
        assert found == {
            "ts_event": start, "ts_known": start + 900_000_000, "model_id": "tiny-0123abcd", "uncertainty": 0.02,
            "features": {"stat_zscore_60_close": 2.4},
        }  # fmt: skip
        first = msgpack.unpackb(reader.get("qts:hot:AAPL"))
        assert (first["score"], first["features"]) == (0.002, dict(zip(NAMES, (2.1, 2.2), strict=True)))
        assert msgpack.unpackb(reader.get("qts:hot"))["symbols"] == list(SYMBOLS)
        assert all(0 < reader.ttl(key) <= 60 for key in reader.scan_iter("qts:hot*"))
        messages = [hints.get_message(timeout=WAIT) for _ in range(3)]
        assert [m["data"] for m in messages if m is not None][1:] == [
            str(start - 900_000_000).encode(),
            str(start).encode(),
        ]
        hints.close()
    assert heard.events == []


def test_a_server_killed_on_the_way_costs_nothing_but_a_count_and_two_lines(redis_server: RedisServer) -> None:
    from redis import Redis

    heard = Heard()
    with publisher(redis_server.url, heard) as values:
        values.offer(bar(1))
        heard.until("published")
        redis_server.kill()
        bars = [bar(number) for number in range(2, 6)]
        longest = max(timed(partial(values.offer, each)) for each in bars)
        heard.until("failed")
        heard.until("failed")
        assert longest < 1.0
        redis_server.start()
        heard.until("published")
        for _ in range(3):
            heard.until("published")
        with Redis.from_url(redis_server.url) as reader:
            assert msgpack.unpackb(reader.get("qts:hot"))["ts_event"] == to_micros(bar(5).ts_event)
    assert heard.events == ["hot_values.lost", "hot_values.restored"]


def test_bars_that_wait_are_few_and_the_oldest_goes_first(redis_server: RedisServer) -> None:
    redis_server.kill()
    heard = Heard()
    with publisher(redis_server.url, heard, queue_bars=2) as values:
        values.offer(bar(0))
        heard.until("failed")
        for number in range(1, 6):
            values.offer(bar(number))
        heard.until("dropped")
        redis_server.start()
        heard.until("published")
        heard.until("published")
    from redis import Redis

    with Redis.from_url(redis_server.url) as reader:
        assert msgpack.unpackb(reader.get("qts:hot"))["ts_event"] == to_micros(bar(5).ts_event)


def test_a_server_that_accepts_and_never_answers_does_not_hold_anybody_up() -> None:
    heard = Heard()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"redis://:secret@127.0.0.1:{mute.getsockname()[1]}/0"
        with publisher(url, heard, timeout_seconds=2.0) as values:
            assert timed(lambda: values.offer(bar(1))) < 1.0
            heard.until("failed")
        assert not values._thread.is_alive()
    assert heard.events == ["hot_values.lost"]


def test_an_address_that_is_none_is_told_without_showing_it() -> None:
    heard, told = Heard(), queue.Queue[dict[str, object]]()
    heard.tell = lambda kind, content: told.put({kind: content})  # type: ignore[method-assign]
    with publisher("http://user:secret@somewhere", heard) as values:
        line = told.get(timeout=WAIT)
        values.offer(bar(1))
    assert "hot_values.off" in line
    assert "secret" not in str(line)


@pytest.mark.process
def test_a_daemon_that_publishes_nothing_never_loads_the_client() -> None:
    code = "import sys, live_daemon.app, live_daemon.daemon, live_daemon.hot; print('redis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
