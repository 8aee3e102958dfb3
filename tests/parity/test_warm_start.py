"""A start from the lake's feature state is the start from all history, bit for bit, or is not taken (12.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from live_daemon.history import History, load_history, warm
from qts_core.adapters.lake import Lake
from qts_core.config.settings import Settings
from qts_core.data.actions.table import actions_frame
from qts_core.data.ingest import register_actions
from qts_core.data.market_source import market_instruments
from qts_core.features import Catalogue, FeatureBlock, FeatureEngine, default_catalogue
from qts_core.market.calendar import xnys
from qts_core.market.panel import Floats, Panel
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.research.feature_months import compute_all_months, feature_snapshot, feature_table
from qts_core.research.live_core import WARM_BARS, live_engine, live_hashes, make_core, model_catalogue
from qts_core.trading.live_predictor import LivePredictor
from qts_core.trading.replay import take_epoch
from tests.support.live_home import make_live_home

SESSION = date(2024, 12, 31)
LATER = datetime(2025, 2, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """A lake with the model's features by month, and the model."""

    lake: Lake
    model: LoadedModel
    warnings: list[str] = field(default_factory=list)

    @property
    def history(self) -> History:
        session = xnys().on(SESSION)
        assert session is not None
        symbols = self.model.manifest.training.symbols
        return load_history(self.lake, xnys(), symbols, SESSION, session.open, self.warnings.append)

    def resume(self) -> tuple[FeatureEngine, date | None]:
        engine = live_engine(self.model, instruments=())
        return engine, self.history.resume(engine, model_catalogue(self.model))

    def warmed(self, engine: FeatureEngine, panel: Panel) -> tuple[str, Floats]:
        """Return the state of core and features after `panel`, and the scores on it."""
        settings = Settings()
        core = make_core(
            settings, market_instruments(self.lake, settings.universe, panel.symbols),
            LivePredictor(engine, self.model), account="A", cash=Decimal(100_000),
            hashes=live_hashes(settings, self.model, code="", data=""),
        )  # fmt: skip
        scores = warm(core, engine, self.model, panel)
        return take_epoch(core).to_json(), scores


@pytest.fixture
def world(tmp_path: Path) -> World:
    home = make_live_home(tmp_path, symbols=4, first=date(2024, 8, 19), features=12)
    lake, model = Lake(tmp_path / "lake"), ModelBundle.load(home.model).open()
    compute_all_months(lake, model_catalogue(model), symbols=model.manifest.training.symbols, calendar=xnys())
    return World(lake, model)


def test_features_and_core_are_those_of_all_history_bit_for_bit(world: World) -> None:
    engine, first = world.resume()
    assert first == date(2024, 10, 1), "the newest month that leaves the core its bars"
    part, whole = world.history.read(first), world.history.read(None)
    assert WARM_BARS <= len(part) < len(whole)
    state, scores = world.warmed(engine, part)
    expected_state, expected_scores = world.warmed(live_engine(world.model, instruments=()), whole)
    assert state == expected_state
    assert scores.tobytes() == expected_scores.tobytes()


def revise(lake: Lake) -> None:
    """Write another close into the past."""
    frame = lake.read_month("clean_bars", "2024-08")
    lake.write_month("clean_bars", "2024-08", frame.with_columns(pl.col("close") + 0.01), lineage={})


def split_in_the_past(lake: Lake) -> None:
    """Tell of a split that the features did not know."""
    symbol = lake.read_month("clean_bars", "2024-08")["symbol"][0]
    row = {"symbol": symbol, "ex_date": date(2024, 9, 5), "kind": "split", "new_shares": 2.0, "old_shares": 1.0}
    register_actions(lake, actions_frame([row]))


def damage(lake: Lake) -> None:
    """Flip the end of every snapshot in the lake."""
    for path in Path(lake.root).glob("blobs/snapshots/*/2024-09*"):
        path.write_bytes(path.read_bytes()[:-4] + b"????")


