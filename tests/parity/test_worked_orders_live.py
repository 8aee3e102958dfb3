"""A session with orders worked in five-minute slices, live through sockets, killed or not: the backtest's bits."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from qts_core.adapters.db.journal import Journal
from qts_core.adapters.lake import Lake
from qts_core.adapters.settings_files import load_settings
from qts_core.market.calendar import xnys
from qts_core.models.bundle import ModelBundle
from qts_core.research.live_core import replay_journal
from qts_core.research.session_parity import backtest_session
from qts_core.trading.decision import Decision
from tests.support.live_home import LiveHome
from tests.support.processes import Exchange, daemon_home, start_daemon, start_exchange

pytestmark = pytest.mark.process

TWAP = {
    "QTS_TRADING__EXECUTION__ALGORITHM": "twap",
    "QTS_TRADING__EXECUTION__INTERVAL_MINUTES": "5",
    "QTS_TRADING__EXECUTION__DURATION_MINUTES": "45",
}


def backtest_of(live: list[Decision], live_home: LiveHome, home: Path) -> tuple[Decision, ...]:
    """Return what the backtest decides in the session, with the same settings and minutes."""
    session = xnys().on(live_home.session)
    assert session is not None
    settings = load_settings(config_dir=None, environment={"QTS_HOME": str(home), **TWAP}).settings
    assert settings.trading.execution.algorithm == "twap"
    return backtest_session(
        Lake(home / "lake"), settings, ModelBundle.load(live_home.model).open(), live, session, calendar=xnys(),
        cash=Decimal(100_000),
    )  # fmt: skip


def told(home: Path) -> tuple[list[Decision], list[str]]:
    """Return what the journal holds: the decisions, and the ids of every order that was to be sent."""
    with Journal(home / "live" / "journal.db", create=False) as journal:
        live = [Decision.from_json(stored.body) for stored in journal.decisions()]
        assert [made.digest() for made, _ in replay_journal(journal)] == [decision.digest() for decision in live]
        return live, [str(row["client_order_id"]) for row in journal.rows("intents")]


def check(home: Path, live_home: LiveHome) -> None:
    live, sent = told(home)
    tested = backtest_of(live, live_home, home)
    assert len(live) == len(tested) == 26
    for ours, theirs in zip(live, tested, strict=True):
        assert ours.to_json() == theirs.to_json()
    assert sum(len(decision.parents) for decision in live) > 0
    at_bars = {order.request.client_order_id for decision in live for order in decision.orders}
    assert at_bars < set(sent), "children left between bars too"
    assert len(sent) == len(set(sent))


def test_slices_between_bars_live_are_the_backtests_on_minutes(live_home: LiveHome, tmp_path: Path) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    day = ("--speed", "lockstep", "--session", live_home.session.isoformat())
    code, _, err = start_daemon(home, *day, **TWAP).finish()
    assert code == 0, err
    check(home, live_home)


def test_killed_in_the_middle_of_a_parent_it_goes_on_with_the_same_children(
    live_home: LiveHome, tmp_path: Path
) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    exchange: Exchange = start_exchange(home, "--session", live_home.session.isoformat())
    arguments = ("--exchange", exchange.rest, "--until-close")
    try:
        daemon = start_daemon(home, *arguments, **TWAP)
        daemon.wait_until(lambda: daemon.count("order.sent") >= 5)
        daemon.kill()
        code, _, err = start_daemon(home, *arguments, **TWAP).finish()
        assert code == 0, err
        live, sent = told(home)
        tested = backtest_of(live, live_home, home)
        parents = [order.request.client_order_id for decision in tested for order in decision.parents]
        assert [o.request.client_order_id for decision in live for o in decision.parents][:3] == parents[:3]
        assert len(sent) == len(set(sent))
    finally:
        exchange.stop()
