"""What runs by the clock, in New York time and on trading days only."""

from datetime import date

import dagster as dg

from qts_core.data.market_source import MarketSource
from qts_core.market.calendar import TradingCalendar
from qts_dagster.defs.jobs import DAILY_CLOSE, REFRESH_MARKET_DATA
from qts_dagster.defs.resources import Platform
from qts_dagster.defs.retraining import retraining_schedules
from qts_dagster.lib.automation import CLOSE_CRON, GATHER_CRON, NEW_YORK
from qts_dagster.lib.growth import feed_of
from qts_dagster.lib.partitions import partition_key

__all__ = ["after_the_close", "all_schedules"]


def all_schedules() -> list[dg.ScheduleDefinition]:
    """Every schedule of the location."""
    return [_refresh_after_close(), _gather_sessions(), *retraining_schedules()]


def _refresh_after_close() -> dg.ScheduleDefinition:
    @dg.schedule(
        job=REFRESH_MARKET_DATA, cron_schedule=CLOSE_CRON, execution_timezone=NEW_YORK,
        name="refresh_after_the_close",
        description="Every trading day at 16:20 New York: the month's bars and features; new sessions are downloaded.",
    )  # fmt: skip
    def refresh(context: dg.ScheduleEvaluationContext, platform: Platform) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.date()
        return after_the_close(platform.source(), platform.calendar, day.isoformat())

    return refresh


def _gather_sessions() -> dg.ScheduleDefinition:
    @dg.schedule(
        job=DAILY_CLOSE, cron_schedule=GATHER_CRON, execution_timezone=NEW_YORK,
        name="gather_sessions_after_the_close",
        description="Every trading day at 16:50 New York: what the daemon traded, and how its model did.",
    )  # fmt: skip
    def gather(context: dg.ScheduleEvaluationContext, platform: Platform) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.date()
        if platform.calendar.on(day) is None:
            return dg.SkipReason(f"{day} is no trading day in New York")
        return dg.RunRequest(run_key=f"gather-{day}")

    return gather


def after_the_close(source: MarketSource, calendar: TradingCalendar, day: str) -> dg.RunRequest | dg.SkipReason:
    """Say what to do on the evening of `day` (ISO): refresh its month, or why not."""
    today = date.fromisoformat(day)
    if calendar.on(today) is None:
        return dg.SkipReason(f"{day} is no trading day in New York")
    if today > source.last and feed_of(source) is None:
        return dg.SkipReason(f"{source.origin} ends on {source.last}; import newer bars with `qts data import`")
    return dg.RunRequest(run_key=f"close-{day}", partition_key=partition_key(day[:7]))
