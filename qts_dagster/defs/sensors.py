"""What runs because something happened; a sensor that does nothing says why, in words."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import dagster as dg

from qts_core.ports.lake import LakePort
from qts_core.ports.research_store import ModelHealthReport
from qts_dagster.defs.jobs import REFRESH_MARKET_DATA, TRAIN_AND_JUDGE
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import decode_cursor, encode_cursor
from qts_dagster.lib.partitions import month_key, partition_key

__all__ = ["all_sensors", "new_months", "refreshed_months", "retrain_decision"]

MAX_RUNS = 12
"""Months asked for in one evaluation; the rest follow at the next."""


def all_sensors() -> list[dg.SensorDefinition]:
    """Every sensor of the location."""
    return [_new_bars(), _retrain()]


def _new_bars() -> dg.SensorDefinition:
    @dg.sensor(
        job=REFRESH_MARKET_DATA, name="new_bars", minimum_interval_seconds=60,
        description="Months of raw bars that changed since they were last refreshed, such as after `qts data import`.",
    )  # fmt: skip
    def new_bars(context: dg.SensorEvaluationContext, platform: Platform) -> dg.SensorResult | dg.SkipReason:
        seen = decode_cursor(context.cursor) or refreshed_months(context.instance)
        changed = new_months(platform.lake, seen)
        if not changed:
            context.update_cursor(encode_cursor(seen))
            return dg.SkipReason(f"all {len(seen)} months of raw bars are as they were")
        runs = [
            dg.RunRequest(run_key=f"{month}-{sha[:16]}", partition_key=partition_key(month))
            for month, sha in changed.items()
        ]
        return dg.SensorResult(run_requests=runs, cursor=encode_cursor(seen | changed))

    return new_bars


def refreshed_months(instance: dg.DagsterInstance) -> dict[str, str]:
    """Return the checksum of each month whose bars and features are there: where a new sensor begins."""
    raw = dg.AssetKey("raw_bars")
    known: dict[str, str] = {}
    for partition in instance.get_materialized_partitions(dg.AssetKey("features")):
        filtered = dg.AssetRecordsFilter(asset_key=raw, asset_partitions=[partition])
        for record in instance.fetch_materializations(filtered, limit=1).records:
            done = record.asset_materialization
            if done is not None and "sha256" in done.metadata:
                known[month_key(partition)] = str(done.metadata["sha256"].value)
    return known


def new_months(lake: LakePort, seen: dict[str, str]) -> dict[str, str]:
    """Return up to twelve months of raw bars, oldest first, whose checksum is not the one in `seen`."""
    changed: dict[str, str] = {}
    for month in lake.months("raw_bars"):
        partition = lake.partition("raw_bars", month)
        if partition is not None and seen.get(month) != partition.sha256 and len(changed) < MAX_RUNS:
            changed[month] = partition.sha256
    return changed


def _retrain() -> dg.SensorDefinition:
    @dg.sensor(
        job=TRAIN_AND_JUDGE, name="retrain_on_drift_or_decay", minimum_interval_seconds=60,
        description="Trains again when the daemon has reported drift of its inputs or decay of its predictions.",
    )  # fmt: skip
    def retrain(context: dg.SensorEvaluationContext, platform: Platform) -> dg.SensorResult | dg.SkipReason:
        state = decode_cursor(context.cursor)
        with platform.database() as database:
            reports = database.health.after(int(state.get("report", "0")))
        cooldown = timedelta(hours=platform.settings.monitoring.retrain_cooldown_hours)
        decision = retrain_decision(reports, state, cooldown)
        if isinstance(decision, str):
            if reports:
                context.update_cursor(encode_cursor(state | {"report": str(reports[-1][0])}))
            return dg.SkipReason(decision)
        number, report = decision
        run = dg.RunRequest(run_key=f"health-{number}", tags={"retrain/reason": f"{report.kind} {report.value:.4g}"})
        cursor = {"report": str(number), "requested_at": report.created_at.isoformat()}
        return dg.SensorResult(run_requests=[run], cursor=encode_cursor(cursor))

    return retrain


def retrain_decision(
    reports: Sequence[tuple[int, ModelHealthReport]], state: dict[str, str], cooldown: timedelta
) -> tuple[int, ModelHealthReport] | str:
    """Return the breach to retrain for, or the reason why not.

    Parameters
    ----------
    reports : sequence of (id, report)
        Breaches since the last evaluation, oldest first.
    state : dict
        The sensor's memory: `report`, and `requested_at` of the last retraining.
    cooldown : timedelta
        Least time between two retrainings, measured between the breaches that ask for them.
    """
    if not reports:
        return f"no drift or decay reported since report {state.get('report', '0')}"
    number, report = reports[-1]
    last = state.get("requested_at")
    if last is not None and report.created_at - datetime.fromisoformat(last) < cooldown:
        return (
            f"{report.kind} {report.value:.4g} against {report.threshold:.4g} reported, but the last retraining was "
            f"asked for at {last}, less than {cooldown} before"
        )
    return number, report
