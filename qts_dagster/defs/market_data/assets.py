"""Bars: as the source gave them, and cleaned."""

import dagster as dg

from qts_core.data.ingest import clean_month, load_actions, register_actions
from qts_core.data.market_source import ensure_month, market_of, record_source
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import owners
from qts_dagster.lib.coverage import clean_metadata, raw_metadata
from qts_dagster.lib.metadata import column_schema, table
from qts_dagster.lib.partitions import for_each_month, months_of, single_run

__all__ = ["market_data_assets"]


def market_data_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """Define the group `market_data` on the months of the lake's market."""
    months = months_of(platform.source())
    return [_raw_bars(months), _corporate_actions(), _clean_bars(months)]


def _raw_bars(months: dg.MonthlyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        partitions_def=months, backfill_policy=single_run(), group_name="market_data", owners=owners["data"],
        kinds={"polars", "parquet"}, tags={"layer": "bronze", "spec": "5.1", "cost": "cpu"}, code_version="1",
    )  # fmt: skip
    def raw_bars(context: dg.AssetExecutionContext, platform: Platform) -> None:
        """One row per symbol and 15-minute bar, exactly as the source gave it: raw prices in USD, volume in shares.

        Immutable: a correction is another row with a later `ts_known`. Wrong here is wrong everywhere.
        """
        lake, source = platform.lake, platform.source()
        record_source(lake, source)
        for_each_month(
            context, lambda month: raw_metadata(lake, ensure_month(lake, month, source, calendar=platform.calendar))
        )

    return raw_bars


def _corporate_actions() -> dg.AssetsDefinition:
    @dg.asset(
        group_name="market_data", owners=owners["data"], kinds={"polars", "parquet"},
        tags={"layer": "bronze", "spec": "5.2", "cost": "cpu"}, code_version="1",
    )  # fmt: skip
    def corporate_actions(platform: Platform) -> dg.MaterializeResult:  # type: ignore[type-arg]
        """One row per split or cash dividend: the dated factors that make prices comparable over time.

        A missing split looks like a crash to every feature.
        """
        source = platform.source()
        if source.is_synthetic:
            register_actions(platform.lake, market_of(source).corporate_actions)
        actions = load_actions(platform.lake)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": actions.height,
                "dagster/column_schema": column_schema(actions),
                "latest": table(actions.tail(10).with_columns(actions["ex_date"].tail(10).cast(str)).to_dicts()),
            }
        )

    return corporate_actions


def _clean_bars(months: dg.MonthlyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        partitions_def=months, backfill_policy=single_run(), group_name="market_data", owners=owners["data"],
        kinds={"polars", "parquet"}, tags={"layer": "silver", "spec": "5.2", "cost": "cpu"},
        deps=["raw_bars", "corporate_actions"], code_version="1",
    )  # fmt: skip
    def clean_bars(context: dg.AssetExecutionContext, platform: Platform) -> None:
        """One row per symbol and 15-minute bar that may be used: checked, flagged, never altered or deleted.

        Bars that break a rule stand in the table `quarantine` with the rule. Cleaning looks only backwards.
        """
        lake, calendar = platform.lake, platform.calendar
        for_each_month(
            context, lambda month: clean_metadata(lake, month, clean_month(lake, month, calendar=calendar), calendar)
        )

    return clean_bars
