"""What runs because something happened; a sensor that does nothing says why, in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import dagster as dg

from qts_core.adapters.clock import SystemClock
from qts_core.data.market_source import MarketSource
from qts_core.market.calendar import TradingCalendar
from qts_core.market.ids import digest
from qts_core.ports.research_store import ModelHealthReport
from qts_dagster.defs.jobs import REFRESH_MARKET_DATA, TRAIN_AND_JUDGE
from qts_dagster.defs.resources import Platform
from qts_dagster.defs.retraining import enabled_models, retraining_sensors
from qts_dagster.defs.watching import watching_sensors
from qts_dagster.lib.automation import decode_cursor, encode_cursor
from qts_dagster.lib.behind import months_behind
from qts_dagster.lib.growth import SETTLED_AFTER, feed_of, last_settled
from qts_dagster.lib.partitions import month_key, month_range
from qts_dagster.lib.retraining import model_of, retraining_of

__all__ = ["all_sensors", "refresh_decision", "refreshed_months", "retrain_decision", "session_decision"]


def all_sensors() -> list[dg.SensorDefinition]:
    """Every sensor of the location."""
    return [_new_session(), _new_bars(), _retrain(), *retraining_sensors(), *watching_sensors()]


def _new_session() -> dg.SensorDefinition:
    @dg.sensor(
        job=REFRESH_MARKET_DATA, name="new_session", minimum_interval_seconds=300,
        description="A session that has closed and settled and is not in the lake yet: download it, clean it, compute "
        "its features.",
    )  # fmt: skip
    def new_session(context: dg.SensorEvaluationContext, platform: Platform) -> dg.RunRequest | dg.SkipReason:
        return session_decision(platform.source(), platform.calendar, SystemClock().now())

    return new_session


def session_decision(source: MarketSource, calendar: TradingCalendar, now: datetime) -> dg.RunRequest | dg.SkipReason:
    """Ask for the months of the sessions that are missing at `now`, or say why not.

    A session that did not come is asked for again every hour.
    """
    if feed_of(source) is None:
        grows = "it is finished" if source.is_synthetic else "it grows when newer bars are imported: `qts data import`"
        return dg.SkipReason(f"{source.origin}, up to {source.last}: {grows}")
    settled, closed = last_settled(calendar, now), calendar.last_closed(now)
    if settled.date <= source.last:
        waiting = f"; {closed.date} has closed and settles until {closed.close + SETTLED_AFTER:%H:%M} UTC"
        return dg.SkipReason(f"{settled.date} is in the lake" + (waiting if closed.date > settled.date else ""))
    first, last = next(iter(calendar.between(source.last + timedelta(days=1), settled.date))).date, settled.date
    return dg.RunRequest(run_key=f"session-{last}-{now:%dT%H}", tags=month_range(f"{first:%Y-%m}", f"{last:%Y-%m}"))


def _new_bars() -> dg.SensorDefinition:
    @dg.sensor(
        job=REFRESH_MARKET_DATA, name="new_bars", minimum_interval_seconds=60,
        description="Months that are behind their bars, actions or state, such as after `qts data import`: refresh "
        "them, and later ones as far as the change reaches.",
    )  # fmt: skip
    def new_bars(context: dg.SensorEvaluationContext, platform: Platform) -> dg.SensorResult | dg.SkipReason:
        lake = platform.lake
        months = lake.months("raw_bars")
        behind = months_behind(
            lake, platform.catalogue, platform.source().symbols, refreshed_months(context.instance),
            roles=platform.roles,
        )  # fmt: skip
        decision = refresh_decision(months, behind, lake.data_hash("raw_bars"), context.cursor or "")
        if isinstance(decision, str):
            return dg.SkipReason(decision)
        return dg.SensorResult(run_requests=[decision], cursor=decision.run_key)

    return new_bars


def refresh_decision(months: Sequence[str], behind: Mapping[str, str], state: str, asked: str) -> dg.RunRequest | str:
    """Ask for the months from the first to the last one `behind` in one run, or say why not.

    Parameters
    ----------
    months : sequence of str
        All months of raw bars.
    behind : mapping of str to str
        Months to refresh, with the reason.
    state : str
        Hash of the raw bars; together with the months it tells one request from the next.
    asked : str
        Key of the last request; the same one is not made twice.
    """
    if not months:
        return "the lake holds no raw bars yet; materialise raw_bars, or `qts data import`"
    if not behind:
        return f"all {len(months)} months are what their raw bars make them"
    first, last = min(behind), max(behind)
    key = f"{first}-{last}-{digest(dict(behind) | {'state': state})[:16]}"
    if key == asked:
        return f"{first} was asked for already ({behind[first]}) and is still behind; see its run in the Runs page"
    return dg.RunRequest(run_key=key, tags={**month_range(first, last), "refresh/reason": behind[first]})


def refreshed_months(instance: dg.DagsterInstance) -> dict[str, str]:
    """Return the checksum that the raw bars of each month had when Dagster last saw it refreshed."""
    raw = dg.AssetKey("raw_bars")
    known: dict[str, str] = {}
    for partition in instance.get_materialized_partitions(dg.AssetKey("features")):
        filtered = dg.AssetRecordsFilter(asset_key=raw, asset_partitions=[partition])
        for record in instance.fetch_materializations(filtered, limit=1).records:
            done = record.asset_materialization
            if done is not None and "sha256" in done.metadata:
                known[month_key(partition)] = str(done.metadata["sha256"].value)
    return known


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
        models = enabled_models(platform)
        run = retraining_of(
            model_of(report.model_id, models) or models, run_key=f"health-{number}",
            reason=f"the daemon reported {report.kind} {report.value:.4g} of {report.model_id}, limit "
            f"{report.threshold:.4g}",
        )  # fmt: skip
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
