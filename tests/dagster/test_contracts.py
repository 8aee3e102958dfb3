"""Contracts stop what comes after them, and show the rows."""

from __future__ import annotations

import dagster as dg
import polars as pl
import pytest

from qts_core.market.errors import DataError
from qts_dagster.definitions import build_definitions
from qts_dagster.defs.resources import Platform
from qts_dagster.demo.materialise import materialise

MONTH = "2024-01-01"


def spoil(platform: Platform, rows: int) -> None:
    """Put prices into the stored month that cleaning would never let through, lineage and all."""
    lake = platform.lake
    stored = lake.partition("clean_bars", "2024-01")
    assert stored is not None
    bars = lake.read_month("clean_bars", "2024-01")
    wrong = pl.int_range(pl.len()) < rows
    bars = bars.with_columns(low=pl.when(wrong).then(pl.col("high") + 1.0).otherwise("low"))
    lake.write_month("clean_bars", "2024-01", bars, lineage=stored.lineage)


def test_a_broken_contract_stops_what_comes_after_and_shows_at_most_twenty_rows(
    platform: Platform, instance: dg.DagsterInstance
) -> None:
    definitions = build_definitions(platform)
    materialise(definitions, instance, ("corporate_actions",))
    materialise(definitions, instance, ("raw_bars", "clean_bars"), months=(MONTH,))
    spoil(platform, 30)
    with pytest.raises(DataError, match=r"QTS-DATA-018.*clean_bars: ranges"):
        materialise(definitions, instance, ("clean_bars", "features"), months=(MONTH,))
    assert instance.get_materialized_partitions(dg.AssetKey("features")) == set()
    key = dg.AssetCheckKey(dg.AssetKey("clean_bars"), "ranges")
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert record.event is not None
    event = record.event.dagster_event
    assert event is not None
    found = event.asset_check_evaluation_data
    assert not found.passed
    broken, rows = found.metadata["broken"], found.metadata["failing_rows"]
    assert isinstance(broken, dg.TableMetadataValue)
    assert isinstance(rows, dg.TableMetadataValue)
    told = {str(record.data["expected"]): str(record.data["found"]) for record in broken.records}
    total = platform.lake.read_month("clean_bars", "2024-01").height
    assert told == dict.fromkeys(("open >= low", "close >= low"), f"30 of {total:,} rows do not")
    assert len(rows.records) == 20
    assert {"symbol", "ts_event", "open", "low"} <= set(rows.records[0].data)
