"""What people did in the registry, and runs that failed: written down, so that nobody has to find out (C-13)."""

import dagster as dg

from qts_core.adapters.clock import SystemClock
from qts_core.adapters.mlflow_registry.alias_watch import current_version
from qts_core.market.errors import ModelError
from qts_core.ports.registry import CHALLENGER, CHAMPION, PREVIOUS, SHADOW
from qts_core.research.approval import approve
from qts_dagster.defs.resources import Platform, research_tools
from qts_dagster.defs.retraining import enabled_models
from qts_dagster.lib.automation import TimeLimit, decode_cursor, encode_cursor
from qts_dagster.lib.failures import record_failure
from qts_dagster.lib.retraining import alias_changes

__all__ = ["watching_sensors"]

ALIASES = (CHAMPION, CHALLENGER, SHADOW, PREVIOUS)


def watching_sensors() -> list[dg.SensorDefinition]:
    """Sensors that only tell."""
    return [_aliases(), _failures()]


def _aliases() -> dg.SensorDefinition:
    @dg.sensor(
        name="alias_moved", minimum_interval_seconds=60,
        description="An alias of a model was moved, by `qts models promote` or in the MLflow UI: an observation of the "
        "model says which, and whether the daemon will follow.",
    )  # fmt: skip
    def aliases(context: dg.SensorEvaluationContext, platform: Platform) -> dg.SensorResult | dg.SkipReason:
        before, limit = decode_cursor(context.cursor), TimeLimit(platform.settings.monitoring.sensor_limit_seconds)
        try:
            now = _current(platform, before, limit)
        except ModelError as error:
            return dg.SkipReason(error.line())
        changes = alias_changes(before, now)
        if not changes:
            return dg.SkipReason(f"{len(now)} aliases, none has moved")
        events = [_observation(platform, name, was, version) for name, was, version in changes]
        return dg.SensorResult(asset_events=events, cursor=encode_cursor(now))

    return aliases


def _current(platform: Platform, before: dict[str, str], limit: TimeLimit) -> dict[str, str]:
    """Return the version of every alias; what there was no time for is as it was."""
    more = (a for a in platform.settings.trading.shadows.model_aliases if a not in ALIASES)
    names = [(model, alias) for alias in (*ALIASES, *more) for model in enabled_models(platform)]
    found: dict[str, str] = {}
    for model, alias in names:
        key = f"{model}@{alias}"
        if limit.is_over:
            version = before.get(key)
        else:
            version = current_version(platform.settings.mlflow.tracking_uri, f"qts_{model}", alias)
        if version:
            found[key] = version
    return found


def _observation(platform: Platform, name: str, was: str, version: str) -> dg.AssetObservation:
    model, _, alias = name.partition("@")
    shadows = platform.settings.trading.shadows.model_aliases
    poll = platform.settings.trading.daemon.model_poll_seconds
    if alias == CHAMPION and version:
        follows = _may_trade(platform, f"qts_{model}", version)
    elif alias in shadows:
        follows = f"the daemon predicts with it within {poll:g} s" if version else "the daemon lets it go"
    else:
        follows = "the daemon does not listen to this alias"
    return dg.AssetObservation(
        asset_key=f"model_{model}",
        description=f"{alias}: version {was or 'none'} to {version or 'none'}; {follows}",
        metadata={"alias": alias, "before": was or "none", "version": version or "none", "daemon": follows},
    )


def _may_trade(platform: Platform, name: str, version: str) -> str:
    """Say whether the daemon will trade a version, as it will find itself."""
    with platform.database() as database:
        tools = research_tools(platform, database)
        sha256 = tools.registry.version(name, version).bundle_sha256
        found = approve(tools.gates.latest(name, version), sha256, tools.seal)
    poll = platform.settings.trading.daemon.model_poll_seconds
    return f"the daemon swaps to it within {poll:g} s ({found.reason})" if found.is_allowed else (
        f"the daemon refuses it: {found.reason}"
    )  # fmt: skip


def _failures() -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="run_failed", minimum_interval_seconds=30,
        description="A run failed: a line in QTS_HOME/monitoring/failed_runs.jsonl and in the log.",
    )  # fmt: skip
    def failed(context: dg.RunFailureSensorContext, platform: Platform) -> None:
        run = context.dagster_run
        error = context.failure_event.message or "no reason given"
        line = record_failure(
            platform.settings.home, job=run.job_name, run_id=run.run_id, error=error, now=SystemClock().now(),
            reason=run.tags.get("retrain/reason", ""),
        )  # fmt: skip
        context.log.error(line)

    return failed
