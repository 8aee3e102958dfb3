"""Bars: as the source gave them, and cleaned."""

import dagster as dg

from qts_core.adapters.clock import SystemClock
from qts_core.data.ingest import WHOLE, load_actions, refresh_month, register_actions, renew_actions
from qts_core.data.lineage import CLEANED, CLEANING_VERSION
from qts_core.data.market_source import ensure_month, market_of, record_source
from qts_dagster.defs.market_data.views import view_assets
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import fresh_every_trading_day, owners
from qts_dagster.lib.coverage import clean_metadata, raw_metadata
from qts_dagster.lib.growth import bring_in, missing_until
from qts_dagster.lib.metadata import column_schema, table
from qts_dagster.lib.months import MonthDone, materialise_months, version_of
from qts_dagster.lib.partitions import month_key, months_of, single_run
from qts_dagster.lib.results import AssetResult, MonthEvents

__all__ = ["market_data_assets"]


def market_data_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """Define the group `market_data` on the months of the lake's market."""
    source = platform.source()
    months, freshness = months_of(source), fresh_every_trading_day(source)
    return [_raw_bars(months, freshness), _corporate_actions(), _clean_bars(months, freshness), *view_assets()]


def _raw_bars(months: dg.MonthlyPartitionsDefinition, freshness: dg.FreshnessPolicy | None) -> dg.AssetsDefinition:
    @dg.asset(
        partitions_def=months, backfill_policy=single_run(), group_name="market_data", owners=owners["data"],
        kinds={"polars", "parquet"}, tags={"layer": "bronze", "spec": "5.1", "cost": "cpu"}, code_version="1",
        freshness_policy=freshness,
    )  # fmt: skip
    def raw_bars(context: dg.AssetExecutionContext, platform: Platform) -> MonthEvents:
        """One row per symbol and 15-minute bar, exactly as the source gave it: raw prices in USD, volume in shares.

        Immutable: a correction is another row with a later `ts_known`. Wrong here is wrong everywhere. A downloaded
        market grows: sessions that are missing by now are asked for first.
        """
        lake, now = platform.lake, SystemClock().now()
        record_source(lake, platform.source())
        months = tuple(month_key(key) for key in context.partition_keys)
        before = {month: lake.partition("raw_bars", month) for month in months}
        until = missing_until(platform.source(), platform.calendar, months, now)
        if until is not None:
            bring_in(platform, until, now)
        source = platform.source()

        def compute(month: str) -> MonthDone:
            partition = ensure_month(lake, month, source, calendar=platform.calendar)
            return MonthDone(
                version_of(lake, ["raw_bars"], month), raw_metadata(lake, partition),
                is_unchanged=partition == before[month],
            )  # fmt: skip

        yield from materialise_months(context, compute)

    return raw_bars


def _corporate_actions() -> dg.AssetsDefinition:
    @dg.asset(
        group_name="market_data", owners=owners["data"], kinds={"polars", "parquet"},
        tags={"layer": "bronze", "spec": "5.2", "cost": "cpu"}, code_version="1",
    )  # fmt: skip
    def corporate_actions(platform: Platform) -> AssetResult:
        """One row per split, dividend, spin-off or change of symbol: the dated factors that make prices comparable.

        A missing split looks like a crash to every feature.
        """
        lake, source = platform.lake, platform.source()
        if source.is_synthetic and lake.partition("corporate_actions", WHOLE) is None:
            register_actions(lake, market_of(source).corporate_actions)
        renew_actions(lake)
        actions = load_actions(lake)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_of(lake, ["corporate_actions"], WHOLE)),
            metadata={
                "dagster/row_count": actions.height,
                "dagster/column_schema": column_schema(actions),
                "kinds": table(actions.group_by("kind").len("actions").sort("kind").to_dicts()),
                "latest": table(actions.tail(10).with_columns(actions["ex_date"].tail(10).cast(str)).to_dicts()),
            },
        )

    return corporate_actions


def _clean_bars(months: dg.MonthlyPartitionsDefinition, freshness: dg.FreshnessPolicy | None) -> dg.AssetsDefinition:
    @dg.asset(
        partitions_def=months, backfill_policy=single_run(), group_name="market_data", owners=owners["data"],
        kinds={"polars", "parquet"}, tags={"layer": "silver", "spec": "5.2", "cost": "cpu"},
        deps=["raw_bars", "corporate_actions"], code_version=CLEANING_VERSION, freshness_policy=freshness,
    )  # fmt: skip
    def clean_bars(context: dg.AssetExecutionContext, platform: Platform) -> MonthEvents:
        """One row per symbol and 15-minute bar that may be used: checked, flagged, never altered or deleted.

        Bars that break a rule stand in the table `quarantine` with the rule. Cleaning looks only backwards. A month
        whose raw bars, actions and state from the month before are unchanged is confirmed, not computed.
        """
        lake, calendar = platform.lake, platform.calendar

        def compute(month: str) -> MonthDone:
            done = refresh_month(lake, month, calendar=calendar)
            return MonthDone(
                version_of(lake, CLEANED, month), clean_metadata(lake, month, calendar), is_unchanged=done is None
            )

        yield from materialise_months(context, compute)

    return clean_bars
