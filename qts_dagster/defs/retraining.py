"""Training again: by the clock, and because of new data or drift; each in words, none twice (C-10, C-12, C-14)."""

from collections.abc import Mapping
from datetime import date, timedelta

import dagster as dg

from qts_core.adapters.clock import SystemClock
from qts_core.market.errors import ModelNotFoundError
from qts_core.market.time import from_micros, trading_day
from qts_core.research.drift_watch import drift_verdict
from qts_core.research.training_summary import TrainingSummary, load_training
from qts_dagster.defs.jobs import TRAIN_AND_JUDGE
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import NEW_YORK, RETRAIN_CRON, TimeLimit, decode_cursor, encode_cursor
from qts_dagster.lib.retraining import drift_decision, due_today, growth_decision, requested, retraining_of

__all__ = ["enabled_models", "retraining_schedules", "retraining_sensors", "trainings"]

BARS = "clean_bars"


def retraining_schedules() -> list[dg.ScheduleDefinition]:
    """Schedules that train."""
    return [_by_the_clock()]


def retraining_sensors() -> list[dg.SensorDefinition]:
    """Sensors that train, but for the one that listens to the daemon."""
    return [_new_data(), _drift()]


def enabled_models(platform: Platform) -> tuple[str, ...]:
    """Return the models that jobs train."""
    return tuple(key for key, entry in platform.settings.models.models.items() if entry.enabled)


def trainings(platform: Platform) -> dict[str, TrainingSummary]:
    """Return the newest training of each enabled model that was ever trained."""
    found = {}
    for model in enabled_models(platform):
        try:
            found[model] = load_training(platform.lake, model)
        except ModelNotFoundError:
            continue
    return found


def _by_the_clock() -> dg.ScheduleDefinition:
    @dg.schedule(
        job=TRAIN_AND_JUDGE, cron_schedule=RETRAIN_CRON, execution_timezone=NEW_YORK, name="retrain_by_the_clock",
        description="The evening of a week's last session: train every model anew whose `retrain_frequency` is weekly "
        "and for which there are new bars; daily and monthly ones on their days.",
    )  # fmt: skip
    def retrain(context: dg.ScheduleEvaluationContext, platform: Platform) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.date()
        decision = scheduled(platform, day)
        if isinstance(decision, str):
            return dg.SkipReason(decision)
        return retraining_of(decision, run_key=f"retrain-{day}", reason=f"scheduled, {day}")

    return retrain


def scheduled(platform: Platform, day: date) -> tuple[str, ...] | str:
    """Return the models to train on the evening of `day`, or say why none."""
    models = platform.settings.models.models
    frequencies = {key: models[key].training.retrain_frequency for key in enabled_models(platform)}
    due = due_today(frequencies, platform.calendar, day)
    if isinstance(due, str):
        return due
    known, bars = trainings(platform), platform.lake.data_hash(BARS)
    fresh = tuple(model for model in due if model not in known or known[model].data_hash != bars)
    return fresh or f"{', '.join(due)} are due, but were trained on just these bars already"


def _new_data() -> dg.SensorDefinition:
    @dg.sensor(
        job=TRAIN_AND_JUDGE, name="retrain_on_new_data", minimum_interval_seconds=300,
        description="Trains a model again when the lake holds a month or so of sessions that it has not seen, such as "
        "after `qts data import`.",
    )  # fmt: skip
    def new_data(context: dg.SensorEvaluationContext, platform: Platform) -> dg.SensorResult | dg.SkipReason:
        monitoring, now, state = platform.settings.monitoring, SystemClock().now(), decode_cursor(context.cursor)
        last = platform.source().last
        due, reason = growth_decision(
            _seen_until(platform), last, platform.calendar, fewest=monitoring.retrain_new_sessions, state=state,
            cooldown=timedelta(hours=monitoring.retrain_cooldown_hours), now=now,
        )  # fmt: skip
        if not due:
            return dg.SkipReason(reason)
        behind = platform.lake.months("raw_bars")[-1:] != platform.lake.months(BARS)[-1:]
        if behind:
            return dg.SkipReason(f"{reason}, but the newest month is not cleaned yet")
        run = retraining_of(due, run_key=f"new-data-{last}-{'-'.join(due)}", reason=reason)
        return dg.SensorResult(run_requests=[run], cursor=encode_cursor(requested(state, due, now)))

    return new_data


def _seen_until(platform: Platform) -> Mapping[str, date]:
    """Return the last session that each model has seen, those held out of its training counted as seen."""
    models, calendar = platform.settings.models.models, platform.calendar
    return {
        model: calendar.shift(
            trading_day(from_micros(summary.last_test - 1)), models[model].training.holdout_sessions
        )
        for model, summary in trainings(platform).items()
    }  # fmt: skip


def _drift() -> dg.SensorDefinition:
    @dg.sensor(
        job=TRAIN_AND_JUDGE, name="retrain_on_feature_drift", minimum_interval_seconds=600,
        description="Trains a model again when the newest month of its features no longer looks like its training.",
    )  # fmt: skip
    def drift(context: dg.SensorEvaluationContext, platform: Platform) -> dg.SensorResult | dg.SkipReason:
        state, limit = decode_cursor(context.cursor), TimeLimit(platform.settings.monitoring.sensor_limit_seconds)
        said, runs, models = [], [], enabled_models(platform)
        if not models:
            return dg.SkipReason("no model is enabled")
        first = int(state.get("next", "0")) % len(models)
        for place in range(len(models)):
            if limit.is_over:
                said.append("the rest is looked at next time")
                break
            model = models[(first + place) % len(models)]
            run, reason, state = _drifted(platform, model, state)
            state["next"] = str((first + place + 1) % len(models))
            said.append(reason)
            runs += [] if run is None else [run]
        if runs:
            return dg.SensorResult(run_requests=runs, cursor=encode_cursor(state))
        context.update_cursor(encode_cursor(state))
        return dg.SkipReason("; ".join(said))

    return drift


def _drifted(platform: Platform, model: str, state: dict[str, str]) -> tuple[dg.RunRequest | None, str, dict[str, str]]:
    """Return the run that drift asks for, the reason, and the sensor's memory afterwards."""
    monitoring, now = platform.settings.monitoring, SystemClock().now()
    verdict = drift_verdict(platform.lake, platform.catalogue, model, monitoring.drift)
    cooldown = timedelta(hours=monitoring.retrain_cooldown_hours)
    is_due, reason = drift_decision(model, verdict, state=state, cooldown=cooldown, now=now)
    if not is_due or verdict is None:
        return None, reason, dict(state)
    trained = load_training(platform.lake, model).bundle_sha256[:8]
    run = retraining_of((model,), run_key=f"drift-{model}-{trained}-{verdict.month}", reason=reason)
    return run, reason, {**requested(state, (model,), now), f"month/{model}": verdict.month}
