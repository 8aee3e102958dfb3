"""Materialising months of bars and features, as a click does."""

from __future__ import annotations

import dagster as dg
import pytest

from qts_core.data.ingest import load_panel
from qts_core.features import FeatureBlock, FeatureEngine
from qts_core.features.store import from_frame
from qts_core.market.errors import DataCorruptionError
from qts_core.research.feature_months import feature_table
from qts_dagster.definitions import build_definitions
from qts_dagster.defs.resources import Platform
from qts_dagster.demo.materialise import AssetRun, materialise

MONTHS = ("2024-01-01", "2024-02-01")
DATA = ("raw_bars", "clean_bars", "features")


def run(platform: Platform, instance: dg.DagsterInstance, *assets: str, months: tuple[str, ...] = ()) -> AssetRun:
    return materialise(build_definitions(platform), instance, assets, months=months)


@pytest.mark.slow
def test_features_made_month_by_month_are_the_bits_of_one_pass(
    platform: Platform, instance: dg.DagsterInstance
) -> None:
    run(platform, instance, "corporate_actions")
    for month in MONTHS:
        run(platform, instance, *DATA, months=(month,))
    panel = load_panel(platform.lake, calendar=platform.calendar)
    engine = FeatureEngine(platform.catalogue, panel.symbols)
    whole = engine.push(FeatureBlock.of(panel))
    names = platform.catalogue.names
    stored = from_frame(platform.lake.read(feature_table(platform.catalogue)), panel.timeline, panel.symbols, names)
    present = panel["close"] == panel["close"]
    for index, name in enumerate(names):
        ours, theirs = stored[index][present], whole[index][present]
        assert ((ours == theirs) | ((ours != ours) & (theirs != theirs))).all(), name


def test_one_month_brings_rows_metadata_and_passing_checks(platform: Platform, instance: dg.DagsterInstance) -> None:
    run(platform, instance, "corporate_actions")
    done = run(platform, instance, *DATA, months=MONTHS[:1])
    filled = int(str(done.metadata["clean_bars"]["filled"]))
    assert done.rows["raw_bars"] == done.rows["clean_bars"] - filled > 21 * 26 * 8 * 0.95
    assert done.metadata["clean_bars"]["coverage"] > 0.95  # type: ignore[operator]
    assert str(done.metadata["clean_bars"]["coverage_map"]).startswith("![Bars present of the bars due")


def test_materialising_an_unchanged_month_again_writes_nothing(
    platform: Platform, instance: dg.DagsterInstance
) -> None:
    run(platform, instance, "corporate_actions")
    run(platform, instance, *DATA[:2], months=MONTHS[:1])
    files = {p: p.stat().st_mtime_ns for p in platform.settings.lake_dir.rglob("*.parquet")}
    run(platform, instance, *DATA[:2], months=MONTHS[:1])
    assert {p: p.stat().st_mtime_ns for p in platform.settings.lake_dir.rglob("*.parquet")} == files


def test_a_flipped_byte_in_the_lake_stops_what_comes_after(platform: Platform, instance: dg.DagsterInstance) -> None:
    run(platform, instance, "corporate_actions")
    run(platform, instance, "raw_bars", months=MONTHS[:1])
    [stored] = (platform.settings.lake_dir / "raw_bars").rglob("*.parquet")
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    with pytest.raises(DataCorruptionError, match="QTS-DATA-009"):
        run(platform, instance, "clean_bars", months=MONTHS[:1])
