"""Two sessions live through sockets, splits and dividends in the night between: still the backtest's bits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from qts_core.adapters.db.journal import Journal
from qts_core.adapters.lake import Lake
from qts_core.adapters.settings_files import load_settings
from qts_core.data.actions.table import actions_frame
from qts_core.data.synthetic import SyntheticMarket
from qts_core.market.calendar import xnys
from qts_core.models.bundle import ModelBundle
from qts_core.research.live_core import replay_journal
from qts_core.research.session_parity import backtest_session, compare_decisions
from qts_core.trading.decision import Decision
from tests.support.live_home import LiveHome, make_live_home
from tests.support.processes import daemon_home, start_daemon, start_exchange

pytestmark = pytest.mark.process

FIRST, SECOND = date(2024, 12, 30), date(2024, 12, 31)
RATIO = 2
CASH = 0.25


def divided(symbols: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """Return who splits and who pays: every other symbol splits, the rest pay, and the first does both."""
    return set(symbols[::2]), {*symbols[1::2], symbols[0]}


def with_actions(market: SyntheticMarket) -> SyntheticMarket:
    """Return the market with 2:1 splits and dividends on its last day."""
    splitting, paying = divided(market.symbols)
    is_new = pl.col("symbol").is_in(splitting) & (pl.col("ts_event").dt.date() == SECOND)
    prices = [pl.when(is_new).then(pl.col(n) / RATIO).otherwise(n).alias(n) for n in ("open", "high", "low", "close")]
    volume = pl.when(is_new).then(pl.col("volume") * RATIO).otherwise("volume")
    bars = market.bars.with_columns(*prices, volume=volume, vwap=pl.lit(None, pl.Float64))
    rows = [{"symbol": s, "kind": "split", "new_shares": float(RATIO), "old_shares": 1.0} for s in sorted(splitting)]
    rows += [{"symbol": s, "kind": "dividend", "cash_per_share": CASH} for s in sorted(paying)]
    actions = actions_frame([{**row, "ex_date": SECOND, "source": "test"} for row in rows])
    return replace(market, bars=bars, corporate_actions=pl.concat([market.corporate_actions, actions]))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> LiveHome:
    folder = Path(tmp_path_factory.mktemp("actions"))
    return make_live_home(folder, symbols=8, first=date(2024, 11, 1), last=SECOND, features=6, change=with_actions)


def test_positions_cash_and_every_decision_go_through_splits_and_dividends_as_in_backtest_and_replay(
    home: LiveHome, tmp_path: Path
) -> None:
    place = daemon_home(home.home, tmp_path / "home")
    exchange = start_exchange(place, "--session", FIRST.isoformat(), "--sessions", "2")
    try:
        code, _, err = start_daemon(place, "--exchange", exchange.rest, "--keep-running").finish()
        assert code == 0, err
    finally:
        exchange.stop()
    live = decisions_of(place)
    first, last = (xnys().on(day) for day in (FIRST, SECOND))
    assert first is not None
    assert last is not None
    tested = backtest_session(
        Lake(place / "lake"), load_settings(config_dir=None, environment={"QTS_HOME": str(place)}).settings,
        ModelBundle.load(home.model).open(), live, first, last=last, calendar=xnys(), cash=Decimal(100_000),
    )  # fmt: skip
    parity = compare_decisions(live, tested)
    assert (parity.compared, parity.differences) == (52, 0), parity.first
    evening, morning = live[25], live[26]
    splitting, paying = divided(morning.symbols)
    held = dict(evening.positions)
    assert splitting & set(held)
    assert paying & set(held)
    assert dict(morning.positions) == {s: n * RATIO if s in splitting else n for s, n in held.items()}
    # Who is short pays: a dividend of the shares held before the split.
    paid = sum((n * Decimal(str(CASH)) for s, n in held.items() if s in paying), Decimal(0))
    assert paid != 0
    assert morning.cash - evening.cash == paid
    # The marks of the evening stay those of the evening, and the morning's are in new shares.
    night = morning.price / evening.price
    is_split = np.array([symbol in splitting for symbol in morning.symbols])
    assert (np.abs(night[is_split] * RATIO - 1.0) < 0.1).all()
    assert (np.abs(night[~is_split] - 1.0) < 0.1).all()


def decisions_of(home: Path) -> list[Decision]:
    """Return what was decided live, after asking that a replay of the journal decides the same."""
    with Journal(home / "live" / "journal.db", create=False) as journal:
        live = [Decision.from_json(stored.body) for stored in journal.decisions()]
        assert journal.verify() > len(live)
        replayed = [made.digest() for made, _ in replay_journal(journal)]
    assert replayed == [decision.digest() for decision in live]
    return live
