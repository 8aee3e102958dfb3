"""Sensors and schedules: what they ask for, and the words they are skipped with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from qts_core.data.market_source import MarketSource, ensure_month
from qts_core.market.calendar import xnys
from qts_core.ports.research_store import ModelHealthReport
from qts_dagster.definitions import build_definitions
from qts_dagster.defs.resources import Platform
from qts_dagster.defs.schedules import after_the_close
from qts_dagster.defs.sensors import new_months, refreshed_months, retrain_decision
from qts_dagster.demo.materialise import materialise
from qts_dagster.lib.partitions import months_of

MONDAY = datetime(2024, 6, 3, 21, 0, tzinfo=UTC)


def breach(created: datetime, value: float = 0.31) -> ModelHealthReport:
    return ModelHealthReport("lightgbm_return-1", "drift", value, 0.2, is_breach=True, detail="{}", created_at=created)


def test_without_a_breach_the_sensor_says_since_when() -> None:
    assert retrain_decision((), {"report": "12"}, timedelta(hours=24)) == "no drift or decay reported since report 12"


def test_the_newest_breach_asks_for_retraining() -> None:
    reports = [(3, breach(MONDAY)), (4, breach(MONDAY + timedelta(hours=1), 0.4))]
    assert retrain_decision(reports, {}, timedelta(hours=24)) == reports[-1]


def test_a_breach_within_the_cool_down_waits_and_says_so() -> None:
    state = {"report": "4", "requested_at": MONDAY.isoformat()}
    decision = retrain_decision([(5, breach(MONDAY + timedelta(hours=23)))], state, timedelta(hours=24))
    assert isinstance(decision, str)
    assert decision.startswith("drift 0.31 against 0.2 reported, but the last retraining")


def test_a_breach_after_the_cool_down_asks_again() -> None:
    state = {"report": "4", "requested_at": MONDAY.isoformat()}
    reports = [(5, breach(MONDAY + timedelta(hours=25)))]
    assert retrain_decision(reports, state, timedelta(hours=24)) == reports[0]


def test_a_month_is_new_until_its_checksum_was_seen(platform: Platform, source: MarketSource) -> None:
    stored = ensure_month(platform.lake, "2024-01", source, calendar=xnys())
    assert new_months(platform.lake, {}) == {"2024-01": stored.sha256}
    assert new_months(platform.lake, {"2024-01": stored.sha256}) == {}
    assert new_months(platform.lake, {"2024-01": "other"}) == {"2024-01": stored.sha256}


def test_the_evening_schedule_skips_holidays_and_finished_markets_in_words(source: MarketSource) -> None:
    holiday = after_the_close(source, xnys(), "2024-01-15")
    assert isinstance(holiday, dg.SkipReason)
    assert holiday.skip_message == "2024-01-15 is no trading day in New York"
    over = after_the_close(source, xnys(), "2024-03-01")
    assert isinstance(over, dg.SkipReason)
    assert over.skip_message == "test market ends on 2024-02-29; import newer bars with `qts data import`"
    today = after_the_close(source, xnys(), date(2024, 1, 16).isoformat())
    assert isinstance(today, dg.RunRequest)
    assert today.partition_key == "2024-01-01"


def test_a_new_sensor_does_not_ask_for_what_is_there_already(platform: Platform, instance: dg.DagsterInstance) -> None:
    assert refreshed_months(instance) == {}
    definitions = build_definitions(platform)
    materialise(definitions, instance, ("corporate_actions",))
    materialise(definitions, instance, ("raw_bars", "clean_bars", "features"), months=("2024-01-01",))
    known = refreshed_months(instance)
    assert list(known) == ["2024-01"]
    assert new_months(platform.lake, known) == {}


def test_the_month_under_way_can_be_refreshed_in_an_imported_market(source: MarketSource) -> None:
    imported = replace(source, kind="imported")
    middle = datetime(2024, 2, 13, 21, 20, tzinfo=UTC)
    assert months_of(imported).get_partition_keys(current_time=middle) == ["2024-01-01", "2024-02-01"]
    assert months_of(source).get_partition_keys(current_time=datetime(2026, 1, 1, tzinfo=UTC))[-1] == "2024-02-01"


def test_sessions_are_gathered_on_trading_days_only(platform: Platform, instance: dg.DagsterInstance) -> None:
    gather = build_definitions(platform).resolve_schedule_def("gather_sessions_after_the_close")
    holiday, monday = datetime(2024, 1, 15, 21, 50, tzinfo=UTC), datetime(2024, 1, 22, 21, 50, tzinfo=UTC)
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=holiday, resources={"platform": platform}
    ) as context:
        assert gather.evaluate_tick(context).skip_message == "2024-01-15 is no trading day in New York"
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=monday, resources={"platform": platform}
    ) as context:
        assert [r.run_key for r in gather.evaluate_tick(context).run_requests or ()] == ["gather-2024-01-22"]
