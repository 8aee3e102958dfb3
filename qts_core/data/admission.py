"""The one door into the lake for bars from outside: settle what they are, judge them, write them, clean (5.1).

Importing files and downloading history both come through here. Nothing is written before everything is settled; then
month after month appears whole. An interrupted import is finished by running it again: what is there already is
recognised and stands once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from qts_core.data.actions.table import as_actions
from qts_core.data.cleaning import CleanResult
from qts_core.data.ingest import (
    Registration,
    at_bar_length,
    load_actions,
    refresh_month,
    register_actions,
    register_instruments,
    write_raw_bars,
)
from qts_core.data.market_record import PRICE_KINDS
from qts_core.data.market_source import MarketSource, imported_source, record_source, refuse_another_market
from qts_core.data.neighbours import stored_neighbours
from qts_core.data.panels import month_expression
from qts_core.data.quality.report import QualityReport, QualitySettings, check_bars
from qts_core.data.quality.rules import Family
from qts_core.data.reading.adjustment import AdjustmentChoice, settle_adjustment
from qts_core.data.schemas import BAR_SCHEMA, conform
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError, DataValidationError
from qts_core.market.instruments import Instrument
from qts_core.market.timeline import BAR_MINUTES
from qts_core.ports.lake import LakePort

__all__ = ["Admission", "Candidate", "admit", "admit_bars", "examine_bars", "write_candidate"]

OF_EACH_BAR = (Family.BAR, Family.TIME)

Progress = Callable[[str, str], None]
"""Called with what is done (``write``, ``clean``) and the month it is done to."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Bars that may enter a lake; nothing is written yet.

    Attributes
    ----------
    bars : DataFrame
        Of ``BAR_SCHEMA``, at the platform's bar length.
    market : MarketSource
        What the lake will hold with them.
    report : QualityReport
        What was found in them.
    notes : tuple of str
        What a person should know.
    dropped : tuple of str
        Symbols that were left out because they broke a refusing rule.
    actions : DataFrame or None
        Corporate actions that come with them.
    """

    bars: pl.DataFrame
    market: MarketSource
    report: QualityReport
    notes: tuple[str, ...]
    dropped: tuple[str, ...]
    actions: pl.DataFrame | None

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols of the bars, ascending."""
        return tuple(self.bars["symbol"].unique().sort())

    @property
    def months(self) -> tuple[str, ...]:
        """Months of the bars, ascending."""
        return tuple(self.bars.select(month_expression().unique().sort()).to_series())


@dataclass(frozen=True, slots=True, eq=False)
class Admission:
    """What entered the lake.

    Attributes
    ----------
    registration : Registration
        Months and bars.
    market : MarketSource
        As recorded.
    cleaned : mapping of str to CleanResult
        The months that were cleaned.
    notes, dropped : tuple of str
        As the candidate had them.
    """

    registration: Registration
    market: MarketSource
    cleaned: Mapping[str, CleanResult]
    notes: tuple[str, ...]
    dropped: tuple[str, ...]


def examine_bars(
    lake: LakePort,
    frame: pl.DataFrame,
    *,
    calendar: TradingCalendar,
    now: datetime | None,
    origin: str,
    bar_minutes: int = BAR_MINUTES,
    adjustment: AdjustmentChoice = "raw",
    actions: pl.DataFrame | None = None,
    settings: QualitySettings | None = None,
    drop_refused: bool = False,
) -> Candidate:
    """Say whether bars may enter `lake`, and as what, without writing anything.

    Parameters
    ----------
    lake : LakePort
        Where they are to go. Bars next to theirs that it holds are judged with them.
    frame : DataFrame
        Of ``BAR_SCHEMA``; bars shorter than 15 minutes are built into 15-minute ones.
    calendar : TradingCalendar
        Sessions.
    now : datetime or None
        Bars beyond it are refused; None skips the question.
    origin : str
        Where they come from, for people.
    bar_minutes : int
        Length of the bars given.
    adjustment : "raw", "splits", "all" or "auto"
        Of their prices; ``auto`` asks the data.
    actions : DataFrame, optional
        Of ``ACTION_SCHEMA``; they come with the bars.
    settings : QualitySettings, optional
        Tolerances; the specification's by default.
    drop_refused : bool
        Leave out symbols that break a refusing rule, and take the others.

    Raises
    ------
    DataValidationError
        If the lake holds another market or other kinds of prices, or the bars are refused.
    DataNotFoundError
        If there are no bars, or no symbol is left.
    """
    if frame.is_empty():
        raise DataNotFoundError("QTS-DATA-002", "there are no bars to import", where=origin)
    stored = load_actions(lake)
    known = stored if actions is None else pl.concat([stored, as_actions(actions)])
    kind, notes = settle_adjustment(frame, known, declared=adjustment, where=origin)
    if kind != "raw" and known.filter(pl.col("kind").is_in([str(k) for k in PRICE_KINDS])).height:
        raise DataValidationError(
            "QTS-DATA-023", "prices are adjusted already, and there are corporate actions to apply to them",
            where=origin, expected="raw prices", fix="import adjusted prices into another QTS_HOME, without actions",
        )  # fmt: skip
    bars = at_bar_length(conform(frame, BAR_SCHEMA), bar_minutes, calendar, origin)
    refuse_another_market(lake, imported_source(lake, bars, origin, kind))

    def judged(given: pl.DataFrame, built: pl.DataFrame) -> QualityReport:
        around = stored_neighbours(lake, built)
        together = built if around.is_empty() else pl.concat([built, around])
        report = check_bars(together, calendar=calendar, now=now, actions=known, settings=settings)
        if bar_minutes == BAR_MINUTES:
            return report
        # Building leaves broken bars and those out of session behind, so they are judged by themselves as well.
        alone = check_bars(
            given, calendar=calendar, bar_minutes=bar_minutes, now=now, settings=settings, families=OF_EACH_BAR
        )
        return alone.joined(report)

    report, dropped = judged(frame, bars), tuple[str, ...]()
    if report.is_refused and drop_refused:
        dropped = report.refused_symbols
        bars = _without(bars, dropped, origin)
        report = judged(_without(frame, dropped, origin), bars)
    report.raise_if_refused(origin)
    return Candidate(bars, imported_source(lake, bars, origin, kind), report, notes, dropped, actions)


