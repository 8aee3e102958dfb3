"""A core that doubts decides the same bits in backtest, replay, after a restart, and live bar by bar."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from live_daemon.history import warm
from qts_core.adapters.lake import Lake
from qts_core.backtest import run_event_backtest
from qts_core.data.ingest import load_panel
from qts_core.exchange import fill_settings
from qts_core.features import FeatureEngine, default_catalogue
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.events import BarsClosed
from qts_core.market.instruments import Instrument
from qts_core.market.time import from_micros
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, Hashes, RecordDecision
from qts_core.trading.event_codec import decode_event
from qts_core.trading.live_predictor import LivePredictor
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.replay import EpochSnapshot, replay
from qts_core.trading.settings import CoreSettings
from tests.support.decision_market import QUICK, core, instruments, panel, scores
from tests.support.doubts import intervals, stored
from tests.support.live_home import LiveHome
from tests.support.tape import Tape, recorded

BARS = panel(breadth=6, missing=0.02, seed=11)
SCORES = 10.0 * scores(BARS, seed=12)
MODEL = intervals(largest=0.017, horizon_bars=4, rate=0.02, level=0.5)
DOUBTS = stored(MODEL, SCORES.shape)


def predictor() -> StoredPredictor:
    return StoredPredictor(BARS.timeline, BARS.symbols, SCORES, doubts=DOUBTS)


def doubting() -> TradingCore:
    made = core(BARS, SCORES)
    made.swap_predictor(predictor())
    return made


@pytest.fixture(scope="module")
def tape() -> Tape:
    made = recorded(
        lambda: run_event_backtest(
            BARS, predictor(), QUICK, instruments=instruments(6), fills=fill_settings("realistic"), account="TEST",
            hashes=core(BARS, SCORES).hashes,
        )
    )  # fmt: skip
    silent = [v for d in made.decisions for v in d.verdicts if v.name == "abstain.interval"]
    assert 0.2 < len(silent) / np.isfinite(SCORES).sum() < 0.9
    return made


def test_the_journal_makes_every_doubting_decision_again(tape: Tape) -> None:
    again = list(replay(doubting, None, map(decode_event, tape.events)))
    assert [d.digest() for d in again] == [d.digest() for d in tape.decisions]


@pytest.mark.parametrize("share", [0.05, 0.4, 0.8])
def test_a_doubting_core_stopped_anywhere_goes_on_as_if_it_had_not_been(tape: Tape, share: float) -> None:
    start = int(share * len(tape.events))
    epoch = EpochSnapshot.from_json(tape.snapshots[start])
    again = list(replay(doubting, epoch, map(decode_event, tape.events[start:])))
    assert [d.digest() for d in again] == [d.digest() for d in tape.decisions[-len(again) :]]


def test_a_record_with_intervals_travels_exactly_and_one_without_is_as_it_was(tape: Tape) -> None:
    decision = tape.decisions[40]
    again = Decision.from_json(decision.to_json())
    assert again.digest() == decision.digest()
    assert again.low is not None
    assert decision.low is not None
    np.testing.assert_array_equal(again.low, decision.low)
    (plain, *_) = replay(lambda: core(BARS, SCORES), None, map(decode_event, tape.events))
    assert (plain.low, plain.high) == (None, None)
    assert '"low"' not in plain.to_json()


def test_silence_changes_what_is_done_and_the_raw_score_stays_in_the_record(tape: Tape) -> None:
    heard = run_event_backtest(
        BARS, StoredPredictor(BARS.timeline, BARS.symbols, SCORES, doubts=DOUBTS.silent()), QUICK,
        instruments=instruments(6), fills=fill_settings("realistic"), keep_decisions=True,
    )  # fmt: skip
    deaf = run_event_backtest(
        BARS, StoredPredictor(BARS.timeline, BARS.symbols, SCORES), QUICK, instruments=instruments(6),
        fills=fill_settings("realistic"), keep_decisions=True,
    )  # fmt: skip
    np.testing.assert_array_equal(heard.equity, deaf.equity)
    assert not any(v.name.startswith("abstain.") for d in heard.decisions for v in d.verdicts)
    assert [len(d.orders) for d in tape.decisions] != [len(d.orders) for d in deaf.decisions]
    for ours, theirs in zip(tape.decisions, deaf.decisions, strict=True):
        np.testing.assert_array_equal(ours.score, theirs.score)


@pytest.fixture(scope="module")
def model(live_home: LiveHome) -> LoadedModel:
    known = ModelBundle.load(live_home.model).open()
    horizon, symbols = known.horizon_bars, known.manifest.training.symbols
    doubt = intervals(largest=0.004, horizon_bars=horizon, rate=0.01, level=0.3, symbols=symbols)
    return LoadedModel(known.model, known.manifest, known.bundle_sha256, known.preprocessor, doubt)


def test_a_daemon_warmed_in_blocks_doubts_as_a_backtest_fed_bar_by_bar(live_home: LiveHome, model: LoadedModel) -> None:
    lake = Lake(live_home.home / "lake")
    bars = load_panel(lake, calendar=xnys(), first=xnys().shift(live_home.session, -12))
    names, columns = model.feature_names, bars.symbols
    traded = 2 * 26
    before, after = bars.rows(slice(0, len(bars) - traded)), bars.rows(slice(len(bars) - traded, len(bars)))
    tested = run_event_backtest(
        bars, LivePredictor(FeatureEngine(default_catalogue().subset(names=names), columns), model), CoreSettings(),
        instruments=[Instrument(s) for s in columns], fills=fill_settings("alpaca-paper"), account="A",
        first_decision=from_micros(int(after.timeline.ts_event[0])) - timedelta(minutes=1), keep_decisions=True,
    )  # fmt: skip
    engine = FeatureEngine(default_catalogue().subset(names=names), columns)
    live = TradingCore(
        CoreSettings(), [Instrument(s) for s in columns], LivePredictor(engine, model), account="A", strategy="ml",
        hashes=Hashes(), cash=Decimal(100_000),
    )  # fmt: skip
    warm(live, engine, model, before)
    lines = []
    for row in range(len(after)):
        outputs = live.handle(BarsClosed(BarSlice.of(after, row)))
        lines += [o.decision for o in outputs if isinstance(o, RecordDecision)]
    assert len(lines) == len(tested.decisions) == traded
    for ours, theirs in zip(lines, tested.decisions, strict=True):
        assert ours.low is not None
        assert theirs.low is not None
        assert ours.low.tobytes() == theirs.low.tobytes()
        silent = [[(v.symbol, v.reason) for v in d.verdicts if v.name.startswith("abstain.")] for d in (ours, theirs)]
        assert silent[0] == silent[1]
    assert any(v.name == "abstain.interval" for d in lines for v in d.verdicts)
