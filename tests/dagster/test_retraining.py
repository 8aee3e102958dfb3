"""Training again: due on the exchange's days, asked for once, rested after, and refused in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from qts_core.features.drift import FeatureDrift
from qts_core.market.calendar import xnys
from qts_core.research.drift_watch import DriftVerdict
from qts_dagster.defs.resources import Platform
from qts_dagster.defs.retraining import retraining_schedules, retraining_sensors, scheduled
from qts_dagster.defs.watching import watching_sensors
from qts_dagster.lib.automation import TimeLimit, decode_cursor
from qts_dagster.lib.failures import failed_runs, record_failure
from qts_dagster.lib.retraining import (
    alias_changes,
    cooling,
    drift_decision,
    due_today,
    growth_decision,
    model_of,
    requested,
    retraining_of,
)
from tests.support.sqlite_registry import SqliteRegistry
from tests.unit.qts_core.models.test_bundle import bundle_of

NOW = datetime(2024, 6, 3, 21, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
FREQUENCIES = {"a": "weekly", "b": "monthly", "c": "daily", "d": "never"}


@pytest.mark.parametrize(
    ("day", "due"),
    [
        # Good Friday 2024 was the 29th of March: Thursday ended the week and the month.
        (date(2024, 3, 28), ("a", "b", "c")),
        (date(2024, 6, 7), ("a", "c")),
        (date(2024, 6, 5), ("c",)),
        # The last session of May 2024 was a Friday, that of July a Wednesday.
        (date(2024, 5, 31), ("a", "b", "c")),
        (date(2024, 7, 31), ("b", "c")),
    ],
)
def test_a_model_is_due_on_the_last_session_of_its_week_or_month(day: date, due: tuple[str, ...]) -> None:
    assert due_today(FREQUENCIES, xnys(), day) == due


def test_holidays_and_other_days_are_skipped_in_words() -> None:
    assert due_today(FREQUENCIES, xnys(), date(2024, 7, 4)) == "2024-07-04 is no trading day in New York"
    reason = due_today({"a": "weekly", "d": "never"}, xnys(), date(2024, 6, 5))
    assert reason == (
        "2024-06-05 is not the last session of its week or month that would be due (a weekly, d never)"
    )  # fmt: skip


def test_new_sessions_ask_for_the_models_that_have_not_seen_them() -> None:
    trained = {"old": date(2024, 4, 30), "new": date(2024, 5, 29)}
    due, reason = growth_decision(
        trained, date(2024, 5, 31), xnys(), fewest=21, state={}, cooldown=DAY, now=NOW
    )  # fmt: skip
    # May 2024 had 22 sessions: Memorial Day was the 27th.
    assert (due, reason) == (("old",), "22 new sessions up to 2024-05-31")
    state = requested({}, due, NOW)
    later = NOW + timedelta(hours=23)
    due, reason = growth_decision(trained, date(2024, 5, 31), xnys(), fewest=21, state=state, cooldown=DAY, now=later)
    assert (due, reason) == ((), "old was asked for on 2024-06-03T21:00 UTC and rests until 2024-06-04 21:00")
    few = growth_decision(trained, date(2024, 5, 31), xnys(), fewest=23, state={}, cooldown=DAY, now=NOW)
    assert few == ((), "22 new sessions since old was trained, 23 are needed")
    none = growth_decision({}, date(2024, 5, 31), xnys(), fewest=1, state={}, cooldown=DAY, now=NOW)
    assert none == ((), "no model was trained yet: `qts train`, or materialise one")


def verdict_of(psi: float, *, is_judged: bool = True) -> DriftVerdict:
    feature = FeatureDrift("x", 100, psi, np.nan, np.nan, 0.0, 0.0)
    return DriftVerdict("2024-05", "the training of a", (feature,), 0.2, 0.25, is_judged=is_judged)


def test_drift_asks_once_for_each_month_and_rests() -> None:
    is_due, reason = drift_decision("a", verdict_of(0.5), state={}, cooldown=DAY, now=NOW)
    assert is_due
    assert reason == verdict_of(0.5).reason
    asked = {"month/a": "2024-05"}
    assert drift_decision("a", verdict_of(0.5), state=asked, cooldown=DAY, now=NOW) == (
        False, "a was asked for already because of 2024-05",
    )  # fmt: skip
    resting = requested({}, ("a",), NOW - timedelta(hours=1))
    is_due, reason = drift_decision("a", verdict_of(0.5), state=resting, cooldown=DAY, now=NOW)
    assert not is_due
    assert "rests until 2024-06-04 20:00" in reason
    assert not drift_decision("a", verdict_of(0.1), state={}, cooldown=DAY, now=NOW)[0]
    assert not drift_decision("a", verdict_of(0.5, is_judged=False), state={}, cooldown=DAY, now=NOW)[0]
    assert not drift_decision("a", None, state={}, cooldown=DAY, now=NOW)[0]


def test_only_the_models_asked_for_are_trained() -> None:
    run = retraining_of(("a",), run_key="k", reason="because")
    assert run.asset_selection is not None
    assert [key.to_user_string() for key in run.asset_selection] == [
        "training_set_a", "model_a", "backtest_a", "verdict_a", "tear_sheet_a", "comparison_a",
    ]  # fmt: skip
    assert run.tags["retrain/reason"] == "because"
    assert model_of("lightgbm_return-0a1b2c3d", ("lightgbm_return", "lightgbm")) == ("lightgbm_return",)
    assert model_of("tiny-0a1b2c3d", ("lightgbm_return",)) == ()


def test_cooling_ends() -> None:
    state = requested({}, ("a",), NOW)
    assert cooling(state, "a", DAY, NOW + timedelta(hours=25)) == ""
    assert cooling(state, "b", DAY, NOW) == ""


def test_a_time_limit_is_over_when_its_seconds_have_passed() -> None:
    ticks = iter([0.0, 4.9, 5.0])
    limit = TimeLimit(5.0, lambda: next(ticks))
    assert [limit.is_over, limit.is_over] == [False, True]


def test_aliases_that_moved_came_or_went_are_told() -> None:
    before = {"m@champion": "1", "m@previous": "3", "m@shadow": "2"}
    now = {"m@champion": "2", "m@challenger": "4", "m@shadow": "2"}
    assert alias_changes(before, now) == (
        ("m@challenger", "", "4"), ("m@champion", "1", "2"), ("m@previous", "3", ""),
    )  # fmt: skip


def test_a_failed_run_is_written_down_once(tmp_path: Path) -> None:
    for _ in range(2):
        line = record_failure(tmp_path, job="train", run_id="r" * 36, error="boom\nTraceback", now=NOW, reason="drift")
    assert line == "run rrrrrrrr of train failed: boom"
    assert failed_runs(tmp_path) == [
        {"at": NOW.isoformat(), "job": "train", "run_id": "r" * 36, "error": "boom", "reason": "drift"}
    ]


def test_nothing_is_asked_of_a_platform_without_trainings(platform: Platform, instance: dg.DagsterInstance) -> None:
    by_name = {sensor.name: sensor for sensor in (*retraining_sensors(), *watching_sensors())}
    for name in ("retrain_on_new_data", "retrain_on_feature_drift"):
        with dg.build_sensor_context(instance=instance, resources={"platform": platform}) as context:
            answer = by_name[name](context)
            assert isinstance(answer, dg.SkipReason)
            assert "trained" in (answer.skip_message or "")
    assert scheduled(platform, date(2024, 6, 7)) == ("lightgbm_return", "lightgbm_direction")
    schedule = retraining_schedules()[0]
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=NOW, resources={"platform": platform}
    ) as evening:
        skipped = schedule(evening)
        assert isinstance(skipped, dg.SkipReason)
        assert "lightgbm_return weekly" in (skipped.skip_message or "")


def test_an_alias_moved_by_hand_becomes_an_observation_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> None:
    registry = SqliteRegistry(tmp_path / "other", "qts_lightgbm_return")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{registry.file}")
    platform = Platform(home=str(tmp_path / "other"))
    registry.set_alias("challenger", registry.register(bundle_of()))
    sensor = next(s for s in watching_sensors() if s.name == "alias_moved")
    with dg.build_sensor_context(instance=instance, resources={"platform": platform}) as context:
        answer = sensor(context)
    assert isinstance(answer, dg.SensorResult)
    (event,) = answer.asset_events
    assert event.asset_key == dg.AssetKey("model_lightgbm_return")
    assert event.description == (
        "challenger: version none to 1; the daemon does not listen to this alias"
    )  # fmt: skip
    assert decode_cursor(answer.cursor) == {"lightgbm_return@challenger": "1"}
    with dg.build_sensor_context(
        instance=instance, cursor=answer.cursor, resources={"platform": platform}
    ) as context:  # fmt: skip
        again = sensor(context)
    assert isinstance(again, dg.SkipReason)
    assert again.skip_message == "1 aliases, none has moved"
