"""Alpaca's own stream clients, and plain websockets in both encodings, against sections 13 and 14 of the reference."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgpack
import pytest
from alpaca.data.enums import DataFeed
from alpaca.data.live import StockDataStream
from alpaca.data.models import Bar
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.models import Order, TradeUpdate
from alpaca.trading.requests import MarketOrderRequest
from alpaca.trading.stream import TradingStream
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.contract.alpaca.serving import KEY, PATIENCE_SECONDS, SECRET, Served, wait_until

CONNECTED = [{"T": "success", "msg": "connected"}]
AUTHENTICATED = [{"T": "success", "msg": "authenticated"}]
AUTH = {"action": "auth", "key": KEY, "secret": SECRET}
PACKED = {"Content-Type": "application/msgpack"}

# alpaca-py 0.44 still imports the legacy client of websockets
pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings("ignore:websockets.legacy is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*websockets:DeprecationWarning"),
]


@contextmanager
def running(stream: StockDataStream | TradingStream) -> Iterator[None]:
    """Run one of Alpaca's stream clients in a thread."""
    thread = threading.Thread(target=stream.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stream.stop()
        thread.join(PATIENCE_SECONDS)


def take(found: queue.Queue[Any], count: int) -> list[Any]:
    """Return the next `count` things of a queue."""
    return [found.get(timeout=PATIENCE_SECONDS) for _ in range(count)]


class Raw:
    """A plain websocket that speaks JSON or msgpack."""

    def __init__(self, socket: ClientConnection, *, is_msgpack: bool = False) -> None:
        self.socket = socket
        self.is_msgpack = is_msgpack

    def say(self, message: object) -> None:
        """Send one message."""
        self.socket.send(msgpack.packb(message) if self.is_msgpack else json.dumps(message))

    def hear(self) -> Any:
        """Return the next message."""
        frame = self.socket.recv(timeout=PATIENCE_SECONDS)
        if self.is_msgpack:
            assert isinstance(frame, bytes)
            return msgpack.unpackb(frame, timestamp=3)
        return json.loads(frame)

    def log_in(self) -> None:
        """Go through the greeting and authenticate."""
        assert self.hear() == CONNECTED
        self.say(AUTH)
        assert self.hear() == AUTHENTICATED


@contextmanager
def plain(
    served: Served, path: str = "/v2/iex", *, is_msgpack: bool = False, headers: dict[str, str] | None = None
) -> Iterator[Raw]:
    """Connect a plain websocket."""
    extra = {**(PACKED if is_msgpack else {}), **(headers or {})}
    with connect(served.stream(path), additional_headers=extra) as socket:
        yield Raw(socket, is_msgpack=is_msgpack)


def test_alpacas_data_stream_receives_minute_bars(opened: Served) -> None:
    found: queue.Queue[Bar] = queue.Queue()

    async def keep(bar: Bar) -> None:
        found.put(bar)

    stream = StockDataStream(KEY, SECRET, feed=DataFeed.IEX, url_override=opened.stream("/v2/iex"))
    stream.subscribe_bars(keep, "AAA", "BBB")  # type: ignore[arg-type]  # the handler gets bars, not raw data, here
    with running(stream):
        wait_until(lambda: any(c.wants("bars", "BBB") for c in opened.venue.hub.data_clients))
        answer = opened.advance(minutes=2)
        bars = take(found, 4)
        assert (answer["bars"], answer["data_sequence"]) == (6, 4)
        assert [(b.symbol, b.timestamp.minute, b.close) for b in bars] == [
            ("AAA", 30, 110.0), ("BBB", 30, 50.0), ("AAA", 31, 110.01), ("BBB", 31, 50.0)
        ]  # fmt: skip
        assert (bars[0].volume, bars[0].trade_count, bars[0].vwap) == (1000.0, 10.0, 110.0)


def test_alpacas_trading_stream_receives_new_then_fill(opened: Served) -> None:
    found: queue.Queue[TradeUpdate] = queue.Queue()

    async def keep(update: TradeUpdate) -> None:
        found.put(update)

    stream = TradingStream(KEY, SECRET, paper=True, url_override=opened.stream("/stream"))
    stream.subscribe_trade_updates(keep)
    with running(stream):
        wait_until(lambda: any(c.is_listening for c in opened.venue.hub.trade_clients))
        order = opened.trading().submit_order(
            MarketOrderRequest(symbol="AAA", qty=7, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
        )
        assert isinstance(order, Order)
        assert opened.advance(minutes=1)["trade_sequence"] == 2
        new, fill = take(found, 2)
        assert (new.event, new.order.id, new.order.status.value) == ("new", order.id, "new")
        assert (fill.event, fill.price, fill.qty, fill.position_qty) == ("fill", 110.0, 7.0, 7.0)
        assert (fill.order.status.value, fill.order.filled_qty) == ("filled", "7")
        assert fill.timestamp.isoformat() == "2024-11-27T14:30:00+00:00"
        (activity,) = opened.trading().get("/account/activities/FILL")
        assert activity["id"].endswith(f"::{fill.execution_id}")


@pytest.mark.parametrize("is_msgpack", [False, True])
def test_bars_quotes_and_running_days_in_both_encodings(opened: Served, is_msgpack: bool) -> None:
    with plain(opened, is_msgpack=is_msgpack) as client:
        client.log_in()
        client.say({"action": "subscribe", "bars": ["*"], "quotes": ["AAA"], "dailyBars": ["AAA"]})
        (acknowledgement,) = client.hear()
        assert acknowledgement == {
            "T": "subscription", "trades": [], "quotes": ["AAA"], "bars": ["*"], "updatedBars": [],
            "dailyBars": ["AAA"], "statuses": [], "lulds": [], "corrections": [], "cancelErrors": [],
        }  # fmt: skip
        opened.advance(minutes=2)
        client.hear()
        frame = client.hear()
    bars = {m["S"]: m for m in frame if m["T"] == "b"}
    assert sorted(bars) == ["AAA", "BBB", "CCC"]
    stamp = bars["AAA"].pop("t")
    assert (stamp.isoformat() if is_msgpack else stamp) == (
        "2024-11-27T14:31:00+00:00" if is_msgpack else "2024-11-27T14:31:00Z"
    )
    assert bars["AAA"] == {
        "T": "b", "S": "AAA", "o": 110.01, "h": 110.02, "l": 110.0, "c": 110.01, "v": 1000, "n": 10, "vw": 110.01
    }  # fmt: skip
    (day,) = [m for m in frame if m["T"] == "d"]
    assert (day["o"], day["h"], day["c"], day["v"]) == (110.0, 110.02, 110.01, 2000)
    assert not is_msgpack or day["t"].isoformat() == "2024-11-27T05:00:00+00:00"
    (quote,) = [m for m in frame if m["T"] == "q"]
    assert (quote["bp"], quote["ap"]) == (110.01, 110.01)


def test_the_greeting_comes_with_compression_offered(served: Served) -> None:
    with plain(served) as client:
        assert client.hear() == CONNECTED
        assert client.socket.response is not None
        assert "permessage-deflate" in client.socket.response.headers["Sec-WebSocket-Extensions"]


def test_fragmented_messages_are_put_together(served: Served) -> None:
    with plain(served, is_msgpack=True) as client:
        assert client.hear() == CONNECTED
        packed = msgpack.packb(AUTH)
        client.socket.send([packed[:5], packed[5:9], b"", packed[9:], b""])
        assert client.hear() == AUTHENTICATED


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"action": "auth", "key": "", "secret": ""}, 402),
        ({"action": "auth", "key": 5, "secret": None}, 402),
        ({"action": "subscribe", "bars": ["AAA"]}, 401),
        ("nonsense", 401),
    ],
)
def test_what_does_not_authenticate_is_told_and_closed(served: Served, first: object, code: int) -> None:
    with plain(served) as client:
        assert client.hear() == CONNECTED
        client.say(first)
        (error,) = client.hear()
        assert (error["T"], error["code"]) == ("error", code)
        with pytest.raises(ConnectionClosed):
            client.hear()


