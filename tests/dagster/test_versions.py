"""An unchanged month is confirmed, not computed; a changed bar is followed exactly as far as it reaches."""

from __future__ import annotations

import warnings
from datetime import timedelta

import dagster as dg
import polars as pl
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from qts_dagster.definitions import build_definitions
from qts_dagster.defs.features.assets import feature_assets
from qts_dagster.defs.market_data.assets import market_data_assets
from qts_dagster.defs.resources import Platform
from qts_dagster.demo.materialise import QUIET
from qts_dagster.lib.months import months_in_run
from qts_dagster.lib.partitions import month_range

MONTHS = ("2024-01-01", "2024-02-01")
ASSETS = ("raw_bars", "clean_bars", "features")
Events = dict[tuple[str, str], tuple[str, str]]


def run(platform: Platform, instance: dg.DagsterInstance, months: tuple[str, ...] = MONTHS) -> Events:
    """Materialise the chain; return (version, outcome) of each asset and month as Dagster has them afterwards."""
    compute(platform, instance, ASSETS, month_range(months[0][:7], months[-1][:7]))
    return {(asset, month): newest(instance, asset, month) for asset in ASSETS for month in MONTHS}


def compute(
    platform: Platform, instance: dg.DagsterInstance, names: tuple[str, ...], tags: dict[str, str] | None = None
) -> None:
    """Materialise assets without their checks, which compute nothing and take their time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        dg.materialize(
            [*market_data_assets(platform), *feature_assets(platform)], instance=instance, tags=tags,
            resources={"platform": platform}, selection=dg.AssetSelection.assets(*names), run_config=QUIET,
        )  # fmt: skip


def newest(instance: dg.DagsterInstance, asset: str, month: str) -> tuple[str, str]:
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[month])
    [record] = instance.fetch_materializations(wanted, limit=1).records
    event = record.asset_materialization
    assert event is not None
    return str((event.tags or {})["dagster/data_version"]), str(event.metadata["outcome"].value)


def stale(platform: Platform, instance: dg.DagsterInstance) -> set[tuple[str, str]]:
    """Return what the Dagster UI would call out of date."""
    graph = build_definitions(platform).resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    return {
        (asset, month)
        for asset in ASSETS
        for month in MONTHS
        if resolver.get_status(dg.AssetKey(asset), month).value != "FRESH"
    }


def revise(platform: Platform, month: str) -> None:
    """Append a correction of the month's first bar: another row with a later `ts_known`."""
    lake = platform.lake
    bars = lake.read_month("raw_bars", month)
    fixed = bars.sort("ts_event", "symbol").head(1)
    fixed = fixed.with_columns(close=pl.col("low"), ts_known=pl.col("ts_known") + timedelta(minutes=1))
    lake.write_month("raw_bars", month, pl.concat([bars, fixed]).sort("ts_known", "ts_event", "symbol"), lineage={})


@pytest.fixture
def done(platform: Platform, instance: dg.DagsterInstance) -> Events:
    compute(platform, instance, ("corporate_actions",))
    return run(platform, instance)


def test_a_second_run_over_unchanged_months_computes_nothing_and_nothing_goes_stale(
    platform: Platform, instance: dg.DagsterInstance, done: Events
) -> None:
    assert {outcome for _, outcome in done.values()} == {"computed"}
    files = {p: p.stat().st_mtime_ns for p in platform.settings.lake_dir.rglob("*") if p.is_file()}
    again = run(platform, instance)
    assert {outcome for _, outcome in again.values()} == {"unchanged"}
    assert {key: version for key, (version, _) in again.items()} == {key: v for key, (v, _) in done.items()}
    assert {p: p.stat().st_mtime_ns for p in platform.settings.lake_dir.rglob("*") if p.is_file()} == files
    alone = run(platform, instance, MONTHS[:1])
    assert alone == again
    assert stale(platform, instance) == set()


def test_a_revision_is_followed_as_far_as_it_reaches_and_no_further(
    platform: Platform, instance: dg.DagsterInstance, done: Events
) -> None:
    revise(platform, "2024-02")
    later = run(platform, instance)
    changed = {key for key in later if later[key][0] != done[key][0]}
    assert changed == {(asset, "2024-02-01") for asset in ASSETS}
    assert {key for key, (_, outcome) in later.items() if outcome == "computed"} == changed - {
        ("raw_bars", "2024-02-01")  # the correction came from outside; the asset found it there
    }
    revise(platform, "2024-01")
    earlier = run(platform, instance)
    changed = {key for key in earlier if earlier[key][0] != later[key][0]}
    assert {("raw_bars", "2024-01-01"), ("clean_bars", "2024-01-01"), ("features", "2024-01-01")} <= changed
    assert ("raw_bars", "2024-02-01") not in changed
    assert stale(platform, instance) == set()


def test_a_changed_month_makes_only_what_depends_on_it_stale(
    platform: Platform, instance: dg.DagsterInstance, done: Events
) -> None:
    revise(platform, "2024-02")
    compute(platform, instance, ("raw_bars",), month_range("2024-01", "2024-02"))
    assert stale(platform, instance) == {("clean_bars", "2024-02-01")}


def test_a_check_looks_at_the_months_of_its_run_and_at_all_without_one() -> None:
    stored = ("2023-12", "2024-01", "2024-02")
    assert months_in_run({"dagster/partition": "2024-01-01"}, stored) == ("2024-01",)
    spanned = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-03-01"}
    assert months_in_run(spanned, stored) == ("2024-01", "2024-02")
    assert months_in_run({}, stored) == stored
