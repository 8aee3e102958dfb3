"""Judge bars of any length as an import would see them: minutes by themselves and built up, days as they are."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from qts_core.data.building.resample import resample_bars
from qts_core.data.quality.report import QualityReport, QualitySettings, check_bars
from qts_core.data.quality.rules import Family
from qts_core.market.calendar import TradingCalendar
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["judge_bars"]

OF_EACH_BAR = (Family.BAR, Family.TIME)
"""What is judged before shorter bars are built up: building leaves broken bars and those out of session behind."""


def judge_bars(
    frame: pl.DataFrame,
    *,
    calendar: TradingCalendar,
    bar_minutes: int,
    now: datetime | None = None,
    actions: pl.DataFrame | None = None,
    settings: QualitySettings | None = None,
) -> QualityReport:
    """Judge bars by every rule, whatever their length.

    Bars that build up into 15-minute ones are judged twice: by themselves for what is wrong with single bars and
    their times, and built up for what is missing, for prices and for volume, since a minute without a trade is no gap.
    Longer bars are judged as they are. Parameters, errors and result are those of
    :func:`~qts_core.data.quality.report.check_bars`.
    """
    if bar_minutes >= BAR_MINUTES or BAR_MINUTES % bar_minutes:
        return check_bars(
            frame, calendar=calendar, bar_minutes=bar_minutes, now=now, actions=actions, settings=settings
        )
    alone = check_bars(
        frame, calendar=calendar, bar_minutes=bar_minutes, now=now, settings=settings, families=OF_EACH_BAR
    )
    built = resample_bars(frame, calendar=calendar)
    if built.is_empty():
        return alone
    return alone.joined(check_bars(built, calendar=calendar, actions=actions, settings=settings))