def test_keys_in_the_upgrade_open_the_stream_too(served: Served) -> None:
    keys = {"APCA-API-KEY-ID": KEY, "APCA-API-SECRET-KEY": SECRET}
    with plain(served, headers=keys) as client:
        assert client.hear() == CONNECTED
        client.say({"action": "subscribe", "bars": ["AAA"]})
        assert client.hear()[0]["bars"] == ["AAA"]


def test_a_second_connection_to_the_same_feed_is_refused(served: Served) -> None:
    with plain(served) as first:
        first.log_in()
        with plain(served) as second:
            assert second.hear() == CONNECTED
            second.say(AUTH)
            assert second.hear()[0]["code"] == 406
        with plain(served, "/v2/sip") as other_feed:
            other_feed.log_in()
    wait_until(lambda: not served.venue.hub.data_clients)
    with plain(served) as again:
        again.log_in()


def test_wrong_messages_leave_the_connection_and_its_subscriptions(opened: Served) -> None:
    with plain(opened) as client:
        client.log_in()
        client.say({"action": "subscribe", "bars": ["AAA", "BBB"]})
        assert client.hear()[0]["bars"] == ["AAA", "BBB"]
        wrongs: tuple[object, ...] = ({"action": "dance"}, {"action": "subscribe", "bars": "AAA"}, [], 7, None)
        for wrong in wrongs:
            client.say(wrong)
            assert client.hear() == [{"T": "error", "code": 400, "msg": "invalid syntax"}]
        client.socket.send(b"\xff\xfe")
        assert client.hear()[0]["code"] == 400
        client.say(AUTH)
        assert client.hear()[0]["code"] == 403
        client.say({"action": "unsubscribe", "bars": ["AAA"]})
        assert client.hear()[0]["bars"] == ["BBB"]
        opened.advance(minutes=1)
        assert [m["S"] for m in client.hear()] == ["BBB"]


