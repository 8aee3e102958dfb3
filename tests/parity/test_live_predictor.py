"""A model fed bar by bar decides what the same model decides on features computed in one go, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.data.ingest import load_panel
from qts_core.exchange import fill_settings
from qts_core.features import Catalogue, FeatureEngine, default_catalogue
from qts_core.features.store import compute_panel
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.events import BarsClosed
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import from_micros
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Hashes, RecordDecision
from qts_core.trading.live_predictor import LivePredictor
from qts_core.trading.predictors import Predictor, StoredPredictor
from qts_core.trading.replay import EpochSnapshot, replay, take_epoch
from qts_core.trading.settings import CoreSettings
from tests.support.live_home import make_live_home


@dataclass(frozen=True)
class World:
    """Bars and a model of them."""

    bars: Panel
    model: LoadedModel
    catalogue: Catalogue

    def live(self) -> LivePredictor:
        return LivePredictor(FeatureEngine(self.catalogue, self.bars.symbols), self.model)

    def batch_scores(self) -> Floats:
        """Return the scores [T, N] of features computed over all bars at once."""
        result = compute_panel(self.bars, self.catalogue)
        place = [result.names.index(name) for name in self.model.feature_names]
        rows = result.values[place].transpose(1, 2, 0).reshape(-1, len(place))
        score = self.model.score(np.ascontiguousarray(rows)).reshape(self.bars["close"].shape)
        return np.where(np.isnan(self.bars["close"]), np.nan, score)

    def instruments(self) -> tuple[Instrument, ...]:
        return tuple(Instrument(symbol) for symbol in self.bars.symbols)

    def run(self, predictor: Predictor) -> BacktestResult:
        start = from_micros(int(self.bars.timeline.ts_event[-3 * 26])) - timedelta(minutes=1)
        return run_event_backtest(
            self.bars, predictor, CoreSettings(), instruments=self.instruments(), fills=fill_settings("alpaca-paper"),
            first_decision=start, keep_decisions=True,
        )  # fmt: skip

    def core(self) -> TradingCore:
        return TradingCore(
            CoreSettings(), self.instruments(), self.live(), account="A", strategy="ml", hashes=Hashes(),
            cash=Decimal(100_000),
        )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    home: Path = tmp_path_factory.mktemp("home")
    live_home = make_live_home(home)
    bars = load_panel(Lake(home / "lake"), calendar=xnys(), first=xnys().shift(live_home.session, -25))
    model = ModelBundle.load(live_home.model).open()
    return World(bars, model, default_catalogue().subset(names=model.feature_names))


def test_scores_bar_by_bar_are_those_of_the_batch(world: World) -> None:
    live, batch = world.live(), world.batch_scores()
    for row in range(len(world.bars)):
        score = live.predict(BarSlice.of(world.bars, row)).score
        assert np.array_equal(score, batch[row], equal_nan=True), f"row {row}"


def test_a_backtest_on_the_live_model_is_the_one_on_its_stored_predictions(world: World) -> None:
    live = world.run(world.live())
    stored = world.run(
        StoredPredictor(world.bars.timeline, world.bars.symbols, world.batch_scores(), model_id=world.model.model_id)
    )
    assert live.fills
    assert [f.client_order_id for f in live.fills] == [f.client_order_id for f in stored.fills]
    assert live.equity.tobytes() == stored.equity.tobytes()
    for mine, theirs in zip(live.decisions, stored.decisions, strict=True):
        assert np.array_equal(mine.target_weight, theirs.target_weight)
    assert all(d.features_digest for d in live.decisions)
    assert [len(d.order_features) for d in live.decisions] == [len(d.orders) for d in live.decisions]


def decide(core: TradingCore, bars: Panel, rows: range, *, catch_up: Callable[[int], bool]) -> list[str]:
    found = []
    for row in rows:
        for output in core.handle(BarsClosed(BarSlice.of(bars, row), is_catch_up=catch_up(row))):
            if isinstance(output, RecordDecision):
                found.append(output.decision.digest())
    return found


def test_features_model_and_core_go_on_from_a_snapshot_bit_for_bit(world: World) -> None:
    last = len(world.bars)
    whole, stopped = world.core(), world.core()
    expected = decide(whole, world.bars, range(last), catch_up=lambda row: row < last - 26)
    decide(stopped, world.bars, range(last - 10), catch_up=lambda row: row < last - 26)
    epoch = EpochSnapshot.from_json(take_epoch(stopped).to_json())
    rest = (BarsClosed(BarSlice.of(world.bars, row)) for row in range(last - 10, last))
    assert [d.digest() for d in replay(world.core, epoch, rest)] == expected[-10:]
