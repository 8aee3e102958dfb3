"""Headers, encodings, credentials and bad input over plain HTTP (protocol reference, sections 1 and 16)."""

from __future__ import annotations

import pytest

from live_daemon.paper_exchange.credentials import Credentials
from live_daemon.paper_exchange.server import ServerSettings
from tests.contract.alpaca.serving import HEADERS, Served, serving
from tests.unit.live_daemon.paper_exchange.replays import venue

ORDER = {"symbol": "AAA", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}


def test_every_reply_carries_rate_and_request_headers(served: Served) -> None:
    with served.http() as client:
        for path in ("/v2/account", "/v2/nowhere", "/v2/orders/x", "/v2/stocks/bars"):
            headers = client.get(path).headers
            assert headers["X-RateLimit-Limit"] == "200"
            assert int(headers["X-RateLimit-Reset"]) % 60 == 0
            assert len(headers["X-Request-ID"]) == 32
        stranger = client.get("/v2/account", headers={"APCA-API-KEY-ID": ""})
    assert (stranger.status_code, stranger.json()["message"]) == (401, "unauthorized.")
    assert "X-Request-ID" in stranger.headers


def test_money_is_text_in_trading_and_numbers_in_market_data(opened: Served) -> None:
    with opened.http() as client:
        client.post("/v2/orders", json=ORDER)
        opened.advance(minutes=1)
        account = client.get("/v2/account").json()
        (position,) = client.get("/v2/positions").json()
        (order,) = client.get("/v2/orders?status=all").json()
        bar = client.get("/v2/stocks/AAA/bars/latest").json()["bar"]
        history = client.get("/v2/account/portfolio/history?period=1D").json()
    for record, names in (
        (account, ("cash", "equity", "buying_power", "multiplier", "initial_margin")),
        (position, ("qty", "avg_entry_price", "market_value", "unrealized_plpc")),
        (order, ("qty", "filled_qty", "filled_avg_price")),
    ):
        assert all(isinstance(record[name], str) for name in names)
    assert all(isinstance(bar[name], (int, float)) for name in ("o", "h", "l", "c", "v", "n", "vw"))
    assert all(isinstance(v, float) for v in history["equity"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"null", 400), (b'"x"', 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400),
        (b'{"symbol": NaN}', 400), (b"{}", 422), (b'{"symbol": 5}', 422), (b" " * 1_000_001, 413),
    ],
)  # fmt: skip
def test_bodies_that_are_no_order_are_refused(served: Served, body: bytes, status: int) -> None:
    with served.http() as client:
        answer = client.post("/v2/orders", content=body)
        assert answer.status_code == status
        assert isinstance(answer.json()["code"], int)
        assert client.get("/v2/account").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"qty": "NaN"}, {"qty": "-1"}, {"qty": True}, {"qty": "1e99"}, {"qty": []}, {"qty": "1e-99999999"},
        {"side": "hold"},
        {"type": "guess"}, {"time_in_force": "later"}, {"extended_hours": "yes"}, {"symbol": ""},
        {"symbol": "A" * 5000},
        {"limit_price": "0"}, {"take_profit": 5}, {"order_class": "bracket"}, {"order_class": "mleg"}, {"side": None},
        {"client_order_id": "x" * 129}, {"client_order_id": 7}, {"position_intent": "sell_to_close"},
        {"advanced_instructions": {"algorithm": "TWAP"}}, {"type": "trailing_stop", "trail_percent": "0.05"},
    ],
)  # fmt: skip
def test_wrong_fields_are_refused_with_422(opened: Served, change: dict[str, object]) -> None:
    with opened.http() as client:
        answer = client.post("/v2/orders", json={**ORDER, **change})
        assert answer.status_code == 422, answer.text
        assert str(answer.json()["code"])[:3] in ("400", "422")
        assert client.get("/v2/orders?status=all").json() == []


