"""An asset for each group of features, by month; all that are asked for come out of one pass of the engine."""

import hashlib
from collections.abc import Mapping

import dagster as dg
import polars as pl

from qts_core.features import GROUPS, Catalogue
from qts_core.features.compiling import telling_of_compilation
from qts_core.research.drift_watch import DriftWatch, save_drift
from qts_core.research.feature_months import (
    FeatureMonth,
    feature_table,
    refresh_feature_month,
    stored_feature_month,
)
from qts_core.research.feature_quality import (
    MissingValues,
    bars_before,
    group_version_parts,
    missing_values,
    sampled,
)
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import MONTHLY, fresh_every_trading_day, owners
from qts_dagster.lib.feature_pages import CloseLook, group_description, look_metadata, missing_metadata
from qts_dagster.lib.metadata import number, partition_metadata
from qts_dagster.lib.months import MonthDone, materialise_together, version_from, version_of
from qts_dagster.lib.partitions import month_key, months_of, single_run
from qts_dagster.lib.results import MonthEvents

__all__ = ["WHOLE_TABLE", "BarCounter", "feature_assets", "group_asset", "group_assets"]

WHOLE_TABLE = "features"
LOOKED_AT = 3
"""Months of a run, the newest, that get pictures; of a long backfill they would fill Dagster's event log."""
OWN = "Features of your own files."
TAGS = {"layer": "gold", "spec": "6", "cost": "cpu", **MONTHLY}


def group_asset(group: str) -> str:
    """Return the name of the asset of a group."""
    return f"{WHOLE_TABLE}_{group}"


def group_assets(catalogue: Catalogue) -> dict[str, str]:
    """Return the group of every asset, in the order of the catalogue."""
    return {group_asset(group): group for group in catalogue.groups}


def feature_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """Define the features of the group `features` on the months of the lake's market."""
    source, catalogue = platform.source(), platform.catalogue
    freshness = fresh_every_trading_day(source)

    @dg.multi_asset(
        name="feature_months", specs=_specs(catalogue, freshness), can_subset=True, partitions_def=months_of(source),
        backfill_policy=single_run(),
    )  # fmt: skip
    def feature_months(context: dg.AssetExecutionContext, platform: Platform) -> MonthEvents:
        lake, catalogue, symbols, roles = platform.lake, platform.catalogue, platform.source().symbols, platform.roles
        asked = [key for key in _keys(catalogue) if key in context.selected_asset_keys]
        closely = {month_key(key) for key in sorted(context.partition_keys)[-LOOKED_AT:]}
        counter = BarCounter(platform, catalogue)
        settings = platform.settings
        watch = DriftWatch(lake, catalogue, settings.models.live_model, settings.monitoring.drift)

        def compute(month: str) -> Mapping[dg.AssetKey, MonthDone]:
            with telling_of_compilation(
                lambda what, n, count: context.log.info(f"first run: compiled {what} ({n} of {count} kernels)")
            ):
                new = refresh_feature_month(
                    lake, month, catalogue, symbols=symbols, calendar=platform.calendar, roles=roles
                )
            done = stored_feature_month(lake, month, catalogue) if new is None else new
            missing = missing_values(done.frame, catalogue, counter.before(month, done.frame))
            look = _look(platform, catalogue, watch, month, done) if month in closely else None
            watch.remember(month, done.frame)
            return {
                key: _month(platform, catalogue, key, done, missing, look, is_unchanged=new is None) for key in asked
            }

        yield from materialise_together(context, compute)

    return [feature_months]


class BarCounter:
    """Knows how many bars each symbol had before a month; of the months of one run it counts each once."""

    def __init__(self, platform: Platform, catalogue: Catalogue) -> None:
        self._lake = platform.lake
        self._enough = max(spec.warm_up_bars for spec in catalogue)
        self._counted: dict[str, int] | None = None

    def before(self, month: str, frame: pl.DataFrame) -> Mapping[str, int]:
        """Return the bars before `month`, and remember those of `frame` for the month after it."""
        counted = bars_before(self._lake, month, self._enough) if self._counted is None else self._counted
        now = dict(frame.group_by("symbol").len().iter_rows())
        self._counted = {s: counted.get(s, 0) + now.get(s, 0) for s in {*counted, *now}}
        return counted


def _keys(catalogue: Catalogue) -> list[dg.AssetKey]:
    """Return the keys in the order they are told in: the whole table after the groups that it joins."""
    return [*(dg.AssetKey(name) for name in group_assets(catalogue)), dg.AssetKey(WHOLE_TABLE)]


def _specs(catalogue: Catalogue, freshness: dg.FreshnessPolicy | None) -> list[dg.AssetSpec]:
    groups = group_assets(catalogue)
    return [
        *(_group_spec(name, catalogue.subset(groups=[group]), group) for name, group in groups.items()),
        dg.AssetSpec(
            WHOLE_TABLE, deps=[*groups, "clean_bars"], group_name="features", owners=owners["research"],
            kinds={"parquet"}, tags=TAGS, code_version=catalogue.hash[:16], freshness_policy=freshness,
            description="The stored table: one row per symbol and bar, one column per feature of every group; null "
            "while a window fills.\n\nNo feature can see ahead: the same kernels run here on blocks of rows and in "
            "the daemon on one row at a time, and give the same bits. One pass of the engine fills all groups, because "
            "they share most of their parts; whichever are asked for, a month whose bars, splits and starting state "
            "are unchanged is confirmed, not computed.",
        ),
    ]  # fmt: skip


def _group_spec(name: str, part: Catalogue, group: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        name, deps=["clean_bars"], group_name="features", owners=owners["research"],
        kinds={"numba", "polars", "parquet"}, tags=TAGS, code_version=part.hash[:16],
        description=group_description(group, GROUPS.get(group, OWN), list(part)),
    )  # fmt: skip


def _look(platform: Platform, catalogue: Catalogue, watch: DriftWatch, month: str, done: FeatureMonth) -> CloseLook:
    values = sampled(done.frame, catalogue.names)
    drift = watch.judge(month, values, done.frame.height)
    save_drift(platform.lake, catalogue, drift)
    return CloseLook(catalogue.names, values, drift)


def _month(
    platform: Platform, catalogue: Catalogue, key: dg.AssetKey, done: FeatureMonth, missing: MissingValues,
    look: CloseLook | None, *, is_unchanged: bool,
) -> MonthDone:  # fmt: skip
    name = key.to_user_string()
    if name == WHOLE_TABLE:
        version = version_of(platform.lake, [feature_table(catalogue)], done.partition.month)
        told = {**partition_metadata(done.partition), **missing_metadata(missing)}
        if look is not None:
            told["drift"] = number(look.drift.reason)
        return MonthDone(version, told, is_unchanged=is_unchanged)
    names = catalogue.groups[group_assets(catalogue)[name]]
    part = missing.of(names)
    content = hashlib.sha256()
    for piece in group_version_parts(done.frame, names):
        content.update(piece)
    told = {
        "dagster/row_count": number(done.frame.height),
        "dagster/table_name": number(done.partition.table),
        **missing_metadata(part),
        **({} if look is None else look_metadata(look, part)),
    }
    return MonthDone(version_from([content.hexdigest()]), told, is_unchanged=is_unchanged)
