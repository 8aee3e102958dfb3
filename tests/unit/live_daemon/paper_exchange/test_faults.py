"""Faults meet the requests they were planned for, in order, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from live_daemon.paper_exchange.faults import Fault, Faults
from tests.contract.alpaca.serving import Served, serving
from tests.unit.live_daemon.paper_exchange.replays import venue


def test_faults_wait_for_their_path_and_their_turn() -> None:
    faults = Faults()
    faults.plan(Fault("500", "/v2/stocks"), count=2, after=1)
    assert faults.left == 2
    assert faults.of("/v2/account") is None
    assert faults.of("/v2/stocks/bars") is None
    assert [faults.of("/v2/stocks/bars"), faults.of("/v2/stocks/x")] == [Fault("500", "/v2/stocks")] * 2
    assert (faults.of("/v2/stocks/bars"), faults.left) == (None, 0)


def test_forgotten_faults_do_not_come() -> None:
    faults = Faults()
    faults.plan(Fault("500", "/v2"), count=5, after=0)
    faults.clear()
    assert faults.of("/v2/account") is None


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """One exchange for all of these."""
    with serving(venue()) as served:
        yield served


@pytest.mark.parametrize(
    ("kind", "status", "begin"),
    [
        ("429", 429, '{"message": "too many requests."}'), ("500", 500, "{"), ("504", 504, "{"),
        ("html", 502, "<html>"), ("html200", 200, "<html>"), ("truncated", 200, '{"bars"'),
    ],
)  # fmt: skip
def test_each_kind_answers_in_its_way(running: Served, kind: str, status: int, begin: str) -> None:
    with running.http() as client:
        assert client.post("/qts/faults", json={"kind": kind, "path": "/v2/account"}).json() == {"left": 1}
        answer = client.get("/v2/account")
        assert (answer.status_code, answer.text.startswith(begin)) == (status, True)
        assert "X-RateLimit-Limit" in answer.headers
        assert client.get("/v2/account").status_code == 200


def test_a_cut_answer_breaks_off(running: Served) -> None:
    with running.http() as client:
        client.post("/qts/faults", json={"kind": "cut", "path": "/v2/account"})
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/v2/account")


def test_a_fault_after_the_effect_loses_the_answer_only(running: Served) -> None:
    order = {"symbol": "AAA", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    with running.http() as client:
        client.post("/qts/faults", json={"kind": "504", "path": "/v2/orders", "is_after_effect": True})
        assert client.post("/v2/orders", json=order).status_code == 504
        assert [o["symbol"] for o in client.get("/v2/orders?status=all").json()] == ["AAA"]


@pytest.mark.parametrize(
    "plan",
    [{"kind": "quake", "path": "/v2"}, {"kind": "500", "path": "/qts"}, {"kind": "500", "path": "/v2", "count": -1}],
)
def test_a_plan_that_is_none_is_refused(running: Served, plan: dict[str, object]) -> None:
    with running.http() as client:
        assert client.post("/qts/faults", json=plan).status_code == 422
