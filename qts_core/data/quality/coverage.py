"""What is missing, counted on the sessions of the exchange (specification 5.1; bad input B35)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.quality.evidence import NAMED, Evidence, evidence_of
from qts_core.data.quality.sheet import Sheet

__all__ = ["coverage_by_month", "gaps", "holes"]

INSTANT = pl.Datetime("us", "UTC")
MANY = 3
"""With fewer other symbols nothing is said about `all others`."""
MOST = 0.9


def gaps(sheet: Sheet) -> list[Evidence]:
    """Ask, symbol by symbol between its first and last bar, for gaps and for coverage."""
    limit, least = sheet.settings.max_gap_bars, sheet.settings.min_coverage_ratio
    same = pl.col("symbol") == pl.col("symbol").shift(1)
    placed = sheet.latest.select("symbol", "row", gap=pl.when(same).then(pl.col("row").diff() - 1).fill_null(0))
    wide = placed.filter(pl.col("gap") > limit)
    found = []
    if wide.height:
        places = _gap_places(sheet, wide)
        examples = [_gap_words(r) for r in places.head(NAMED).to_dicts()]
        detail = (
            f"more than {limit} bars in a row are missing at {wide.height} places of "
            f"{wide['symbol'].n_unique()} symbols, the first: {examples[0]}"
        )
        rest = [f"and {wide.height - NAMED} more"] if wide.height > NAMED else []
        found.append(evidence_of("gap", places, detail, examples=[*examples, *rest][: NAMED + 1]))
    span = placed.group_by("symbol", maintain_order=True).agg(
        first=pl.col("row").first(), bars=pl.len(), expected=pl.col("row").last() - pl.col("row").first() + 1
    )
    thin = span.with_columns(ratio=pl.col("bars") / pl.col("expected")).filter(pl.col("ratio") < least)
    if thin.height:
        starts = pl.Series(sheet.timeline.ts_event[thin["first"].to_numpy()]).cast(INSTANT)
        places = thin.with_columns(ts_event=starts).drop("first")
        examples = [f"{r['symbol']} {r['ratio']:.1%}" for r in thin.to_dicts()]
        detail = f"coverage is below {least:.0%} of the session's bars: {', '.join(examples[:8])}"
        found.append(evidence_of("coverage", places, detail, examples=examples))
    return found


def holes(sheet: Sheet) -> list[Evidence]:
    """List missing sessions: of each symbol, of one symbol while all others trade, and of the whole market."""
    bars = sheet.matrix("bars")
    there = ~np.isnan(bars)
    first, last = there.argmax(axis=0), len(there) - 1 - there[::-1].argmax(axis=0)
    day = np.arange(len(there))[:, None]
    living = (day >= first) & (day <= last) & there.any(axis=0)
    lacking = living & ~there
    if not lacking.any():
        return []
    found = []
    alive, present = living.sum(axis=1), (there & living).sum(axis=1)
    empty = (present == 0) & (alive >= MANY)
    if empty.any():
        days = [_day(d) for d in sheet.days[empty]]
        frame = _places(sheet, np.argwhere(empty[:, None] & lacking))
        detail = f"{len(days)} sessions hold no bar of any of {int(alive[empty].max())} symbols: {_listed(days)}"
        found.append(evidence_of("market_hole", frame, detail, count=len(days), examples=[str(d) for d in days]))
    others = alive[:, None] - 1
    alone = lacking & (others >= MANY) & (present[:, None] >= MOST * others)
    for rule, cells in (("missing_sessions", lacking), ("missing_alone", alone)):
        if cells.any():
            found.append(_missing(sheet, rule, cells))
    return found


def coverage_by_month(sheet: Sheet) -> pl.DataFrame:
    """Return bars that are there and bars of the calendar, by symbol and month, within each symbol's own span."""
    line = sheet.timeline
    months = line.session.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    month = pl.Series(months[sheet.latest["row"].to_numpy()])
    counted = sheet.latest.select("symbol", month=month).group_by("symbol", "month").len("bars")
    spans = sheet.latest.group_by("symbol").agg(first=pl.col("row").min(), last=pl.col("row").max())
    expected = []
    for symbol, first, last in spans.iter_rows():
        labels, counts = np.unique(months[first : last + 1], return_counts=True)
        expected.append(pl.DataFrame({"symbol": symbol, "month": labels, "expected": counts}))
    table = pl.concat(expected).with_columns(pl.col("symbol").cast(sheet.latest.schema["symbol"]))
    joined = table.join(counted, on=["symbol", "month"], how="left").with_columns(pl.col("bars").fill_null(0))
    return joined.select(
        pl.col("symbol").cast(pl.String),
        month=pl.date(1970 + pl.col("month") // 12, pl.col("month") % 12 + 1, 1).dt.strftime("%Y-%m"),
        bars=pl.col("bars").cast(pl.Int64),
        expected=pl.col("expected").cast(pl.Int64),
        ratio=pl.col("bars") / pl.col("expected"),
    ).sort("symbol", "month")


def _gap_places(sheet: Sheet, wide: pl.DataFrame) -> pl.DataFrame:
    line, row, gap = sheet.timeline, wide["row"].to_numpy(), wide["gap"].to_numpy()
    sessions = np.searchsorted(sheet.days, line.session[row - 1]) - np.searchsorted(sheet.days, line.session[row - gap])
    return wide.select(
        "symbol",
        ts_event=pl.Series(line.ts_event[row - gap]).cast(INSTANT),
        ts_last=pl.Series(line.ts_event[row - 1]).cast(INSTANT),
        bars=pl.col("gap"),
        sessions=pl.Series(sessions + 1),
    )


def _gap_words(place: dict[str, object]) -> str:
    return (
        f"{place['symbol']} {place['bars']} bars, {place['ts_event']:%Y-%m-%d %H:%M} to "
        f"{place['ts_last']:%Y-%m-%d %H:%M} UTC ({place['sessions']} sessions)"
    )


def _missing(sheet: Sheet, rule: str, cells: NDArray[np.bool_]) -> Evidence:
    places = _places(sheet, np.argwhere(cells))
    by_symbol = [
        f"{sheet.symbols[n]}: {_listed([_day(d) for d in sheet.days[cells[:, n]]])}"
        for n in np.flatnonzero(cells.any(axis=0))
    ]
    detail = f"{places.height} sessions of {len(by_symbol)} symbols are missing; {by_symbol[0]}"
    return evidence_of(rule, places, detail, examples=by_symbol)


def _places(sheet: Sheet, cells: NDArray[np.int64]) -> pl.DataFrame:
    """Return symbol, session and the session's first bar of (session, symbol) pairs, in order of symbol."""
    cells = cells[np.lexsort((cells[:, 0], cells[:, 1]))]
    line = sheet.timeline
    opening = line.ts_event[np.searchsorted(line.session, sheet.days[cells[:, 0]])]
    return pl.DataFrame(
        {
            "symbol": [sheet.symbols[n] for n in cells[:, 1]],
            "ts_event": pl.Series(opening, dtype=pl.Int64).cast(INSTANT),
            "session": pl.Series(sheet.days[cells[:, 0]]).cast(pl.Date),
        },
        schema_overrides={"symbol": pl.String},
    )


def _listed(days: list[date]) -> str:
    """Return dates as runs, such as ``2024-03-04 to 2024-03-06, 2024-03-12``; long lists are cut."""
    runs: list[list[date]] = []
    for day in days:
        if runs and (day - runs[-1][-1]).days <= 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    words = [f"{run[0]}" if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return ", ".join(words[:5]) + (f" and {len(words) - 5} more spans" if len(words) > 5 else "")


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(number))