def admit(
    lake: LakePort,
    candidate: Candidate,
    *,
    calendar: TradingCalendar,
    lineage: Mapping[str, str] | None = None,
    instruments: Sequence[Instrument] = (),
    progress: Progress | None = None,
) -> Admission:
    """Write what :func:`examine_bars` let pass and clean it: :func:`write_candidate`, then every month that changed.

    Parameters
    ----------
    lineage : mapping, optional
        For the partitions, such as the file's sha256.
    instruments : sequence of Instrument
        What is known of the symbols.
    progress : callable, optional
        Called after each month with what was done.
    """
    registration = write_candidate(lake, candidate, lineage=lineage, instruments=instruments, progress=progress)
    cleaned = {}
    for month in lake.months("raw_bars"):
        result = refresh_month(lake, month, calendar=calendar)
        if result is not None:
            cleaned[month] = result
        if progress is not None:
            progress("clean", month)
    return Admission(registration, candidate.market, cleaned, candidate.notes, candidate.dropped)


def write_candidate(
    lake: LakePort,
    candidate: Candidate,
    *,
    lineage: Mapping[str, str] | None = None,
    instruments: Sequence[Instrument] = (),
    progress: Progress | None = None,
) -> Registration:
    """Write what :func:`examine_bars` let pass: actions, raw bars by month, instruments, and the market's record."""
    if candidate.actions is not None:
        register_actions(lake, candidate.actions)
    origin = {"source": candidate.market.origin, "adjustment": candidate.market.adjustment, **(lineage or {})}
    months = []
    for month in write_raw_bars(lake, candidate.bars, origin):
        months.append(month)
        if progress is not None:
            progress("write", month)
    if instruments:
        register_instruments(lake, instruments)
    record_source(lake, candidate.market)
    return Registration(tuple(months), candidate.bars.height, candidate.symbols, candidate.report)


def admit_bars(
    lake: LakePort,
    frame: pl.DataFrame,
    *,
    calendar: TradingCalendar,
    now: datetime | None,
    origin: str,
    bar_minutes: int = BAR_MINUTES,
    adjustment: AdjustmentChoice = "raw",
    actions: pl.DataFrame | None = None,
    settings: QualitySettings | None = None,
    lineage: Mapping[str, str] | None = None,
    instruments: Sequence[Instrument] = (),
) -> Admission:
    """Examine bars and write them: :func:`examine_bars`, then :func:`admit`, with their arguments and errors."""
    candidate = examine_bars(
        lake, frame, calendar=calendar, now=now, origin=origin, bar_minutes=bar_minutes, adjustment=adjustment,
        actions=actions, settings=settings,
    )  # fmt: skip
    return admit(lake, candidate, calendar=calendar, lineage=lineage, instruments=instruments)


def _without(bars: pl.DataFrame, symbols: Sequence[str], origin: str) -> pl.DataFrame:
    kept = bars.filter(~pl.col("symbol").is_in(list(symbols)))
    if kept.is_empty():
        raise DataNotFoundError(
            "QTS-DATA-002", "no symbol is left after those that break a rule were dropped", where=origin,
            found=", ".join(symbols),
        )  # fmt: skip
    return kept
