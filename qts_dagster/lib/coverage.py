"""What a page shows of one month of bars: coverage by session, repairs, last prices."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from qts_core.data.quality.flags import flag_counts, real_bars
from qts_core.market.calendar import TradingCalendar, month_of
from qts_core.market.panel import Floats
from qts_core.market.timeline import BAR_MINUTES
from qts_core.ports.lake import LakePort, Partition
from qts_core.report.figures import coverage_heat_map
from qts_dagster.lib.metadata import Metadata, column_schema, image, number, partition_metadata, table

__all__ = ["clean_metadata", "coverage", "coverage_by_symbol", "raw_metadata", "repairs"]

FLAGGED = {"filled": "last close carried forward"}
NEW_YORK_DAY = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date().alias("day")


def raw_metadata(lake: LakePort, partition: Partition) -> Metadata:
    """Describe a month of raw bars."""
    frame = lake.read_month(partition.table, partition.month)
    return {
        **partition_metadata(partition),
        "dagster/column_schema": column_schema(frame),
        "symbols": number(frame["symbol"].n_unique()),
        "source": number(str(frame["source"].head(1).item()) if frame.height else "none"),
    }


def clean_metadata(lake: LakePort, month: str, calendar: TradingCalendar) -> Metadata:
    """Describe a month of clean bars with its coverage heat map, repairs and last prices."""
    partition = lake.partition("clean_bars", month)
    assert partition is not None
    clean, quarantine = lake.read_month("clean_bars", month), lake.read_month("quarantine", month)
    real = real_bars(clean)
    symbols, days, ratio = coverage(real, month, calendar)
    drawing = coverage_heat_map(symbols, [f"{d:%d}" for d in days], ratio, title=f"Bars present of bars due, {month}")
    last = real.sort("ts_event", "ts_known").group_by("symbol").last().sort("symbol")
    return {
        **partition_metadata(partition),
        "dagster/column_schema": column_schema(clean),
        "quarantined": number(quarantine.height),
        "filled": number(clean.height - real.height),
        "coverage": number(float(np.nanmean(ratio)) if ratio.size else float("nan")),
        "repairs": table(repairs(clean, quarantine)),
        "last_prices": table(
            last.select("symbol", "close", at=pl.col("ts_event").dt.strftime("%Y-%m-%d %H:%M UTC")).to_dicts()
        ),
        "coverage_map": image(
            drawing, f"Bars present of the bars due by symbol and day of {month}; the paler, the more are missing."
        ),
    }


def repairs(clean: pl.DataFrame, quarantine: pl.DataFrame) -> list[dict[str, object]]:
    """Return how many bars were set aside by each rule and how many stand with each flag."""
    flags = flag_counts(clean) if "flags" in clean.columns else {}
    rules = quarantine.group_by("rule").len().sort("rule").iter_rows()
    return [
        *({"what": rule, "bars": count, "done": "set aside in quarantine"} for rule, count in rules),
        *(
            {"what": flag, "bars": count, "done": FLAGGED.get(flag, "kept, with a flag")}
            for flag, count in flags.items()
        ),
    ]


def coverage_by_symbol(bars: pl.DataFrame, calendar: TradingCalendar) -> dict[str, float]:
    """Return for each symbol its bars over the bars due between its own first and last session, ratio."""
    spans = (
        real_bars(bars)
        .group_by("symbol")
        .agg(
            NEW_YORK_DAY.min().alias("first"),
            NEW_YORK_DAY.max().alias("last"),
            pl.col("ts_event").n_unique().alias("bars"),
        )
    )
    return {
        symbol: count / sum(session.bars(BAR_MINUTES) for session in calendar.between(first, last))
        for symbol, first, last, count in spans.sort("symbol").iter_rows()
    }


def coverage(bars: pl.DataFrame, month: str, calendar: TradingCalendar) -> tuple[list[str], list[date], Floats]:
    """Return symbols [R], sessions [C] and bars present over bars due, ratio [R, C]."""
    first, last = month_of(date.fromisoformat(f"{month}-01"))
    sessions = calendar.between(first, last)
    symbols = sorted(bars["symbol"].unique())
    present = np.zeros((len(symbols), len(sessions)))
    row = {symbol: i for i, symbol in enumerate(symbols)}
    column = {session.date: i for i, session in enumerate(sessions)}
    for symbol, day, count in bars.group_by("symbol", NEW_YORK_DAY).agg(pl.col("ts_event").n_unique()).iter_rows():
        present[row[symbol], column[day]] = count
    due = np.array([session.bars(BAR_MINUTES) for session in sessions], dtype=np.float64)
    return symbols, [session.date for session in sessions], present / due