@pytest.mark.parametrize("path", ["/stream", "/stream/"])
@pytest.mark.parametrize(
    "login",
    [
        {"action": "authenticate", "data": {"key_id": KEY, "secret_key": SECRET}},
        {"action": "auth", "key": KEY, "secret": SECRET},
    ],
)
def test_the_trade_stream_answers_in_binary_json(served: Served, path: str, login: dict[str, object]) -> None:
    with plain(served, path) as client:
        client.say(login)
        frame = client.socket.recv(timeout=PATIENCE_SECONDS)
        assert isinstance(frame, bytes)
        assert json.loads(frame) == {
            "stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}
        }  # fmt: skip
        client.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
        assert client.hear() == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
        client.say({"action": "listen", "data": {"streams": []}})
        assert client.hear() == {"stream": "listening", "data": {"streams": []}}


def test_the_trade_stream_wants_authentication_first(served: Served) -> None:
    with plain(served, "/stream") as client:
        client.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
        assert client.hear()["data"] == {"status": "unauthorized", "action": "listen"}
        client.say({"action": "authenticate", "data": {"key_id": "", "secret_key": ""}})
        assert client.hear()["data"] == {"status": "unauthorized", "action": "authenticate"}
        client.say({"action": "dance"})
        assert client.hear()["action"] == "error"


def test_every_listener_gets_every_trade_update(opened: Served) -> None:
    login = {"action": "auth", "key": KEY, "secret": SECRET}
    with plain(opened, "/stream") as one, plain(opened, "/stream") as other:
        for client in (one, other):
            client.say(login)
            client.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
            client.hear(), client.hear()
        with opened.http() as http:
            body = {"symbol": "AAA", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
            http.post("/v2/orders", json=body)
            opened.advance(minutes=1)
        seen = [[client.hear()["data"] for _ in range(2)] for client in (one, other)]
    assert seen[0] == seen[1]
    new, fill = seen[0]
    assert (new["event"], fill["event"], fill["price"], fill["qty"], fill["commission"]) == (
        "new",
        "fill",
        "110",
        "1",
        "0",
    )
    assert new["event_id"] < fill["event_id"]
