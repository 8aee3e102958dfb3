"""From accepted bars to the lake's tables: raw_bars, corporate_actions, clean_bars, quarantine, cleaning_state.

Works on the lake port alone, so the command line, Dagster and tests share it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from qts_core.data.actions.checks import check_actions
from qts_core.data.actions.identity import carry_actions, carry_bars
from qts_core.data.actions.table import as_actions, known_by, merged_actions, no_actions
from qts_core.data.building.resample import resample_bars
from qts_core.data.cleaning import CleanResult, clean_bars
from qts_core.data.lineage import CLEANED, cleaning_inputs, is_current, month_before
from qts_core.data.market_record import refuse_actions_on_adjusted
from qts_core.data.panels import bars_to_panel, month_expression, month_key
from qts_core.data.quality.flags import real_bars
from qts_core.data.quality.report import QualityReport, QualitySettings, check_bars
from qts_core.data.schemas import BAR_SCHEMA, INSTRUMENT_SCHEMA, conform
from qts_core.market.calendar import TradingCalendar, month_of
from qts_core.market.errors import DataNotFoundError, DataValidationError
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Panel
from qts_core.market.timeline import BAR_MINUTES, Timeline
from qts_core.ports.lake import LakePort, LakeReader

if TYPE_CHECKING:
    # Making a market costs two seconds of imports that the daemon does without.
    from qts_core.data.synthetic import SyntheticMarket

__all__ = [
    "MANY_FILES",
    "WHOLE",
    "Registration",
    "at_bar_length",
    "clean_all",
    "clean_month",
    "load_actions",
    "load_instruments",
    "load_panel",
    "refresh_month",
    "register_actions",
    "register_bars",
    "register_instruments",
    "register_synthetic",
    "renew_actions",
    "write_raw_bars",
]

MANY_FILES = 16
"""Files of a month of raw bars beyond which they are joined into one."""
WHOLE = "all"
KEY = ("symbol", "ts_event", "ts_known")


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """What an import put into the lake.

    Attributes
    ----------
    months : tuple of str
        Months of raw_bars written or confirmed.
    rows : int
        Bars registered, at the platform's bar length.
    symbols : tuple of str
        Their symbols, sorted.
    report : QualityReport
        What was found in them.
    """

    months: tuple[str, ...]
    rows: int
    symbols: tuple[str, ...]
    report: QualityReport


def register_bars(
    lake: LakePort,
    frame: pl.DataFrame,
    *,
    calendar: TradingCalendar,
    now: datetime | None,
    source: str,
    actions: pl.DataFrame | None = None,
    bar_minutes: int = BAR_MINUTES,
    lineage: Mapping[str, str] | None = None,
    settings: QualitySettings | None = None,
) -> Registration:
    """Check bars and write them to raw_bars by month, joined with what is there.

    Parameters
    ----------
    lake : LakePort
        Where to.
    frame : DataFrame
        Of ``BAR_SCHEMA``; bars shorter than 15 minutes are built into 15-minute ones first.
    calendar : TradingCalendar
        Sessions.
    now : datetime or None
        Bars beyond it are refused; None skips the question.
    source : str
        Written to the lineage.
    actions : DataFrame, optional
        Of ``ACTION_SCHEMA``; added to the lake's.
    bar_minutes : int
        Length of the bars given.
    lineage : mapping, optional
        More for the partitions' lineage, such as the file's sha256.
    settings : QualitySettings, optional
        Tolerances; the specification's by default.

    Raises
    ------
    DataValidationError
        If the bars are refused, or are no bars of 15 minutes and cannot be built into them; nothing is written then.
    """
    known = load_actions(lake) if actions is None else _merged_actions(lake, actions)
    bars = at_bar_length(conform(frame, BAR_SCHEMA), bar_minutes, calendar, source)
    report = check_bars(bars, calendar=calendar, now=now, actions=known, settings=settings)
    report.raise_if_refused()
    if actions is not None:
        register_actions(lake, actions)
    months = tuple(write_raw_bars(lake, bars, {"source": source, **(lineage or {})}))
    return Registration(months, bars.height, tuple(bars["symbol"].unique().sort()), report)


def write_raw_bars(lake: LakePort, bars: pl.DataFrame, lineage: Mapping[str, str]) -> Iterator[str]:
    """Add bars to raw_bars month by month; a bar that is there already stands once. Gives each month when it is done.

    Rows that are there are never touched: new ones are appended as a further file, and many files are joined into one.
    Every month appears whole or not at all, so a process that dies on the way leaves each month old or new.

    Raises
    ------
    DataConflictError
        If another process writes the same month meanwhile.
    """
    keyed = bars.with_columns(month_expression().alias("month"))
    for (month,), part in sorted(keyed.partition_by("month", as_dict=True, include_key=False).items()):
        _append_new(lake, str(month), part, lineage)
        yield str(month)


def at_bar_length(bars: pl.DataFrame, bar_minutes: int, calendar: TradingCalendar, source: str) -> pl.DataFrame:
    """Return bars of the platform's length, built from shorter ones where need be.

    Raises
    ------
    DataValidationError
        If they are longer, or of a length that does not divide it.
    """
    if bar_minutes == BAR_MINUTES:
        return bars
    if bar_minutes > BAR_MINUTES or BAR_MINUTES % bar_minutes:
        raise DataValidationError(
            "QTS-DATA-015", f"bars of {bar_minutes} minutes cannot become bars of {BAR_MINUTES}", where=source,
            expected="bars of 1, 3, 5 or 15 minutes", fix="use `qts_core.features.evaluate` on bars of other lengths",
        )  # fmt: skip
    return resample_bars(bars, calendar=calendar)


def register_synthetic(lake: LakePort, market: SyntheticMarket, *, calendar: TradingCalendar) -> Registration:
    """Write a whole synthetic market to raw_bars and corporate_actions; it goes through the same checks as any file."""
    register_instruments(lake, market.instruments)
    return register_bars(
        lake, market.bars, calendar=calendar, now=None, source="synthetic", actions=market.corporate_actions
    )


def register_actions(lake: LakePort, actions: pl.DataFrame) -> None:
    """Add corporate actions to the lake; a later word on the same symbol, day and kind replaces the earlier one.

    Raises
    ------
    DataValidationError
        If the lake's prices are adjusted already: nothing must be applied to them again; or if an action cannot be,
        or contradicts another.
    """
    refuse_actions_on_adjusted(lake, actions)
    merged = _merged_actions(lake, actions)
    lake.write_month("corporate_actions", WHOLE, merged, lineage={"kind": "corporate actions"})


def renew_actions(lake: LakePort) -> None:
    """Write the table of actions in the shape of now, when an earlier version of QTS wrote it."""
    partition = lake.partition("corporate_actions", WHOLE)
    if partition is None:
        return
    actions = as_actions(lake.read_month("corporate_actions", WHOLE))
    lake.write_month("corporate_actions", WHOLE, actions, lineage=partition.lineage)


def load_actions(lake: LakeReader) -> pl.DataFrame:
    """Return the lake's corporate actions, empty when it has none."""
    if lake.partition("corporate_actions", WHOLE) is None:
        return no_actions()
    return as_actions(lake.read_month("corporate_actions", WHOLE))


