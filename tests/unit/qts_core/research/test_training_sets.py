"""A training set is its files: made again bit for bit, whatever was written to the lake since."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.features import FeaturesSettings
from qts_core.config.models import ModelFeatures, ModelSettings, ModelsSettings, TrainingSettings
from qts_core.config.settings import Settings
from qts_core.config.universe import SymbolSettings, UniverseSettings
from qts_core.data.admission import admit_bars
from qts_core.data.ingest import clean_all, write_raw_bars
from qts_core.data.reading.parsing import parse_bars
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError
from qts_core.market.ids import digest
from qts_core.research.catalogues import catalogue_for
from qts_core.research.feature_months import compute_all_months
from qts_core.research.preparation import PreparedTraining, prepare_training
from qts_core.research.symbol_parts import symbol_roles
from qts_core.research.training_manifest import (
    TrainingManifest,
    load_manifest,
    manifest_blob,
    read_manifest,
    save_manifest,
)
from qts_core.research.training_sets import changed_files, rebuild, stored_sets
from qts_core.training.samples import TrainingSet
from tests.support.bar_tables import sound_bars

SYMBOLS = ("AAPL", "MSFT", "NVDA")
FEW = FeaturesSettings(groups=("technical_momentum",), exclude=("tech_stoch*",))
MODEL = ModelSettings(
    type="lightgbm", task="regression", target="relative_return_5bar",
    features=ModelFeatures(), training=TrainingSettings(train_sessions=8, test_sessions=4, step_sessions=4),
)  # fmt: skip
SETTINGS = Settings(
    universe=UniverseSettings(symbols=(SymbolSettings(symbol="AAPL", to_date=date(2024, 3, 5)),)),
    features=FEW,
    models=ModelsSettings(live_model="m", models={"m": MODEL}),
)
BARS = parse_bars(sound_bars(date(2024, 1, 22), date(2024, 3, 8), symbols=SYMBOLS), source="s", where="s").frame
ARRIVAL = datetime(2024, 2, 28, 12, 0, tzinfo=UTC)
REVISED = datetime(2024, 1, 30, 15, 0, tzinfo=UTC)


def lake_of(path: Path, bars: pl.DataFrame = BARS, *, universe: UniverseSettings = SETTINGS.universe) -> Lake:
    lake = Lake(path)
    admit_bars(lake, bars, calendar=xnys(), now=None, origin="s")
    refresh(lake, universe)
    return lake


def refresh(lake: Lake, universe: UniverseSettings = SETTINGS.universe) -> None:
    clean_all(lake, calendar=xnys())
    roles = symbol_roles(universe, lake, SYMBOLS)
    compute_all_months(lake, catalogue_for(FEW), symbols=SYMBOLS, calendar=xnys(), roles=roles)


def revise(lake: Lake, *, universe: UniverseSettings = SETTINGS.universe) -> None:
    """Let a correction of a bar of January arrive in February, and compute what follows from it."""
    bar = BARS.filter((pl.col("symbol") == "MSFT") & (pl.col("ts_event") == REVISED))
    prices = [(pl.col(name) * 1.01).round(2) for name in ("open", "high", "low", "close")]
    list(write_raw_bars(lake, bar.with_columns(*prices, ts_known=pl.lit(ARRIVAL).cast(pl.Datetime("us", "UTC"))), {}))
    refresh(lake, universe)


def prepared(lake: Lake, as_of: datetime | None = None) -> PreparedTraining:
    return prepare_training(lake, SETTINGS, "m", calendar=xnys(), as_of=as_of)


def assert_same_samples(found: TrainingSet, expected: TrainingSet) -> None:
    for name in ("features", "labels", "returns", "row", "column", "end_row"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    np.testing.assert_array_equal(found.timeline.ts_event, expected.timeline.ts_event)
    assert replace(found, features=expected.features).names == expected.names
    assert (found.symbols, found.parts, found.data_hash) == (expected.symbols, expected.parts, expected.data_hash)
    assert found.feature_hashes == expected.feature_hashes


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_of(tmp_path)


def test_a_set_is_made_again_from_its_manifest_after_a_revision_changed_everything(lake: Lake) -> None:
    before = prepared(lake)
    manifest = save_manifest(lake, before)
    revise(lake)
    assert prepared(lake).samples.hash != before.samples.hash
    found, plan = rebuild(lake, read_manifest(lake, manifest.sha256), calendar=xnys())
    assert_same_samples(found, before.samples)
    assert plan.hash == before.plan.hash
    assert found.training_set == before.samples.training_set == manifest.sha256


def test_as_of_a_moment_is_what_a_lake_of_that_moment_gave(lake: Lake, tmp_path: Path) -> None:
    moment = ARRIVAL - timedelta(hours=1)
    then = prepared(lake_of(tmp_path / "then", BARS.filter(pl.col("ts_known") <= moment)))
    revise(lake)
    found = prepared(lake, moment)
    for name in ("features", "labels", "returns", "row", "column", "end_row"):
        np.testing.assert_array_equal(getattr(found.samples, name), getattr(then.samples, name), err_msg=name)
    assert found.plan.hash == then.plan.hash
    assert np.isnan(found.samples.labels[-1]), "the label of the last bar lies in the future"
    manifest = save_manifest(lake, found)
    again, _ = rebuild(lake, manifest, calendar=xnys())
    assert_same_samples(again, found.samples)
    assert manifest.as_of == moment


def test_the_manifest_has_one_name_and_is_never_another(lake: Lake) -> None:
    first = save_manifest(lake, prepared(lake))
    assert save_manifest(lake, prepared(lake)).sha256 == first.sha256
    assert [found.sha256 for found in stored_sets(lake)] == [first.sha256]
    revise(lake)
    second = save_manifest(lake, prepared(lake))
    assert {found.sha256 for found in stored_sets(lake)} == {first.sha256, second.sha256}
    assert load_manifest(lake, "m").sha256 == second.sha256
    assert read_manifest(lake, first.sha256[:12]).to_bytes() == first.to_bytes()
    assert TrainingManifest.from_bytes(first.to_bytes(), "here").pinned == first.pinned


def test_a_file_that_changed_or_went_is_named(lake: Lake, tmp_path: Path) -> None:
    manifest = save_manifest(lake, prepared(lake))
    assert changed_files(lake, manifest) == ()
    bars, features = (next(p for p in manifest.pinned if p.table == table) for table in ("clean_bars", "features"))
    (tmp_path / bars.files[0]).unlink()
    path = tmp_path / features.files[0]
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert {changed.file for changed in changed_files(lake, manifest)} == {bars.files[0], features.files[0]}
    with pytest.raises(DataCorruptionError, match=bars.files[0].replace(".", r"\.")):
        rebuild(lake, manifest, calendar=xnys())


def test_other_samples_of_the_same_files_are_not_passed_off_as_the_old_ones(lake: Lake) -> None:
    manifest = save_manifest(lake, prepared(lake))
    other = manifest.model_copy(update={"settings": MODEL.model_copy(update={"target": "relative_return_6bar"})})
    with pytest.raises(DataCorruptionError, match=r"QTS-FEAT-028.*other samples come of them"):
        rebuild(lake, other, calendar=xnys())


def test_a_damaged_or_unknown_manifest_is_one_line(lake: Lake, tmp_path: Path) -> None:
    manifest = save_manifest(lake, prepared(lake))
    for unknown in ("0" * 64, "zz", "../../etc/passwd"):
        with pytest.raises(DataNotFoundError, match=r"QTS-FEAT-029.*datasets list"):
            read_manifest(lake, unknown)
    with pytest.raises(DataNotFoundError, match="QTS-FEAT-029"):
        load_manifest(lake, "other")
    content = json.loads(manifest.to_bytes())
    lake.write_blob(manifest_blob(manifest.sha256), json.dumps({**content, "surprise": 1}).encode())
    with pytest.raises(DataCorruptionError, match=r"QTS-FEAT-028.*was changed"):
        read_manifest(lake, manifest.sha256)


def test_a_manifest_that_differs_in_one_number_is_refused(lake: Lake) -> None:
    manifest = save_manifest(lake, prepared(lake))
    other = manifest.model_copy(update={"samples": manifest.samples + 1})
    lake.write_blob(manifest_blob(manifest.sha256), other.to_bytes())
    with pytest.raises(DataCorruptionError, match=r"QTS-FEAT-028.*was changed"):
        load_manifest(lake, manifest.model)
    unreadable = json.dumps({"surprise": 1}).encode()
    lake.write_blob(manifest_blob(digest(unreadable)), unreadable)
    with pytest.raises(DataCorruptionError, match=r"QTS-FEAT-028.*cannot be read"):
        read_manifest(lake, digest(unreadable))


def test_features_of_other_bars_than_those_there_are_refused(lake: Lake) -> None:
    late = BARS.filter(pl.col("ts_event") == pl.col("ts_event").max())
    prices = [(pl.col(name) * 1.01).round(2) for name in ("open", "high", "low", "close")]
    list(write_raw_bars(lake, late.with_columns(*prices, pl.col("ts_known") + timedelta(hours=1)), {}))
    clean_all(lake, calendar=xnys())
    with pytest.raises(DataNotFoundError, match=r"QTS-FEAT-027.*from 2024-03 on.*qts train"):
        prepared(lake)


def test_a_moment_without_a_zone_is_refused(lake: Lake) -> None:
    with pytest.raises(DataValidationError, match="QTS-DATA-006"):
        prepared(lake, datetime(2024, 2, 1))