@pytest.mark.parametrize("change", [revise, split_in_the_past, damage])
def test_a_state_that_does_not_stem_from_what_the_lake_holds_now_is_not_taken(
    world: World, change: Callable[[Lake], None]
) -> None:
    change(world.lake)
    engine, first = world.resume()
    assert first != date(2024, 10, 1)
    assert (engine.last_ts_event is None) == (first is None)


def test_a_state_of_more_features_is_gone_on_from_bit_for_bit(world: World) -> None:
    catalogue, symbols = model_catalogue(world.model), world.model.manifest.training.symbols
    fewer = catalogue.subset(names=catalogue.names[1:8:3])
    engine = FeatureEngine(fewer, symbols)
    first = world.history.resume(engine, fewer)
    assert first == date(2024, 10, 1)
    part, whole = (FeatureBlock.of(world.history.read(begin)) for begin in (first, None))
    np.testing.assert_array_equal(engine.push(part), FeatureEngine(fewer, symbols).push(whole)[:, -len(part) :])
    assert world.warnings == []


def test_a_state_that_lacks_a_feature_is_not_taken_and_no_news(world: World) -> None:
    catalogue = model_catalogue(world.model)
    other = next(n for n in default_catalogue().names if n.startswith("stat_zscore") and n not in catalogue)
    more = default_catalogue().subset(names=[*catalogue.names, other])
    engine = FeatureEngine(more, world.model.manifest.training.symbols)
    assert world.history.resume(engine, more) is None
    assert engine.last_ts_event is None
    assert world.warnings == []


def test_bars_revised_after_the_moment_of_the_start_forbid_the_state(world: World) -> None:
    frame = world.lake.read_month("clean_bars", "2024-09").with_row_index("row")
    is_late = pl.col("row") == 0
    later = frame.with_columns(
        pl.col("ts_known") + pl.when(is_late).then(pl.duration(days=200)).otherwise(pl.duration(days=0))
    )
    world.lake.write_month("clean_bars", "2024-09", later.drop("row"), lineage={})
    symbols = world.model.manifest.training.symbols
    compute_all_months(world.lake, model_catalogue(world.model), symbols=symbols, calendar=xnys())
    assert world.resume()[1] != date(2024, 10, 1)


def newest(world: World) -> Path:
    (path,) = Path(world.lake.root).glob("blobs/snapshots/*/2024-09*")
    return path


def all_history(world: World) -> bool:
    """Return whether a start takes all history, with the engine untouched."""
    engine, first = world.resume()
    return first is None and engine.last_ts_event is None


def test_a_lost_state_is_no_news_and_a_damaged_one_is_told(world: World) -> None:
    path = newest(world)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert all_history(world)
    assert len(world.warnings) == 1
    assert "all history: QTS-DATA-009" in world.warnings[0]
    path.unlink()
    assert all_history(world)
    assert len(world.warnings) == 1


def test_a_state_of_another_run_is_told_even_when_it_is_whole(world: World) -> None:
    other = FeatureEngine(model_catalogue(world.model), world.model.manifest.training.symbols)
    name = newest(world).relative_to(Path(world.lake.root) / "blobs").as_posix()
    world.lake.write_blob(name, other.snapshot())
    assert all_history(world)
    assert "QTS-FEAT-025" in world.warnings[0]


def test_kernels_of_another_revision_have_another_table_and_no_state(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = model_catalogue(world.model)
    assert feature_snapshot(world.lake, catalogue, LATER) is not None
    monkeypatch.setattr(Catalogue, "hash", "0" * 64)
    assert feature_snapshot(world.lake, catalogue, LATER) is None


def test_an_older_state_is_gone_on_from_where_the_newest_month_is_not_there(world: World) -> None:
    table = feature_table(model_catalogue(world.model))
    (Path(world.lake.root) / table / "2024-09.json").unlink()
    engine, first = world.resume()
    assert first == date(2024, 9, 1)
    state, _ = world.warmed(engine, world.history.read(first))
    assert state == world.warmed(live_engine(world.model, instruments=()), world.history.read(None))[0]
