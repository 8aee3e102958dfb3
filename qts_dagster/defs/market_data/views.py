"""What people look at: the bars back-adjusted for charts, and the report on the quality of the raw ones."""

import dagster as dg
import polars as pl

from qts_core.adapters.clock import SystemClock
from qts_core.data.actions.daily_view import ADJUSTED, refresh_daily_view
from qts_core.data.ingest import WHOLE
from qts_core.data.quality.stored import QUALITY_TABLES, refresh_quality
from qts_core.report.quality_page import quality_page
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import owners
from qts_dagster.lib.metadata import table
from qts_dagster.lib.months import outcome, version_of
from qts_dagster.lib.results import AssetResult
from qts_dagster.lib.views import adjusted_metadata, quality_metadata

__all__ = ["QUALITY_PAGE", "view_assets", "view_checks"]

QUALITY_PAGE = "quality.html"
MOST_BYTES = 3_000_000
SHOWN = 20


def view_assets() -> list[dg.AssetsDefinition]:
    """Define the adjusted view and the quality report of the group `market_data`."""
    return [_adjusted_bars(), _quality_report()]


def view_checks() -> list[dg.AssetChecksDefinition]:
    """Define the checks of the quality report."""
    return [_opens_offline(), _no_errors()]


def _adjusted_bars() -> dg.AssetsDefinition:
    @dg.asset(
        group_name="market_data", owners=owners["data"], kinds={"polars", "parquet"},
        tags={"layer": "silver", "spec": "5.2", "cost": "cpu"}, deps=["clean_bars", "corporate_actions"],
        code_version="1",
    )  # fmt: skip
    def adjusted_bars(platform: Platform) -> AssetResult:
        """One row per symbol and session, as a chart of the last session shows it: prices in that day's shares.

        For charts and for comparison with a vendor, never for features: every later split rewrites it. `adjusted_close`
        has dividends taken out too.
        """
        lake = platform.lake
        new = refresh_daily_view(lake, calendar=platform.calendar)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_of(lake, [ADJUSTED], WHOLE)),
            metadata={**outcome(is_unchanged=new is None), **adjusted_metadata(lake)},
        )

    return adjusted_bars


def _quality_report() -> dg.AssetsDefinition:
    @dg.asset(
        group_name="market_data", owners=owners["data"], kinds={"html", "polars"},
        tags={"layer": "bronze", "spec": "5.1", "cost": "cpu"}, deps=["raw_bars", "corporate_actions"],
        code_version="1",
    )  # fmt: skip
    def quality_report(platform: Platform) -> AssetResult:
        """Every rule of the data, judged over all raw bars: what is wrong, where, how bad, and what to do about it.

        The page is one file and opens offline; `qts data check` prints the same.
        """
        lake, source, path = platform.lake, platform.source(), platform.reports() / QUALITY_PAGE
        quality = refresh_quality(
            lake, calendar=platform.calendar, now=SystemClock().now(), is_forced=not path.exists()
        )
        if quality.report is not None:
            page = quality_page(
                quality.report, title="raw_bars", source=source.origin, is_synthetic=source.is_synthetic
            )
            path.write_text(page, encoding="utf-8")
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_of(lake, QUALITY_TABLES, WHOLE)),
            metadata={
                **outcome(is_unchanged=quality.report is None),
                "page": dg.MetadataValue.path(str(path)),
                **quality_metadata(quality),
            },
        )

    return quality_report


def _opens_offline() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="quality_report", blocking=True, name="opens_offline",
        description="The page is one file under 3 MB that fetches nothing.",
    )  # fmt: skip
    def opens_offline(platform: Platform) -> dg.AssetCheckResult:
        page = (platform.reports() / QUALITY_PAGE).read_text(encoding="utf-8")
        fetches = [mark for mark in ('src="http', "@import", '<link rel="stylesheet"') if mark in page]
        size = len(page.encode())
        return dg.AssetCheckResult(passed=not fetches and size < MOST_BYTES, metadata={"bytes": size})

    return opens_offline


def _no_errors() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="quality_report", name="nothing_is_refused",
        description="No rule that would refuse an import is broken in the bars that are there.",
    )  # fmt: skip
    def nothing_is_refused(platform: Platform) -> dg.AssetCheckResult:
        refusing = platform.lake.read_month(QUALITY_TABLES[0], WHOLE).filter(pl.col("policy") == "refuse")
        rows = refusing.select("rule", "count", "detail", "fix").head(SHOWN)
        return dg.AssetCheckResult(
            passed=refusing.is_empty(),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"refusing": table(rows.to_dicts())},
        )

    return nothing_is_refused
