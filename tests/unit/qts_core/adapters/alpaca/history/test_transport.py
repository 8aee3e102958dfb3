"""Hard time-outs, bounded repetition and the server's own word on its budget, below alpaca-py."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from qts_core.adapters.alpaca.history import transport as module
from qts_core.adapters.alpaca.history.pace import RequestBudget
from qts_core.adapters.alpaca.history.transport import PatientTransport, seconds_until_reset
from qts_core.market.errors import DataConnectionError, InvalidConfigError

Answer = Callable[[BaseHTTPRequestHandler], None]
DATE = "Sun, 22 Nov 2026 16:00:00 GMT"
EPOCH = 1795363200


@contextmanager
def server_of(*answers: Answer) -> Iterator[tuple[str, list[str]]]:
    """Serve one answer after another, the last one for ever; yield the address and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answers[min(len(asked), len(answers)) - 1](self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def says(status: int, body: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        for name, value in {"Date": DATE, "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def drips(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte at a time, each in good time, for longer than anybody should listen."""
    handler.send_response_only(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(5):
        handler.wfile.write(b" ")
        handler.wfile.flush()


class Client:
    """A session with the transport, and the pauses it made."""

    def __init__(self, monotonic: Callable[[], float] = lambda: 0.0) -> None:
        self.pauses: list[float] = []
        budget = RequestBudget(1000, monotonic=monotonic, wait=self.pauses.append)
        self.transport = PatientTransport(budget, monotonic=monotonic, wait=self.pauses.append, secrets=("s3sam",))
        self.session = requests.Session()
        self.session.mount("http://", self.transport)

    def get(self, address: str) -> requests.Response:
        """Ask once."""
        with self.session:
            return self.session.get(f"{address}/v2/stocks/bars?symbols=AAA")


def test_an_answer_of_json_is_handed_on() -> None:
    with server_of(says(200, b'{"bars": {}}')) as (address, _):
        client = Client()
        assert client.get(address).json() == {"bars": {}}
    assert (client.transport.sent, client.pauses) == (1, [])


def test_after_a_429_it_waits_as_long_as_the_server_says() -> None:
    limited = says(429, b'{"message": "too many requests."}', X_RateLimit_Reset=str(EPOCH + 7))
    with server_of(limited, says(200, b"{}")) as (address, asked):
        client = Client()
        client.get(address)
    assert len(asked) == 2
    assert client.pauses[0] == 7.0


def test_a_spent_budget_is_not_overdrawn() -> None:
    spent = says(200, b"{}", X_RateLimit_Remaining="0", X_RateLimit_Reset=str(EPOCH + 9))
    with server_of(spent) as (address, _):
        client = Client()
        client.get(address)
        client.get(address)
    assert client.pauses == [9.0]


@pytest.mark.parametrize(
    ("reset", "seconds"), [("1795363205", 5.0), ("1795363199", 0.0), ("1795369999", 0.0), ("soon", 0.0), ("nan", 0.0)]
)
def test_only_a_credible_reset_counts(reset: str, seconds: float) -> None:
    assert seconds_until_reset({"X-RateLimit-Reset": reset, "Date": DATE}) == seconds


def test_without_the_servers_date_there_is_no_reset() -> None:
    assert seconds_until_reset({"X-RateLimit-Reset": "1795363205"}) == 0.0
    assert seconds_until_reset({"X-RateLimit-Reset": "1795363205", "Date": "yesterday"}) == 0.0


def test_pauses_grow_and_attempts_are_bounded() -> None:
    with server_of(says(503, b"<html>busy</html>", Content_Type="text/html")) as (address, asked):
        client = Client()
        with pytest.raises(DataConnectionError, match=r"6 attempts at http://[^?]*/v2/stocks/bars; found .*busy"):
            client.get(address)
    assert len(asked) == 6
    assert client.pauses == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_a_server_that_only_ever_limits_is_given_up_too() -> None:
    with server_of(says(429, b"{}")) as (address, asked):
        client = Client()
        with pytest.raises(DataConnectionError, match="12 attempts"):
            client.get(address)
    assert len(asked) == 12


def test_a_drip_of_bytes_ends_at_the_hard_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPTS", 2)
    ticks = iter(float(n * 100) for n in range(1000))
    with server_of(drips) as (address, _):
        client = Client(monotonic=lambda: next(ticks))
        with pytest.raises(DataConnectionError, match="found Timeout"):
            client.get(address)


def test_a_silent_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPTS", 1)
    monkeypatch.setattr(module, "READ_SECONDS", 0.05)
    release = threading.Event()

    def waits(_: BaseHTTPRequestHandler) -> None:
        release.wait(5)

    with server_of(waits) as (address, _):
        try:
            with pytest.raises(DataConnectionError, match="ReadTimeout"):
                Client().get(address)
        finally:
            release.set()


def test_an_answer_too_large_to_be_one_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPTS", 1)
    monkeypatch.setattr(module, "LARGEST_ANSWER_BYTES", 10)
    with server_of(says(200, b"[" + b" " * 100 + b"]")) as (address, _), pytest.raises(DataConnectionError):
        Client().get(address)


@pytest.mark.parametrize("status", [401, 403])
def test_keys_that_are_not_accepted_are_a_matter_of_settings_and_never_shown(status: int) -> None:
    refused = pytest.raises(InvalidConfigError, match=rf"QTS-DATA-046 .*http {status} no \*\*\* here")
    with server_of(says(status, b'{"message": "no s3sam here"}')) as (address, asked), refused:
        Client().get(address)
    assert len(asked) == 1


def test_nobody_listening_is_a_connection_error() -> None:
    with server_of(says(200, b"{}")) as (address, _):
        pass
    client = Client()
    with pytest.raises(DataConnectionError, match="QTS-DATA-045"):
        client.get(address)
    assert client.transport.sent == 6
