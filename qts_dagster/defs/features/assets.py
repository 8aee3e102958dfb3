"""Feature values by month, resuming from the snapshot of the month before."""

import dagster as dg

from qts_core.report.figures import bar_chart
from qts_core.report.formats import percent
from qts_core.research.feature_months import (
    FeatureMonth,
    feature_table,
    refresh_feature_month,
    stored_feature_month,
)
from qts_core.research.symbol_parts import symbol_roles
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import fresh_every_trading_day, owners
from qts_dagster.lib.metadata import Metadata, image, number, partition_metadata
from qts_dagster.lib.months import MonthDone, MonthEvents, materialise_months, version_of
from qts_dagster.lib.partitions import months_of, single_run

__all__ = ["feature_assets"]

SHOWN = 20


def feature_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """Define the group `features` on the months of the lake's market."""
    months = months_of(platform.source())

    @dg.asset(
        partitions_def=months, backfill_policy=single_run(), group_name="features", owners=owners["research"],
        kinds={"numba", "polars", "parquet"}, tags={"layer": "gold", "spec": "6", "cost": "cpu"}, deps=["clean_bars"],
        code_version=platform.catalogue.hash[:16], freshness_policy=fresh_every_trading_day(platform.source()),
    )  # fmt: skip
    def features(context: dg.AssetExecutionContext, platform: Platform) -> MonthEvents:
        """One row per symbol and bar, one column per feature of the catalogue; null while a window fills.

        No feature can see ahead: the same kernels run here on blocks of rows and in the daemon on one row at a time,
        and give the same bits. `qts features explain NAME` shows any of them. A month whose bars, splits and starting
        state are unchanged is confirmed, not computed.
        """
        lake, catalogue, symbols = platform.lake, platform.catalogue, platform.source().symbols
        roles = symbol_roles(platform.settings.universe, lake, symbols)

        def compute(month: str) -> MonthDone:
            new = refresh_feature_month(
                lake, month, catalogue, symbols=symbols, calendar=platform.calendar, roles=roles
            )
            done = stored_feature_month(lake, month, catalogue) if new is None else new
            return MonthDone(
                version_of(lake, [feature_table(catalogue)], month), _metadata(done), is_unchanged=new is None
            )

        yield from materialise_months(context, compute)

    return [features]


def _metadata(done: FeatureMonth) -> Metadata:
    gaps = [(name, share) for name, share in done.missing.items() if share > 0]
    worst = sorted(gaps, key=lambda item: -item[1])[:SHOWN]
    drawing = bar_chart(
        [name for name, _ in worst], [share for _, share in worst], title="Share of bars without a value",
        value_format=percent,
    )  # fmt: skip
    return {
        **partition_metadata(done.partition),
        "features": number(len(done.missing)),
        "missing_share": number(sum(done.missing.values()) / max(len(done.missing), 1)),
        "missing_by_feature": image(
            drawing, "Share of bars without a value: the features that miss any, the emptiest twenty at most."
        ),
    }
