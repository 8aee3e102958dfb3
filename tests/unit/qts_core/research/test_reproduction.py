"""A registered version comes out again byte for byte; where it does not, the cause is named in one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.universe import UniverseSettings
from qts_core.data.ingest import clean_all, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.market.errors import ModelError, ModelNotFoundError
from qts_core.ports.registry import CHAMPION, RegisteredVersion
from qts_core.research.catalogues import catalogue_for
from qts_core.research.comparison import Comparison, compare_versions, report_against_champion
from qts_core.research.feature_months import compute_all_months
from qts_core.research.pipeline import TrainedModel, train_model
from qts_core.research.preparation import prepare_training
from qts_core.research.reproduction import Cause, Reproduction, reproduce
from qts_core.research.tools import ResearchTools
from qts_core.research.training_manifest import TrainingManifest, read_manifest
from qts_core.research.version_reference import find_version
from qts_core.research.versioning import ENVIRONMENT_TAG
from tests.unit.qts_core.research import test_training_sets
from tests.unit.qts_core.research.memory import MemoryRegistry, memory_tools
from tests.unit.qts_core.research.test_training_sets import FEW, MODEL, lake_of, revise

NAME = "qts_m"
SETTINGS = test_training_sets.SETTINGS.model_copy(update={"universe": UniverseSettings()})
OTHER = MODEL.model_copy(update={"hyperparameters": {"min_child_samples": 20}})


class World:
    """A lake, a registry in memory, and what was trained in them."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.registry = MemoryRegistry()
        self.tools: ResearchTools = memory_tools(self.registry)

    def train(self, **models: object) -> TrainedModel:
        settings = SETTINGS
        if models:
            settings = SETTINGS.model_copy(update={"models": SETTINGS.models.model_copy(update={"models": models})})
        prepared = prepare_training(self.lake, settings, "m", calendar=xnys())
        return train_model(self.lake, prepared, self.tools)

    def version(self, number: str) -> RegisteredVersion:
        return self.registry.version(NAME, number)

    def tag(self, number: str, **tags: str) -> None:
        self.registry.set_tags(NAME, number, tags)

    def again(self, number: str, code: str = "abc") -> Reproduction:
        return reproduce(self.lake, self.registry, self.version(number), calendar=xnys(), code=code)

    def compare(self, first: str, second: str) -> Comparison:
        versions = self.version(first), self.version(second)
        return compare_versions(self.lake, SETTINGS, self.tools, *versions, calendar=xnys())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Version 1 and 2 are the same training, 3 has other trees."""
    lake = Lake(tmp_path_factory.mktemp("world") / "lake")
    drawn = SyntheticMarketSettings(
        symbols=6, first=date(2024, 1, 22), last=date(2024, 3, 8), seed=5, signal_strength=3.0
    )
    market = synthetic_market(drawn)
    register_synthetic(lake, market, calendar=xnys())
    clean_all(lake, calendar=xnys())
    symbols = tuple(sorted(instrument.symbol for instrument in market.instruments))
    compute_all_months(lake, catalogue_for(FEW), symbols=symbols, calendar=xnys())
    made = World(lake)
    made.train()
    made.train()
    made.train(m=OTHER)
    return made


def files_of(world: World, number: str) -> Mapping[str, bytes]:
    return world.registry.files[NAME, number]


def test_versions_grow_by_what_changed(world: World) -> None:
    tags = [world.version(number).tags for number in ("1", "2", "3")]
    assert [each["semantic_version"] for each in tags] == ["1.0.0", "1.0.0", "1.1.0"]
    assert [each["semantic_reason"] for each in tags] == [
        "the first version", "nothing changed since 1.0.0", "since 1.0.0: parameter.min_child_samples changed",
    ]  # fmt: skip
    assert files_of(world, "1") == files_of(world, "2")
    assert json.loads(files_of(world, "3")["manifest.json"])["version"] == "1.1.0"
    assert {"python", "system", "lightgbm", "numpy"} <= set(json.loads(tags[0][ENVIRONMENT_TAG]))


def test_a_setting_that_came_since_changes_no_byte(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    written = TrainingManifest.to_bytes

    def with_a_new_setting(manifest: TrainingManifest) -> bytes:
        content = json.loads(written(manifest))
        return json.dumps({**content, "settings": {**content["settings"], "came_later": None}}).encode()

    monkeypatch.setattr(TrainingManifest, "to_bytes", with_a_new_setting)
    assert world.again("1").is_equal


@pytest.mark.parametrize("number", ["1", "3"])
def test_a_version_is_trained_again_byte_for_byte(world: World, number: str) -> None:
    trials = world.tools.ledger.summary().count
    found = world.again(number)
    assert found.is_equal
    assert found.differences == ()
    assert {file.name for file in found.files} == set(files_of(world, number))
    assert (len(world.registry.stored), world.tools.ledger.summary().count) == (3, trials)


def test_other_code_and_libraries_are_named_even_where_the_bytes_are_the_same(world: World) -> None:
    before = json.loads(world.version("2").tags[ENVIRONMENT_TAG])
    world.tag("2", **{ENVIRONMENT_TAG: json.dumps({**before, "python": "3.1.4"})})
    found = world.again("2", code="def")
    assert found.is_equal
    lines = [difference.line for difference in found.differences]
    assert lines == [
        f"environment: python was 3.1.4, is {before['python']}",
        "code: trained by abc, this is def",
    ]


def test_a_bundle_that_differs_without_a_known_cause_says_which_entries_do(world: World) -> None:
    bundle = dict(files_of(world, "1"))
    manifest = json.loads(bundle["manifest.json"])
    bundle["manifest.json"] = (json.dumps({**manifest, "label_scale": 9.0}, sort_keys=True, indent=1) + "\n").encode()
    number = world.registry.register(NAME, "0" * 64)
    world.registry.files[NAME, number] = bundle
    world.tag(number, **world.version("1").tags)
    found = world.again(number)
    assert [file.name for file in found.files if not file.is_equal] == ["manifest.json"]
    (difference,) = found.differences
    assert difference.cause is Cause.UNKNOWN
    assert difference.line.startswith("unknown: the manifest differs in label_scale; data, code and libraries are")
    world.registry.stored.pop((NAME, number))


def test_data_that_was_revised_since_changes_nothing_and_data_that_is_gone_is_named(tmp_path: Path) -> None:
    world = World(lake_of(tmp_path / "lake", universe=SETTINGS.universe))
    trained = world.train()
    revise(world.lake, universe=SETTINGS.universe)
    assert world.again("1").is_equal
    files = read_manifest(world.lake, trained.result.bundle.manifest.training.training_set).files
    victim = tmp_path / "lake" / next(file for file in sorted(files) if "clean_bars" in file)
    victim.write_bytes(victim.read_bytes()[:-9] + b"corrupted")
    found = world.again("1")
    assert not found.is_equal
    assert found.is_data_lost
    assert found.files == ()
    assert victim.name in found.differences[0].line


def test_a_bundle_without_a_training_set_is_refused(world: World) -> None:
    manifest = json.loads(files_of(world, "1")["manifest.json"])
    manifest["training"]["training_set"] = ""
    number = world.registry.register(NAME, "1" * 64)
    text = (json.dumps(manifest, sort_keys=True, indent=1) + "\n").encode()
    world.registry.files[NAME, number] = {**files_of(world, "1"), "manifest.json": text}
    with pytest.raises(ModelNotFoundError, match="QTS-MODEL-077"):
        world.again(number)
    world.registry.stored.pop((NAME, number))


def test_the_same_training_beside_itself_shows_no_difference(world: World) -> None:
    found = world.compare("1", "2")
    assert found.has_same_plan
    assert found.correlation == pytest.approx(1.0)
    assert found.overall.difference.value == 0.0
    assert found.overall.sessions == sum(fold.sessions for fold in found.folds) > 0
    assert found.parameters == {}
    assert "no difference is shown" in found.verdict


def test_a_comparison_says_what_differs_and_judges_both_on_the_same_bars(world: World) -> None:
    found = world.compare("1", "3")
    assert found.parameters == {"hyperparameters.min_child_samples": ("", "20")}
    assert found.only_first == found.only_second == found.changed == ()
    expected = found.overall.rank_ic[1].value - found.overall.rank_ic[0].value
    assert found.overall.difference.value == pytest.approx(expected, abs=1e-15)
    assert -1.0 <= found.correlation < 1.0
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert len(content["folds"]) == len(found.folds)


def test_a_training_is_reported_against_the_champion_and_kept_with_its_run(world: World) -> None:
    trained = world.train(m=OTHER)
    said = report_against_champion(world.lake, SETTINGS, world.tools, trained.summary, calendar=xnys())
    assert said == "no version of qts_m is the champion yet"
    world.registry.set_alias(NAME, CHAMPION, "1")
    found = report_against_champion(world.lake, SETTINGS, world.tools, trained.summary, calendar=xnys())
    assert isinstance(found, Comparison)
    page = world.registry.texts[trained.summary.run_id, "against_champion.md"]
    assert "| fold | sessions | rank IC, first |" in page
    assert world.version(trained.summary.version).tags["against_champion"] == found.verdict
    world.registry.aliases.clear()


def test_predictions_of_another_lake_are_not_taken_for_those_of_a_version(world: World) -> None:
    stranger = replace(world.version("1"), bundle_sha256="f" * 64)
    with pytest.raises(ModelError, match="QTS-MODEL-078"):
        compare_versions(world.lake, SETTINGS, world.tools, stranger, world.version("2"), calendar=xnys())


def test_versions_are_named_by_number_semantic_version_or_alias(world: World) -> None:
    world.registry.set_alias(NAME, CHAMPION, "1")
    found = {text: find_version(world.registry, text, live_model="m").version
             for text in ("1", "m/3", "qts_m@champion", "champion", "1.0.0", "m/1.1.0")}  # fmt: skip
    assert found["1"] == found["qts_m@champion"] == found["champion"] == "1"
    assert found["1.0.0"] == "2"
    assert found["m/3"] == "3"
    with pytest.raises(ModelNotFoundError, match=r"QTS-MODEL-076.*found challenger, expected one of"):
        find_version(world.registry, "challenger", live_model="m")
    world.registry.aliases.clear()