def test_decimals_may_come_as_numbers(opened: Served) -> None:
    with opened.http() as client:
        body = {**ORDER, "qty": 1.0, "type": "limit", "limit_price": 100.1}
        answer = client.post("/v2/orders", json=body).json()
    assert (answer["qty"], answer["limit_price"]) == ("1", "100.1")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/orders/not-a-uuid", 422),
        ("GET", "/v2/orders/5f2d9b0e-90f4-4a19-a4f5-7c6a4f1d0c33", 404),
        ("DELETE", "/v2/orders/5f2d9b0e-90f4-4a19-a4f5-7c6a4f1d0c33", 404),
        ("GET", "/v2/orders:by_client_order_id?client_order_id=nobody", 404),
        ("GET", "/v2/orders?status=some", 422),
        ("GET", "/v2/orders?limit=501", 422),
        ("GET", "/v2/orders?after=yesterday", 422),
        ("GET", "/v2/positions/AAA", 404),
        ("DELETE", "/v2/positions/AAA?qty=1", 404),
        ("GET", "/v2/assets/NOPE", 404),
        ("GET", "/v2/calendar?start=soon", 422),
        ("GET", "/v2/account/activities?page_size=0", 422),
        ("GET", "/v2/account/portfolio/history?period=1X", 422),
        ("GET", "/v2/account/portfolio/history?period=1D&start=2024-01-01&end=2024-02-01", 422),
        ("GET", "/v2/stocks/AAA/rumours/latest", 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/v2/account", 405),
    ],
)
def test_wrong_requests_get_the_references_status_and_a_json_body(
    served: Served, method: str, path: str, status: int
) -> None:
    with served.http() as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    assert isinstance(answer.json()["message"], str)


def test_configured_keys_keep_strangers_out() -> None:
    settings = ServerSettings(credentials=Credentials("owner", "hidden"))
    with serving(venue(), settings) as served, served.http() as client:
        assert client.get("/v2/account").status_code == 401
        owner = {"APCA-API-KEY-ID": "owner", "APCA-API-SECRET-KEY": "hidden"}
        assert client.get("/v2/account", headers=owner).status_code == 200
        wrong = {"APCA-API-KEY-ID": "owner", "APCA-API-SECRET-KEY": "guess"}
        assert client.get("/qts/clock", headers=wrong).status_code == 401


def test_a_running_clock_limits_the_requests_of_a_virtual_minute() -> None:
    settings = ServerSettings(requests_per_minute=3)
    with serving(venue(speed=1e-6), settings) as served, served.http() as client:
        answers = [client.get("/v2/clock") for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert [a.headers["X-RateLimit-Remaining"] for a in answers] == ["2", "1", "0", "0"]
        assert answers[-1].json() == {"code": 42910000, "message": "rate limit exceeded"}
        assert client.get("/qts/clock").status_code == 200
        refused = client.post("/qts/clock/advance", json={"minutes": 1})
        assert refused.status_code == 409


@pytest.mark.parametrize(
    "body", [{"minutes": 0}, {"minutes": 1.5}, {"minutes": "x"}, {"until": "soon"}, {"minutes": 1e9}]
)
def test_advances_that_are_none_are_refused(served: Served, body: dict[str, object]) -> None:
    with served.http() as client:
        before = client.get("/qts/clock").json()
        assert client.post("/qts/clock/advance", json=body).status_code == 422
        assert client.get("/qts/clock").json() == before


def test_the_clock_tells_where_the_replay_stands(served: Served) -> None:
    assert served.advance(until="close") == {
        "now": "2024-11-27T21:00:00Z", "speed": "lockstep", "session": "2024-11-27", "is_open": False,
        "is_session_over": True, "is_over": False, "next_open": "2024-11-29T14:30:00Z",
        "next_close": "2024-11-29T18:00:00Z", "data_sequence": 0, "trade_sequence": 0, "bars": 3 * 390 - 39,
    }  # fmt: skip
    assert served.advance(until="close")["is_over"]


def test_basic_credentials_work_too(served: Served) -> None:
    with served.http() as client:
        bare = {"APCA-API-KEY-ID": "", "APCA-API-SECRET-KEY": ""}
        assert client.get("/v2/account", auth=("key", "secret"), headers=bare).status_code == 200
    assert HEADERS["APCA-API-KEY-ID"] == "key"
