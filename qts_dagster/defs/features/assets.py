"""Feature values by month, resuming from the snapshot of the month before."""

import dagster as dg

from qts_core.report.figures import bar_chart
from qts_core.report.formats import percent
from qts_core.research.feature_months import FeatureMonth, compute_feature_month
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import owners
from qts_dagster.lib.metadata import Metadata, image, number, partition_metadata
from qts_dagster.lib.partitions import for_each_month, months_of, single_run

__all__ = ["feature_assets"]

SHOWN = 20


def feature_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """Define the group `features` on the months of the lake's market."""
    months = months_of(platform.source())

    @dg.asset(
        partitions_def=months, backfill_policy=single_run(), group_name="features", owners=owners["research"],
        kinds={"numba", "polars", "parquet"}, tags={"layer": "gold", "spec": "6", "cost": "cpu"}, deps=["clean_bars"],
        code_version=platform.catalogue.hash[:16],
    )  # fmt: skip
    def features(context: dg.AssetExecutionContext, platform: Platform) -> None:
        """One row per symbol and bar, one column per feature of the catalogue; null while a window fills.

        No feature can see ahead: the same kernels run here on blocks of rows and in the daemon on one row at a time,
        and give the same bits. `qts features explain NAME` shows any of them.
        """
        lake, catalogue, symbols = platform.lake, platform.catalogue, platform.source().symbols
        for_each_month(
            context,
            lambda month: _metadata(
                compute_feature_month(lake, month, catalogue, symbols=symbols, calendar=platform.calendar)
            ),
        )

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
