"""From a download to the lake: one feed for each lake, a source's corrections as revisions (specification 5.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from qts_core.data.admission import Admission, Candidate, Progress, admit, examine_bars
from qts_core.data.market_record import recorded_source
from qts_core.data.panels import month_expression
from qts_core.data.quality.report import QualitySettings
from qts_core.data.schemas import BAR_SCHEMA
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataValidationError
from qts_core.market.instruments import Instrument
from qts_core.ports.lake import LakePort

__all__ = ["admit_history", "examine_history", "refuse_another_feed", "with_revisions"]

PROVIDER = "alpaca "
KEY = ("symbol", "ts_event")
WORD = tuple(name for name in BAR_SCHEMA if name not in ("ts_known", "source"))
"""What a bar says, apart from when and by whom."""


def refuse_another_feed(lake: LakePort, source: str) -> None:
    """Raise when `lake` was filled from another feed of the same provider: volumes of the two cannot be compared.

    Raises
    ------
    DataValidationError
        ``QTS-DATA-048``.
    """
    known = recorded_source(lake)
    if known is not None and known.origin.startswith(PROVIDER) and known.origin != source:
        raise DataValidationError(
            "QTS-DATA-048", "this lake holds bars of another feed", found=source, expected=known.origin,
            fix=f"use --feed {known.origin.removeprefix(PROVIDER)}, or choose another QTS_HOME",
        )  # fmt: skip


def with_revisions(bars: pl.DataFrame, stored: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Return what `bars` say that `stored` does not: new bars as they are, changed ones as known from `now` on.

    A source that corrects its history later must not change what was known before; a bar that says the same as the
    latest word on it is left out.

    Parameters
    ----------
    bars, stored : DataFrame
        Of ``BAR_SCHEMA``.
    now : datetime
        When the bars were downloaded.
    """
    latest = stored.sort("ts_known", maintain_order=True).unique(KEY, keep="last", maintain_order=True)
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_stored")) for name in WORD if name not in KEY)
    joined = bars.join(latest, on=KEY, how="left", suffix="_stored", maintain_order="left")
    is_known = pl.col("ts_known_stored").is_not_null()
    known = pl.when(is_known).then(pl.lit(now).cast(bars.schema["ts_known"])).otherwise("ts_known").alias("ts_known")
    return joined.filter(~(is_known & same)).with_columns(known).select(*BAR_SCHEMA)


def examine_history(
    lake: LakePort,
    frame: pl.DataFrame,
    *,
    calendar: TradingCalendar,
    now: datetime,
    source: str,
    actions: pl.DataFrame | None = None,
    settings: QualitySettings | None = None,
    drop_refused: bool = False,
) -> Candidate | None:
    """Say whether downloaded bars may enter `lake`; None when it holds all of them already.

    Parameters
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``, raw prices, at the platform's bar length.
    now : datetime
        When they were downloaded.
    source : str
        Provenance, such as ``alpaca iex``.
    actions, settings, drop_refused
        As :func:`qts_core.data.admission.examine_bars` takes them.

    Raises
    ------
    DataValidationError
        If the lake holds another feed or market, or the bars are refused.
    """
    refuse_another_feed(lake, source)
    bars = frame
    months = bars.select(month_expression().unique().sort()).to_series().to_list()
    held = [lake.read_month("raw_bars", m) for m in months if lake.partition("raw_bars", m) is not None]
    if held:
        bars = with_revisions(bars, pl.concat([part.select(*BAR_SCHEMA) for part in held]), now)
        if bars.is_empty():
            return None
    return examine_bars(
        lake, bars, calendar=calendar, now=now, origin=source, adjustment="raw", actions=actions, settings=settings,
        drop_refused=drop_refused,
    )  # fmt: skip


def admit_history(
    lake: LakePort,
    frame: pl.DataFrame,
    *,
    calendar: TradingCalendar,
    now: datetime,
    source: str,
    actions: pl.DataFrame | None = None,
    settings: QualitySettings | None = None,
    drop_refused: bool = False,
    lineage: Mapping[str, str] | None = None,
    instruments: Sequence[Instrument] = (),
    progress: Progress | None = None,
) -> Admission | None:
    """Examine downloaded bars and write them; None when the lake held all of them already.

    :func:`examine_history`, then :func:`qts_core.data.admission.admit`, with their arguments and errors.
    """
    candidate = examine_history(
        lake, frame, calendar=calendar, now=now, source=source, actions=actions,
        settings=settings, drop_refused=drop_refused,
    )  # fmt: skip
    if candidate is None:
        return None
    return admit(lake, candidate, calendar=calendar, lineage=lineage, instruments=instruments, progress=progress)
