"""One session live through sockets and through the backtest: every decision equal bit for bit (ARCHITECTURE 1.2)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from live_daemon.report import decisions_digest
from qts_core.adapters.db.journal import Journal
from qts_core.adapters.lake import Lake
from qts_core.adapters.settings_files import load_settings
from qts_core.market.calendar import xnys
from qts_core.models.bundle import ModelBundle
from qts_core.research.live_core import replay_journal
from qts_core.research.session_parity import backtest_session
from qts_core.trading.decision import Decision
from tests.support.live_home import LiveHome
from tests.support.processes import daemon_home, start_daemon

pytestmark = pytest.mark.process


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
    session = xnys().on(live_home.session)
    assert session is not None
    tested = backtest_session(
        Lake(home / "lake"), load_settings(config_dir=None, environment={"QTS_HOME": str(home)}).settings,
        ModelBundle.load(live_home.model).open(), live, session, calendar=xnys(), cash=Decimal(100_000),
    )  # fmt: skip
    assert len(live) == len(tested) == 26
    assert sum(len(decision.orders) for decision in live) > 0
    for ours, theirs in zip(live, tested, strict=True):
        assert ours.to_json() == theirs.to_json()
    assert json.loads(out)["decisions_digest"] == decisions_digest(tested)
    assert [made.digest() for made, _ in replayed] == [decision.digest() for decision in live]
    assert all(stored is not None and made.digest() == stored.digest for made, stored in replayed)