def register_instruments(lake: LakePort, instruments: Sequence[Instrument]) -> None:
    """Add instruments to the lake; a later word on a symbol replaces the earlier one."""
    known = {i.symbol: i for i in (*load_instruments(lake).values(), *instruments)}
    rows = [(i.symbol, i.sector, i.industry) for i in sorted(known.values(), key=lambda i: i.symbol)]
    frame = pl.DataFrame(rows, schema=dict(INSTRUMENT_SCHEMA), orient="row")
    lake.write_month("instruments", WHOLE, frame, lineage={"kind": "instruments"})


def load_instruments(lake: LakeReader) -> dict[str, Instrument]:
    """Return the lake's instruments by symbol, in order; empty when it has none."""
    if lake.partition("instruments", WHOLE) is None:
        return {}
    rows = lake.read_month("instruments", WHOLE).iter_rows()
    return {symbol: Instrument(symbol, sector, industry) for symbol, sector, industry in rows}


def clean_month(lake: LakePort, month: str, *, calendar: TradingCalendar) -> CleanResult:
    """Clean one month of raw_bars into clean_bars and quarantine, going on from the month before.

    Raises
    ------
    DataNotFoundError
        If the month has no raw bars, or the one before it has some but was not cleaned.
    """
    raw, actions = lake.read_month("raw_bars", month), load_actions(lake)
    inputs, before = cleaning_inputs(lake, month, actions), month_before(lake, month)
    state = None if before is None else lake.read_month("cleaning_state", before)
    result = clean_bars(raw, calendar=calendar, actions=actions, state=state)
    lake.write_month("quarantine", month, result.quarantine, lineage=inputs)
    lake.write_month("clean_bars", month, result.clean, lineage=inputs)
    lake.write_month("cleaning_state", month, result.state, lineage=inputs)
    return result


