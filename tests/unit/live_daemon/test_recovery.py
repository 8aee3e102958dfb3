"""What predicts after a start: the features in memory, warmed anew only where the past of the universe changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from live_daemon.models import ReadyModel
from live_daemon.paths import LivePaths
from live_daemon.recovery import Recovery
from qts_core.adapters.settings_files import load_settings
from qts_core.market.calendar import Session, xnys
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.research.live_core import live_engine, live_hashes, make_core
from qts_core.trading.core import TradingCore
from qts_core.trading.live_predictor import LivePredictor
from tests.support.live_home import LiveHome, make_live_home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> LiveHome:
    return make_live_home(tmp_path_factory.mktemp("recovery"), symbols=4, first=date(2024, 11, 1), features=6)


class World:
    """A daemon's start, and the core that it finds."""

    def __init__(self, home: LiveHome, folder: Path) -> None:
        settings = load_settings(environment={"QTS_HOME": str(home.home)}).settings
        found = xnys().on(home.session)
        assert found is not None
        self.session: Session = found
        self.warnings: list[str] = []
        self.histories = 0
        model = ModelBundle.load(home.model).open()
        ready = ReadyModel(model, home.model, "", "a folder")
        self.recovery = Recovery(settings, LivePaths(folder), xnys(), ready, self.warnings.append)
        read = self.recovery.history

        def counted(session: Session) -> object:
            self.histories += 1
            return read(session)

        self.recovery.history = counted  # type: ignore[method-assign, assignment]
        engine = live_engine(model, instruments=self.recovery.instruments)
        self.core: TradingCore = make_core(
            settings, self.recovery.instruments, LivePredictor(engine, model), account="A", cash=Decimal(100_000),
            hashes=live_hashes(settings, model, code="", data=""),
        )  # fmt: skip
        self.core.swap_predictor(self.recovery.fresh_predictor(self.session, self.core))
        self.histories = 0

    def changed(self, *, member_to: date) -> None:
        """Have the first symbol leave on another day."""
        first, *others = self.recovery.instruments
        self.recovery.instruments = (replace(first, member_to=member_to), *others)


@pytest.fixture
def world(home: LiveHome, tmp_path: Path) -> World:
    return World(home, tmp_path)


def test_the_features_in_memory_are_gone_on_with_and_no_history_is_read(world: World) -> None:
    found = world.recovery.predictor(world.session, world.core)
    assert found.snapshot() == world.core.predictor.snapshot()
    assert (world.warnings, world.histories) == ([], 0)


def test_dates_to_come_change_nothing_of_what_the_features_remember(world: World) -> None:
    world.changed(member_to=date(2025, 3, 31))
    found = world.recovery.predictor(world.session, world.core)
    assert found.snapshot() == world.core.predictor.snapshot()
    assert (world.warnings, world.histories) == ([], 0)


def test_who_left_in_the_past_has_the_features_warmed_anew_with_a_word_about_it(world: World) -> None:
    world.changed(member_to=date(2024, 12, 13))
    found = world.recovery.predictor(world.session, world.core)
    assert found.snapshot() != world.core.predictor.snapshot()
    assert world.histories == 1
    (line,) = world.warnings
    assert line.startswith("features are warmed anew: QTS-FEAT-003")
    # as a daemon that starts on these dates without any memory
    engine = live_engine(world.recovery.ready.model, instruments=world.recovery.instruments)
    alone = LivePredictor(engine, world.recovery.ready.model)
    world.core.swap_predictor(alone)
    assert world.recovery.fresh_predictor(world.session, world.core).snapshot() == found.snapshot()


def test_another_model_is_warmed_from_history(world: World) -> None:
    model = world.recovery.ready.model
    other = LoadedModel(model.model, model.manifest, "f" * 64)
    engine = live_engine(other, instruments=world.recovery.instruments)
    world.core.swap_predictor(LivePredictor(engine, other))
    found = world.recovery.predictor(world.session, world.core)
    assert found.model_id == world.recovery.ready.model.model_id
    assert (world.warnings, world.histories) == ([], 1)
