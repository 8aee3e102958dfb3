"""kill -9 at any moment and start again: no duplicate order, positions equal to the exchange's (F01 to F06)."""

from __future__ import annotations

import json
import random
import sqlite3
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from tests.support.live_home import LiveHome
from tests.support.processes import Daemon, Exchange, daemon_home, start_daemon, start_exchange

pytestmark = pytest.mark.process


def broker_orders(rest: str) -> list[dict[str, str]]:
    """Return every order of the exchange."""
    headers = {"APCA-API-KEY-ID": "embedded", "APCA-API-SECRET-KEY": "embedded"}
    query = {"status": "all", "limit": "500"}
    found: list[dict[str, str]] = httpx.get(f"{rest}/v2/orders", params=query, headers=headers).json()
    return found


def broker_positions(rest: str) -> dict[str, Decimal]:
    """Return the exchange's signed positions."""
    headers = {"APCA-API-KEY-ID": "embedded", "APCA-API-SECRET-KEY": "embedded"}
    rows = httpx.get(f"{rest}/v2/positions", headers=headers).json()
    return {r["symbol"]: abs(Decimal(r["qty"])) * (-1 if r["side"] == "short" else 1) for r in rows}


def journal_rows(home: Path, query: str) -> list[tuple[object, ...]]:
    """Return rows of the daemon's journal."""
    with sqlite3.connect(home / "live" / "journal.db") as connection:
        return connection.execute(query).fetchall()


def booked_positions(home: Path) -> dict[str, Decimal]:
    """Return positions as the sum of the journal's executions."""
    held: dict[str, Decimal] = {}
    for symbol, side, quantity in journal_rows(home, "select symbol, side, quantity from executions"):
        signed = Decimal(str(quantity)) * (1 if side == "buy" else -1)
        held[str(symbol)] = held.get(str(symbol), Decimal(0)) + signed
    return {symbol: quantity for symbol, quantity in held.items() if quantity}


def journal_account(home: Path) -> str:
    """Return the account that the journal's epochs are of."""
    ((account,),) = journal_rows(home, "select distinct account from epochs")
    return str(account)


def let_run_and_kill(daemon: Daemon, event: str, times: int) -> None:
    """Kill the daemon as soon as `event` has been logged `times` more often than before."""
    target = daemon.count(event) + times
    daemon.wait_until(lambda: daemon.count(event) >= target)
    daemon.kill()


@pytest.mark.parametrize(
    ("seed", "kills"), [(1, 2), pytest.param(2, 4, marks=pytest.mark.slow), pytest.param(3, 4, marks=pytest.mark.slow)]
)
def test_killed_at_random_moments_it_sends_no_order_twice_and_ends_with_the_exchanges_positions(
    live_home: LiveHome, tmp_path: Path, seed: int, kills: int
) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    exchange = start_exchange(home, "--session", live_home.session.isoformat())
    chance = random.Random(seed)
    arguments = ("--exchange", exchange.rest, "--until-close")
    try:
        for event in chance.sample(["order.sent", "bar.closed", "fill.booked", "daemon.started", "epoch.begun"], kills):
            let_run_and_kill(start_daemon(home, *arguments), event, chance.randint(1, 3))
        code, out, err = start_daemon(home, *arguments).finish()
        assert code == 0, err
        assert '"decisions": 26' in out, out
        orders = broker_orders(exchange.rest)
        names = [order["client_order_id"] for order in orders]
        intended = {str(name) for (name,) in journal_rows(home, "select client_order_id from intents")}
        assert orders, "the session has orders"
        assert len(names) == len(set(names))
        assert set(names) <= intended, "every order was durable before it left"
        assert booked_positions(home) == broker_positions(exchange.rest)
        decided = journal_rows(home, "select count(*), count(distinct ts_event) from decisions")
        assert decided == [(26, 26)]
    finally:
        exchange.stop()


def test_killed_in_the_middle_it_finds_its_embedded_exchange_again_and_finishes_the_session(
    live_home: LiveHome, tmp_path: Path
) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    daemon = start_daemon(home, "--speed", "lockstep", "--session", live_home.session.isoformat())
    let_run_and_kill(daemon, "fill.booked", 1)
    exchange = Exchange.embedded(home)
    try:
        account, orders, held = journal_account(home), broker_orders(exchange.rest), broker_positions(exchange.rest)
        assert held
        again = start_daemon(home)
        again.wait_until(lambda: daemon.count("daemon.started") == 2)
        assert Exchange.embedded(home) == exchange
        names = [order["client_order_id"] for order in broker_orders(exchange.rest)]
        assert {order["client_order_id"] for order in orders} <= set(names)
        assert len(names) == len(set(names))
        code, out, err = again.finish()
        assert code == 0, err
        summary = json.loads(out.splitlines()[-1])
        assert (summary["account"], summary["decisions"]) == (account, 26)
        assert summary["mode"] == "TRADING", "reconciled at the close: positions and orders are the exchange's"
        assert journal_account(home) == account
        assert not (home / "live" / "archive").exists(), "one journal, for one account"
        assert not (home / "live" / "exchange.json").exists(), "a finished session takes its exchange with it"
    finally:
        exchange.stop()


def test_a_twin_daemon_is_refused_with_exit_code_4(live_home: LiveHome, tmp_path: Path) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    exchange = start_exchange(home, "--session", live_home.session.isoformat())
    first = start_daemon(home, "--exchange", exchange.rest, "--until-close")
    try:
        first.wait_until(lambda: (home / "live" / "daemon.lock").exists())
        code, _, err = start_daemon(home, "--exchange", exchange.rest).finish()
        assert code == 4
        assert "QTS-LIVE-001" in err
    finally:
        first.kill()
        exchange.stop()