def refresh_month(lake: LakePort, month: str, *, calendar: TradingCalendar) -> CleanResult | None:
    """Clean one month unless what is stored was made from the very same inputs; return None then.

    Raises
    ------
    DataNotFoundError
        As :func:`clean_month`.
    """
    is_there = lake.partition("raw_bars", month) is not None
    if is_there and is_current(lake, CLEANED, month, cleaning_inputs(lake, month, load_actions(lake))):
        return None
    return clean_month(lake, month, calendar=calendar)


def clean_all(lake: LakePort, *, calendar: TradingCalendar) -> dict[str, CleanResult]:
    """Clean every month of raw_bars in order."""
    return {month: clean_month(lake, month, calendar=calendar) for month in lake.months("raw_bars")}


def load_panel(
    lake: LakeReader,
    *,
    calendar: TradingCalendar,
    first: date | None = None,
    last: date | None = None,
    symbols: Sequence[str] | None = None,
    known_before: datetime | None = None,
    as_of: date | None = None,
    table: str = "clean_bars",
) -> Panel:
    """Return the lake's bars as a panel of whole sessions; the usual door to research.

    Parameters
    ----------
    first, last : date, optional
        Span of sessions; what the table holds by default.
    symbols : sequence of str, optional
        Columns; every symbol of the span by default. Sorted in the panel.
    known_before : datetime, optional
        What was known then: each bar in its latest version by that moment, and no split that came later.
    as_of : date, optional
        Series stand under the symbols of that day; of the last month that the lake holds by default.

    Raises
    ------
    DataNotFoundError
        If the span holds no bars.
    """
    first_month = None if first is None else month_key(first)
    last_month = None if last is None else month_key(last)
    if known_before is None:
        bars = lake.read(table, first_month=first_month, last_month=last_month)
    else:
        bars = lake.read_as_of(table, known_before, first_month=first_month, last_month=last_month)
    bars = real_bars(bars)
    day = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    span = bars.select(day.min().alias("first"), day.max().alias("last")).row(0)
    if span[0] is None:
        raise DataNotFoundError("QTS-DATA-013", "the lake holds no bars in that span", where=table)
    timeline = Timeline.between(calendar, first or span[0], last or span[1])
    named_on = as_of or month_of(date.fromisoformat(f"{lake.months(table)[-1]}-01"))[1]
    # A name is no news of the price: series stand under it whenever the change became known.
    actions = load_actions(lake)
    bars, actions = carry_bars(bars, actions, named_on), carry_actions(actions, named_on)
    if known_before is not None:
        actions = known_by(actions, known_before)
    chosen = bars["symbol"].unique().to_list() if symbols is None else symbols
    return bars_to_panel(bars, actions, timeline=timeline, symbols=tuple(sorted(set(chosen))))


def _append_new(lake: LakePort, month: str, part: pl.DataFrame, lineage: Mapping[str, str]) -> None:
    """Append the bars that the month does not hold yet; the same bar given again changes nothing."""
    content = [name for name in BAR_SCHEMA if name != "source"]
    part = part.unique(content, keep="first", maintain_order=True)
    there = lake.partition("raw_bars", month)
    if there is not None:
        known = lake.read_month("raw_bars", month).select(content)
        part = part.join(known, on=content, how="anti", nulls_equal=True, maintain_order="left")
    part = part.sort("ts_known", "ts_event", "symbol", *[c for c in content if c not in KEY], maintain_order=True)
    after = lake.append_month(
        "raw_bars", month, part, lineage=lineage, expected_sha256="" if there is None else there.sha256
    )
    if len(after.segments) > MANY_FILES:
        lake.compact_month("raw_bars", month)


def _merged_actions(lake: LakePort, actions: pl.DataFrame) -> pl.DataFrame:
    check_actions(actions)
    merged = merged_actions(load_actions(lake), actions)
    check_actions(merged)
    return merged
