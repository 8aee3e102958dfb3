"""Judge a file of bars before it is accepted (specification 5.1; bad inputs B12 to B38).

A report says what was found, rule by rule. Only rules of policy REFUSE stop an import: they mean that the file as a
whole cannot be what it says it is. Everything else is settled later, bar by bar, by cleaning.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import polars as pl

from qts_core.data.actions.table import as_actions, no_actions
from qts_core.data.quality import across, bar_checks, bookings, coverage, identity, sources, steps, tape, time_checks
from qts_core.data.quality.daily import DAILY_MINUTES, at_the_open
from qts_core.data.quality.evidence import Evidence
from qts_core.data.quality.findings import Finding, QualityReport, finding_of, ordered
from qts_core.data.quality.rules import RULES, Family
from qts_core.data.quality.settings import QualitySettings
from qts_core.data.quality.sheet import Sheet
from qts_core.data.schemas import BAR_SCHEMA, conform
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["EVERY_FAMILY", "Finding", "QualityReport", "QualitySettings", "check_bars"]

EVERY_FAMILY = frozenset(Family)
PICTURED = (Family.PRICE, Family.VOLUME)


def check_bars(
    frame: pl.DataFrame,
    *,
    calendar: TradingCalendar,
    bar_minutes: int = BAR_MINUTES,
    now: datetime | None = None,
    actions: pl.DataFrame | None = None,
    settings: QualitySettings | None = None,
    families: Collection[Family] = EVERY_FAMILY,
) -> QualityReport:
    """Judge bars by every rule.

    Parameters
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``, in any order. Daily bars may carry any time of their day.
    calendar : TradingCalendar
        Sessions.
    bar_minutes : int
        Length of a bar; 390 and more are daily bars.
    now : datetime, optional
        Bars that start later than one bar after it lie in the future; None skips the question.
    actions : DataFrame, optional
        Of ``ACTION_SCHEMA``; splits explain price steps, and are themselves held against the prices.
    settings : QualitySettings, optional
        Tolerances; the specification's by default.
    families : collection of Family, optional
        What to look at; everything by default.

    Raises
    ------
    DataNotFoundError
        If there are no bars.
    DataValidationError
        If `frame` does not have the columns of bars.
    """
    given = conform(frame, BAR_SCHEMA)
    if given.is_empty():
        raise DataNotFoundError("QTS-DATA-002", "there are no bars to check")
    if bar_minutes >= DAILY_MINUTES:
        given, bar_minutes = at_the_open(given, calendar), DAILY_MINUTES
    sheet = Sheet.of(
        given,
        calendar=calendar,
        bar_minutes=bar_minutes,
        settings=settings or QualitySettings(),
        actions=no_actions() if actions is None else as_actions(actions),
    )
    found = [*bar_checks.broken_bars(sheet), *bar_checks.repeated_bars(sheet), *sources.cross_source(sheet)]
    found += [*time_checks.placement(sheet), *time_checks.order(sheet)]
    if now is not None:
        found += time_checks.future(sheet, now + timedelta(minutes=bar_minutes))
    if not sheet.sound.is_empty():
        found += _judged_together(sheet, families)
    kept = [finding_of(e) for e in found if RULES[e.rule].family in families]
    counted = Family.COMPLETENESS in families and not sheet.sound.is_empty()
    months = {"coverage": coverage.coverage_by_month(sheet)} if counted else {}
    return QualityReport(given.height, len(sheet.symbols), ordered(kept), daily=_pictured(sheet, kept), **months)


def _judged_together(sheet: Sheet, families: Collection[Family]) -> list[Evidence]:
    """Ask the rules that look at many bars at once."""
    found: list[Evidence] = []
    if Family.COMPLETENESS in families:
        found += [*coverage.gaps(sheet), *coverage.holes(sheet)]
    if Family.PRICE in families or Family.ACTIONS in families:
        nights = steps.overnight(sheet)
        ratio = sheet.settings.huge_dividend_ratio
        booked = bookings.booked_actions(nights, sheet.actions, huge_dividend_ratio=ratio)
        doubted = {(r["symbol"], r["session"]) for e in booked for r in e.places.to_dicts()}
        found += booked
        found += steps.price_jumps(sheet)
        found += steps.suspected_splits(nights, sheet.settings.max_price_ratio, known=doubted)
        found += identity.ticker_reuse(sheet, nights)
        found += steps.mixed_adjustment(sheet, nights)
        found += [*tape.stale(sheet), *tape.outliers(sheet)]
    if Family.VOLUME in families:
        found += [*bar_checks.zero_volume(sheet), *tape.feed_switch(sheet)]
    if Family.ACROSS in families:
        found += [*across.identical_series(sheet), *across.shifted(sheet)]
    return found


def _pictured(sheet: Sheet, findings: Collection[Finding]) -> pl.DataFrame:
    """Return the sessions of symbols whose prices or volume are doubted."""
    doubted = {
        symbol for f in findings if f.declared.family in PICTURED and f.severity.rank < 2 for symbol in f.symbols
    }
    if not doubted:
        return pl.DataFrame()
    sessions = sheet.by_session.with_columns(pl.col("symbol").cast(pl.String))
    return sessions.filter(pl.col("symbol").is_in(doubted)).select("symbol", "session", "close", "volume", "dollars")
