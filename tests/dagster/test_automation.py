"""Sensors and schedules: what they ask for, and the words they are skipped with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from qts_core.data.market_source import MarketSource
from qts_core.market.calendar import xnys
from qts_core.ports.research_store import ModelHealthReport
from qts_dagster.definitions import build_definitions
from qts_dagster.defs.resources import Platform
from qts_dagster.defs.schedules import after_the_close
from qts_dagster.defs.sensors import refresh_decision, refreshed_months, retrain_decision, session_decision
from qts_dagster.demo.materialise import materialise
from qts_dagster.lib.contracts import expected_bars
from qts_dagster.lib.growth import missing_until
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


def test_a_month_that_follows_from_its_inputs_is_not_asked_for() -> None:
    assert refresh_decision(("2024-01", "2024-02"), {}, "abc", "") == "all 2 months are what their raw bars make them"
    empty = refresh_decision((), {}, "abc", "")
    assert empty == "the lake holds no raw bars yet; materialise raw_bars, or `qts data import`"


def test_months_that_are_behind_are_asked_for_in_one_run_and_only_once() -> None:
    months, behind = ("2024-01", "2024-02", "2024-03"), {"2024-02": "its raw bars are new", "2024-03": "so are these"}
    asked = refresh_decision(months, behind, "abc", "")
    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["dagster/asset_partition_range_start"] == "2024-02-01"
    assert asked.tags["dagster/asset_partition_range_end"] == "2024-03-01"
    assert asked.tags["refresh/reason"] == "its raw bars are new"
    again = refresh_decision(months, behind, "abc", str(asked.run_key))
    assert again == (
        "2024-02 was asked for already (its raw bars are new) and is still behind; see its run in the Runs page"
    )
    assert isinstance(refresh_decision(months, behind, "other bars", str(asked.run_key)), dg.RunRequest)
    alone = refresh_decision(months, {"2024-01": "its raw bars are new"}, "abc", "")
    assert isinstance(alone, dg.RunRequest)
    assert alone.tags["dagster/partition"] == "2024-01-01"


ALPACA = MarketSource("imported", date(2024, 1, 2), date(2024, 5, 31), ("AAPL", "MSFT"), "alpaca iex")


def test_a_session_is_asked_for_once_it_has_closed_and_settled() -> None:
    # Monday 2024-06-03 closes at 20:00 UTC; Friday the 31st is in the lake.
    early = session_decision(ALPACA, xnys(), datetime(2024, 6, 3, 20, 10, tzinfo=UTC))
    assert isinstance(early, dg.SkipReason)
    assert early.skip_message == "2024-05-31 is in the lake; 2024-06-03 has closed and settles until 20:20 UTC"
    settled = session_decision(ALPACA, xnys(), datetime(2024, 6, 3, 20, 20, tzinfo=UTC))
    assert isinstance(settled, dg.RunRequest)
    assert (settled.run_key, settled.tags["dagster/partition"]) == ("session-2024-06-03-03T20", "2024-06-01")
    weekend = session_decision(ALPACA, xnys(), datetime(2024, 6, 2, 12, 0, tzinfo=UTC))
    assert isinstance(weekend, dg.SkipReason)
    assert weekend.skip_message == "2024-05-31 is in the lake"


def test_sessions_missed_over_months_are_asked_for_together_and_again_every_hour() -> None:
    behind = replace(ALPACA, last=date(2024, 4, 30))
    first = session_decision(behind, xnys(), datetime(2024, 6, 4, 1, 0, tzinfo=UTC))
    later = session_decision(behind, xnys(), datetime(2024, 6, 4, 2, 0, tzinfo=UTC))
    assert isinstance(first, dg.RunRequest)
    assert isinstance(later, dg.RunRequest)
    assert first.tags["dagster/asset_partition_range_start"] == "2024-05-01"
    assert first.tags["dagster/asset_partition_range_end"] == "2024-06-01"
    assert first.run_key != later.run_key


def test_a_market_that_does_not_grow_by_itself_says_so(source: MarketSource) -> None:
    now = datetime(2024, 6, 4, 1, 0, tzinfo=UTC)
    finished = session_decision(source, xnys(), now)
    assert isinstance(finished, dg.SkipReason)
    assert finished.skip_message == "test market, up to 2024-02-29: it is finished"
    files = session_decision(replace(ALPACA, origin="bars.csv"), xnys(), now)
    assert isinstance(files, dg.SkipReason)
    assert files.skip_message == "bars.csv, up to 2024-05-31: it grows when newer bars are imported: `qts data import`"


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


def test_the_sensor_asks_until_the_lake_is_what_its_raw_bars_make_it(
    platform: Platform, instance: dg.DagsterInstance
) -> None:
    definitions = build_definitions(platform)
    sensor = definitions.resolve_sensor_def("new_bars")

    def evaluated() -> dg.SensorResult | dg.SkipReason:
        with dg.build_sensor_context(
            instance=instance, resources={"platform": platform}, definitions=definitions
        ) as context:
            return sensor(context)  # type: ignore[return-value]

    empty = evaluated()
    assert isinstance(empty, dg.SkipReason)
    materialise(definitions, instance, ("corporate_actions",))
    materialise(definitions, instance, ("raw_bars",), months=("2024-01-01",))
    asked = evaluated()
    assert isinstance(asked, dg.SensorResult)
    assert [r.tags["dagster/partition"] for r in asked.run_requests or ()] == ["2024-01-01"]
    materialise(definitions, instance, ("raw_bars", "clean_bars", "features"), months=("2024-01-01",))
    assert list(refreshed_months(instance)) == ["2024-01"]
    done = evaluated()
    assert isinstance(done, dg.SkipReason)
    assert done.skip_message == "all 1 months are what their raw bars make them"


def test_the_month_a_downloaded_market_lacks_is_known_by_the_calendar() -> None:
    evening = datetime(2024, 6, 4, 1, 0, tzinfo=UTC)
    assert missing_until(ALPACA, xnys(), ("2024-05", "2024-06"), evening) == date(2024, 6, 3)
    assert missing_until(ALPACA, xnys(), ("2024-05",), evening) is None
    assert missing_until(replace(ALPACA, origin="bars.csv"), xnys(), ("2024-06",), evening) is None


def test_freshness_follows_the_market_and_not_the_date_of_today(source: MarketSource) -> None:
    years_later = datetime(2026, 6, 4, 1, 0, tzinfo=UTC)
    newest = expected_bars(source, xnys(), ("2024-01", "2024-02"), years_later).newest
    assert newest == datetime(2024, 2, 29, 14, 30, tzinfo=UTC)
    growing = expected_bars(ALPACA, xnys(), ("2024-05", "2024-06"), datetime(2024, 6, 4, 1, 0, tzinfo=UTC)).newest
    assert growing == datetime(2024, 6, 3, 13, 30, tzinfo=UTC)


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
