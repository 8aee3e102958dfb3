"""Contracts of stored tables as asset checks: which months they look at, and what a page shows of a breach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

import dagster as dg
import polars as pl

from qts_core.adapters.expectations import AspectResult, ContractResult
from qts_core.data.contracts import Aspect, Expected, TableContract, bars_expected
from qts_core.data.market_source import MarketSource
from qts_core.data.schemas import Schema
from qts_core.market.calendar import Session, TradingCalendar, month_of
from qts_core.ports.lake import LakePort
from qts_dagster.lib.growth import feed_of, last_settled
from qts_dagster.lib.metadata import Metadata, number, table

__all__ = ["aspect_specs", "expected_bars", "odd_schema", "read_months", "sessions_due", "verdicts"]

SHOWN = 20

DESCRIPTIONS: Mapping[Aspect, str] = {
    Aspect.SCHEMA: "Every declared column is there with its type, and none that is needed is null.",
    Aspect.RANGES: "Every value lies in its declared range, and no column below one that it cannot be below.",
    Aspect.KEYS: "One row for each key.",
    Aspect.ROW_COUNT: "Not fewer and not more rows than sessions and symbols allow.",
    Aspect.FRESHNESS: "The newest session that the market should have brought by now is there.",
}


def aspect_specs(asset: str, aspects: Sequence[Aspect], *, prefix: str = "") -> list[dg.AssetCheckSpec]:
    """Return the checks of a contract; stale data warns, everything else stops what comes after."""
    return [
        dg.AssetCheckSpec(
            f"{prefix}{aspect}", asset=asset, blocking=aspect is not Aspect.FRESHNESS, description=DESCRIPTIONS[aspect]
        )
        for aspect in aspects
    ]


def verdicts(
    result: ContractResult, asset: str, months: Sequence[str], aspects: Sequence[Aspect], *, prefix: str = ""
) -> Iterator[dg.AssetCheckResult]:
    """Yield what came of each aspect; one that nothing was asked about holds."""
    for aspect in aspects:
        found = result.aspects.get(aspect, AspectResult(0, (), pl.DataFrame()))
        is_late = aspect is Aspect.FRESHNESS
        yield dg.AssetCheckResult(
            passed=found.passed, asset_key=asset, check_name=f"{prefix}{aspect}",
            severity=dg.AssetCheckSeverity.WARN if is_late else dg.AssetCheckSeverity.ERROR,
            metadata=_metadata(found, result.rows, months),
        )  # fmt: skip


def read_months(lake: LakePort, contract: TableContract, months: Sequence[str]) -> tuple[pl.DataFrame, Schema]:
    """Return the months of a table joined, and the first stored schema that is not the declared one, else the declared.

    Joining would hide, or refuse, what the schema check is there to tell.
    """
    frames = [lake.read_month(contract.table, month) for month in months]
    stored = odd_schema(contract, frames)
    joined = pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame(schema=dict(contract.columns))
    return joined, stored


def odd_schema(contract: TableContract, frames: Iterable[pl.DataFrame]) -> Schema:
    """Return the first schema of `frames` that is not the declared one, else the declared one."""
    return next((f.schema for f in frames if dict(f.schema) != dict(contract.columns)), contract.columns)


def expected_bars(source: MarketSource, calendar: TradingCalendar, months: Sequence[str], now: datetime) -> Expected:
    """Return what the calendar expects of the market's bars in `months` by `now`."""
    sessions = sessions_due(source, calendar, months, now)
    return bars_expected(sessions, len(source.symbols), newest=sessions[-1].open if sessions else None)


def sessions_due(
    source: MarketSource, calendar: TradingCalendar, months: Sequence[str], now: datetime
) -> tuple[Session, ...]:
    """Return the sessions of `months` that should be there by `now`, in order.

    A synthetic or imported market is due up to the last session that it was said to hold, whatever the date is today;
    one that grows by itself, up to the last session that has settled.
    """
    until = source.last if feed_of(source) is None else last_settled(calendar, now).date
    spans = [month_of(date.fromisoformat(f"{month}-01")) for month in months]
    return tuple(
        session
        for first, last in spans
        for session in calendar.between(max(first, source.first), min(last, until))
        if session.close <= now
    )


def _metadata(found: AspectResult, rows: int, months: Sequence[str]) -> Metadata:
    span = "whole table" if list(months) == ["all"] else f"{months[0]} to {months[-1]}" if months else "no months"
    told: Metadata = {"rows": number(rows), "months": number(span), "expectations": number(found.expectations)}
    if found.passed:
        return told
    breaches = [{"expected": b.expectation, "found": b.found, "rows": b.rows} for b in found.breaches]
    shown = found.failing.head(SHOWN).with_columns(pl.col(pl.Datetime, pl.Date).cast(pl.String))
    return {
        **told,
        "failing": number(sum(breach.rows for breach in found.breaches)),
        "broken": table(breaches[:SHOWN]),
        "failing_rows": table(shown.to_dicts()),
    }
