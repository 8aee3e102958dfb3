"""One session live through sockets and through the backtest: every decision equal bit for bit (ARCHITECTURE 1.2)."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from live_daemon.history import BARS_A_SESSION, WARM_SESSIONS
from live_daemon.recovery import instruments_of
from live_daemon.report import decisions_digest
from qts_core.adapters.db.journal import Journal
from qts_core.adapters.lake import Lake
from qts_core.adapters.settings_files import load_settings
from qts_core.backtest import run_event_backtest
from qts_core.data.ingest import load_actions, load_panel
from qts_core.exchange import fill_settings
from qts_core.features import FeatureBlock
from qts_core.market.calendar import xnys
from qts_core.models.bundle import ModelBundle
from qts_core.research.live_core import live_engine, replay_journal
from qts_core.trading.decision import Decision
from qts_core.trading.live_predictor import LivePredictor
from qts_core.trading.settings import core_settings
from tests.support.live_home import LiveHome
from tests.support.processes import daemon_home, start_daemon

pytestmark = pytest.mark.process


def backtest_decisions(live_home: LiveHome, live: list[Decision], home: Path) -> tuple[Decision, ...]:
    """Return the decisions of the event backtest on the same session, settings and hashes."""
    settings = load_settings(config_dir=None, environment={"QTS_HOME": str(home)}).settings
    model = ModelBundle.load(live_home.model).open()
    lake, calendar = Lake(live_home.home / "lake"), xnys()
    session = calendar.on(live_home.session)
    assert session is not None
    panel = load_panel(lake, calendar=calendar, last=live_home.session)
    day = session.bars(15)
    first = max(len(panel) - day - WARM_SESSIONS * BARS_A_SESSION, 0)
    engine = live_engine(model)
    if first:
        engine.push(FeatureBlock.of(panel.rows(slice(0, first))))
    result = run_event_backtest(
        panel.rows(slice(first, len(panel))), LivePredictor(engine, model), core_settings(settings),
        instruments=instruments_of(lake, settings, panel.symbols), fills=fill_settings("alpaca-paper"),
        cash=Decimal(100_000), actions=load_actions(lake), account=live[0].account, strategy=live[0].strategy,
        hashes=live[0].hashes, first_decision=session.open - timedelta(minutes=1), keep_decisions=True,
    )  # fmt: skip
    return result.decisions


def test_a_live_session_through_sockets_makes_the_backtests_decisions_bit_for_bit(
    live_home: LiveHome, tmp_path: Path
) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    code, out, err = start_daemon(home, "--speed", "lockstep", "--session", live_home.session.isoformat()).finish()
    assert code == 0, err
    with Journal(home / "live" / "journal.db", create=False) as journal:
        live = [Decision.from_json(stored.body) for stored in journal.decisions()]
        replayed = list(replay_journal(journal))
        assert journal.verify() > len(live)
    tested = backtest_decisions(live_home, live, home)
    assert len(live) == len(tested) == 26
    assert sum(len(decision.orders) for decision in live) > 0
    for ours, theirs in zip(live, tested, strict=True):
        assert ours.to_json() == theirs.to_json()
    assert json.loads(out)["decisions_digest"] == decisions_digest(tested)
    assert [made.digest() for made, _ in replayed] == [decision.digest() for decision in live]
    assert all(stored is not None and made.digest() == stored.digest for made, stored in replayed)
