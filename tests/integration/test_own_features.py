"""An own feature on its whole way: file, months in the lake, training, bundle, daemon's engine; the same bits (6)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.features import FeaturesSettings
from qts_core.config.models import ModelSettings, ModelsSettings
from qts_core.config.settings import Settings
from qts_core.data.ingest import clean_all, load_panel, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.features import FeatureBlock
from qts_core.features.store import from_frame
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.errors import ModelLoadError
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.research.catalogues import catalogue_for, known_catalogue
from qts_core.research.feature_months import compute_all_months, feature_table
from qts_core.research.live_core import live_engine
from qts_core.research.preparation import prepare_training
from qts_core.training.trainer import train_walk_forward
from tests.conftest import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "my_features.py"
OWN = ("tech_lastmove_20_z", "tech_ewmavol_8_raw", "tech_ewmavol_32_raw")


@dataclass(frozen=True)
class World:
    """A lake with months of own features, and a model that learned from them alone."""

    settings: Settings
    lake: Lake
    model: LoadedModel
    file: Path

    def change(self, before: str, after: str) -> None:
        text = self.file.read_text()
        assert before in text
        self.file.write_text(text.replace(before, after))


@pytest.fixture
def world(trained: World) -> World:
    """The trained model beside the file as it was."""
    shutil.copy(EXAMPLE, trained.file)
    return trained


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> World:
    tmp_path = tmp_path_factory.mktemp("own")
    file = tmp_path / "my_features.py"
    shutil.copy(EXAMPLE, file)
    model = ModelSettings.model_validate(
        {
            "type": "lightgbm", "task": "regression", "target": "return_1bar",
            "hyperparameters": {"n_estimators": 5, "num_leaves": 4}, "features": {"groups": ["own", "own_volatility"]},
            "training": {"train_sessions": 17, "test_sessions": 4, "step_sessions": 4},
        },
        strict=False,
    )  # fmt: skip
    settings = Settings(
        features=FeaturesSettings(groups=("calendar",), own=(str(file),)),
        models=ModelsSettings(live_model="m", models={"m": model}),
    )
    span = SyntheticMarketSettings(symbols=4, first=date(2024, 1, 22), last=date(2024, 2, 23), seed=3)
    lake = Lake(tmp_path / "lake")
    register_synthetic(lake, synthetic_market(span), calendar=xnys())
    clean_all(lake, calendar=xnys())
    symbols = load_panel(lake, calendar=xnys()).symbols
    compute_all_months(lake, catalogue_for(settings.features), symbols=symbols, calendar=xnys())
    prepared = prepare_training(lake, settings, "m", calendar=xnys())
    assert prepared.samples.names == OWN
    run = train_walk_forward(prepared.entry, prepared.samples, prepared.plan)
    run.bundle.save(tmp_path / "bundle")
    return World(settings, lake, ModelBundle.load(tmp_path / "bundle").open(), file)


def test_the_daemons_engine_gives_the_bits_that_the_model_learned_from(world: World) -> None:
    panel = load_panel(world.lake, calendar=xnys())
    engine = live_engine(world.model, known_catalogue(world.settings.features), instruments=())
    live = [engine.push(FeatureBlock.of_slice(BarSlice.of(panel, row))) for row in range(len(panel))]
    table = feature_table(catalogue_for(world.settings.features))
    stored = np.full((len(OWN), len(panel), len(panel.symbols)), np.nan)
    for month in world.lake.months(table):
        values = from_frame(world.lake.read_month(table, month), panel.timeline, panel.symbols, engine.names)
        stored = np.where(np.isnan(values), stored, values)
    assert np.isfinite(stored).mean() > 0.9
    assert np.concatenate(live, axis=1).tobytes() == stored.tobytes()


def test_the_bundle_names_each_expression_and_the_source_of_each_kernel(world: World) -> None:
    known = known_catalogue(world.settings.features)
    kept = {each.name: each.hash for each in world.model.manifest.features}
    assert kept == {name: known[name].reference for name in OWN}
    assert kept["tech_lastmove_20_z"] == known["tech_lastmove_20_z"].version
    assert kept["tech_ewmavol_8_raw"].startswith(f"{known['tech_ewmavol_8_raw'].version} ewma_volatility@")


def test_a_file_whose_remarks_change_still_serves_the_model(world: World) -> None:
    world.change("Volatility, the newest", "How wild, the newest")
    live_engine(world.model, known_catalogue(world.settings.features), instruments=())


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("2.0 / (window + 1.0)", "1.0 / window", r"tech_ewmavol_8_raw.*kernel ewma_volatility"),
        ("ops.close, 1)), 20)", "ops.close, 2)), 20)", r"tech_lastmove_20_z.*its expression"),
        ('"tech_lastmove_20_z"', '"tech_lastmove_21_z"', r"tech_lastmove_20_z.*no such feature.*own"),
    ],
)
def test_a_file_that_computes_something_else_refuses_the_model_in_one_line(
    world: World, before: str, after: str, says: str
) -> None:
    world.change(before, after)
    with pytest.raises(ModelLoadError, match=f"QTS-MODEL-002.*{says}") as caught:
        live_engine(world.model, known_catalogue(world.settings.features), instruments=())
    assert "\n" not in str(caught.value)


def test_without_the_file_the_model_is_refused(world: World) -> None:
    with pytest.raises(ModelLoadError, match=r"QTS-MODEL-002.*no such feature.*features\.yaml"):
        live_engine(world.model, instruments=())
