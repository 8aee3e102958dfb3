"""A universe with dates: backtest, live session and replay make the same decisions, bit for bit (ARCHITECTURE 1.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.db.journal import Journal
from qts_core.adapters.lake import Lake
from qts_core.adapters.settings_files import load_settings
from qts_core.backtest import run_event_backtest
from qts_core.exchange import fill_settings
from qts_core.market.calendar import xnys
from qts_core.market.instruments import Instrument
from qts_core.models.bundle import ModelBundle
from qts_core.research.live_core import replay_journal
from qts_core.research.session_parity import backtest_session
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision
from qts_core.trading.event_codec import decode_event
from qts_core.trading.membership import LEFT
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.replay import EpochSnapshot, replay
from tests.support.decision_market import WEIGHTS, core, instruments, panel
from tests.support.live_home import LiveHome
from tests.support.processes import daemon_home, start_daemon
from tests.support.tape import Tape, recorded

BARS = panel(breadth=6, seed=21)
WEIGHT = np.full(BARS["close"].shape, 0.1)
LEAVES, JOINS = 0, 1


def listed() -> tuple[Instrument, ...]:
    """Six symbols: one leaves after Tuesday, one joins on Wednesday, one is only read."""
    found = list(instruments(6))
    found[LEAVES] = replace(found[LEAVES], member_to=date(2024, 3, 5))
    found[JOINS] = replace(found[JOINS], member_from=date(2024, 3, 6))
    found[2] = replace(found[2], role="market", is_tradable=False)
    return tuple(found)


@pytest.fixture(scope="module")
def tape() -> Tape:
    made = recorded(
        lambda: run_event_backtest(
            BARS, StoredPredictor(BARS.timeline, BARS.symbols, WEIGHT), WEIGHTS, instruments=listed(),
            fills=fill_settings("realistic"), account="TEST", hashes=core(BARS, WEIGHT).hashes,
        )
    )  # fmt: skip
    assert any(verdict.name == LEFT for decision in made.decisions for verdict in decision.verdicts)
    return made


def core_of_journal() -> TradingCore:
    """Return a core whose instruments came through JSON, as those of an epoch do."""
    return TradingCore(
        WEIGHTS, [Instrument.from_json(i.to_json()) for i in listed()],
        StoredPredictor(BARS.timeline, BARS.symbols, WEIGHT), account="TEST", strategy="ml",
        hashes=core(BARS, WEIGHT).hashes, cash=Decimal(100_000),
    )  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.8])
def test_a_journal_replayed_from_anywhere_closes_what_left_at_the_same_bar(tape: Tape, share: float) -> None:
    start = int(share * len(tape.events))
    epoch = EpochSnapshot.from_json(tape.snapshots[start])
    again = list(replay(core_of_journal, epoch, map(decode_event, tape.events[start:])))
    assert again
    assert [d.digest() for d in again] == [d.digest() for d in tape.decisions[-len(again) :]]


@pytest.mark.process
def test_a_live_session_with_a_dated_universe_makes_the_backtests_decisions_bit_for_bit(
    live_home: LiveHome, tmp_path: Path
) -> None:
    symbols = sorted(ModelBundle.load(live_home.model).manifest.training.symbols)
    day, before = live_home.session, xnys().shift(live_home.session, -1)
    left, joins, is_read = symbols[:3]
    config = tmp_path / "config"
    config.mkdir()
    (config / "universe.yaml").write_text(
        f'symbols:\n  - {{symbol: {left}, to: "{before}"}}\n  - {{symbol: {joins}, from: "{day}"}}\n'
        f"auxiliary:\n  - {{symbol: {is_read}, role: market}}\n",
        encoding="utf-8",
    )
    home = daemon_home(live_home.home, tmp_path / "home")
    daemon = start_daemon(home, "--speed", "lockstep", "--session", day.isoformat(), QTS_CONFIG_DIR=str(config))
    code, _, err = daemon.finish()
    assert code == 0, err
    with Journal(home / "live" / "journal.db", create=False) as journal:
        live = [Decision.from_json(stored.body) for stored in journal.decisions()]
        replayed = [made.digest() for made, _ in replay_journal(journal)]
    session = xnys().on(day)
    assert session is not None
    settings = load_settings(config_dir=config, environment={"QTS_HOME": str(home)}).settings
    tested = backtest_session(
        Lake(home / "lake"), settings, ModelBundle.load(live_home.model).open(), live, session, calendar=xnys(),
        cash=Decimal(100_000),
    )  # fmt: skip
    assert len(live) == len(tested) == 26
    assert [d.to_json() for d in live] == [d.to_json() for d in tested]
    assert replayed == [d.digest() for d in live]
    ordered = {order.request.symbol for decision in live for order in decision.orders}
    assert ordered
    assert not ordered & {left, is_read}
    outside = [live[0].symbols.index(symbol) for symbol in (left, is_read)]
    assert all(np.isnan(decision.strength[outside]).all() for decision in live)
