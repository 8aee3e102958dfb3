"""What an answer to a submission means, and that the library neither waits for ever nor sends twice (F15 to F25)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.adapters.alpaca.rest import AlpacaRest, classify_refusal
from qts_core.market.orders import OrderRequest, OrderSide
from qts_core.ports.broker import Accepted, Ambiguous, Refused, Submission

REQUEST = OrderRequest("q-1", "ZZT", OrderSide.BUY, quantity=Decimal(1))
ORDER = {"id": "b-1", "client_order_id": "q-1", "symbol": "ZZT", "side": "buy", "status": "pending_new", "qty": "1",
         "filled_qty": "0", "created_at": "2026-11-20T15:30:04Z"}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (504, "<html>gateway</html>", Ambiguous),
        (500, "{}", Ambiguous),
        (408, "", Ambiguous),
        (422, '{"code":40010001,"message":"client_order_id must be unique"}', Ambiguous),
        (422, '{"code":42210000,"message":"asset \\"X\\" is not tradable"}', Refused),
        (403, '{"code":40310000,"message":"insufficient buying power"}', Refused),
        (401, "<html>unauthorized</html>", Refused),
        (429, '{"code":42910000,"message":"rate limit exceeded"}', Refused),
        (302, "", Ambiguous),
    ],
)
def test_only_a_clear_word_is_a_refusal(status: int, text: str, expected: type[Submission]) -> None:
    assert isinstance(classify_refusal(status, text), expected)


def test_a_rate_limit_may_be_tried_again_and_bad_keys_are_told_apart() -> None:
    limited, unauthorized = classify_refusal(429, "{}"), classify_refusal(401, "{}")
    assert isinstance(limited, Refused)
    assert limited.is_retryable
    assert isinstance(unauthorized, Refused)
    assert unauthorized.is_unauthorized


class Scripted(HTTPServer):
    """Answers each POST with what `answer` says and counts."""

    answer: tuple[int, bytes] = (200, b"{}")
    posts = 0


class Handler(BaseHTTPRequestHandler):
    """Plays the broker."""

    def do_POST(self) -> None:
        assert isinstance(self.server, Scripted)
        self.server.posts += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def broker() -> Iterator[Scripted]:
    """A scripted broker on loopback."""
    server = Scripted(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def submit(server: Scripted) -> Submission:
    """Post one order to `server`."""
    address = f"http://127.0.0.1:{server.server_port}"
    rest = AlpacaRest(Endpoint(address, address, "", "", "key", "secret"))
    try:
        return asyncio.run(rest.submit(REQUEST))
    finally:
        rest.close()
        for client in (rest._writer, rest._reader, rest._data):
            client._session.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((504, b"timeout"), Ambiguous),
        ((429, b'{"code":42910000,"message":"rate limit exceeded"}'), Refused),
        ((200, b"<html>"), Ambiguous),
        ((200, b'{"id":"b-1"}'), Ambiguous),
        ((200, json.dumps(ORDER).encode()), Accepted),
    ],
)
def test_every_submission_is_posted_exactly_once_whatever_comes_back(
    broker: Scripted, answer: tuple[int, bytes], expected: type[Submission]
) -> None:
    broker.answer = answer
    assert isinstance(submit(broker), expected)
    assert broker.posts == 1


def test_keys_never_show_in_a_representation() -> None:
    assert "secret-value" not in repr(Endpoint("r", "d", "s", "t", "key-value", "secret-value"))
