"""Ticker reuse: another security that goes on under the same symbol (bad input B38).

Three things tell it from a split, a wrong unit and a crash: the level jumps, the character changes with it, and it
stays. A split leaves the traded value and the ranges as they were; a wrong unit leaves the shares and the ranges; a
crash is one step on the way and never as large.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from qts_core.data.quality.evidence import Evidence, evidence_of
from qts_core.data.quality.sheet import Sheet
from qts_core.market.panel import Floats

__all__ = ["ticker_reuse"]

SESSIONS = 20
LEAST_SESSIONS = 3
NOTABLE_STEP = 1.5
LONG_HOLE = 20
"""Sessions without a bar after which another level is another security."""
VOLUME_CHANGE = 4.0
RANGE_CHANGE = 2.0
GRAIN_CHANGE = 0.5
NEEDED = 2


def ticker_reuse(sheet: Sheet, nights: pl.DataFrame) -> list[Evidence]:
    """Refuse symbols whose level and character change in one night, or whose level is another after a long hole.

    Parameters
    ----------
    sheet : Sheet
        The bars.
    nights : DataFrame
        From :func:`qts_core.data.quality.steps.overnight`.
    """
    step = pl.max_horizontal("step", 1.0 / pl.col("step"))
    doubtful = nights.filter(
        (step >= sheet.settings.max_price_ratio) | ((pl.col("skipped") >= LONG_HOLE) & (step >= NOTABLE_STEP))
    )
    rows = []
    for night in doubtful.to_dicts():
        own = nights.filter(pl.col("symbol") == night["symbol"])
        before = own.filter(pl.col("session") < night["session"]).tail(SESSIONS)
        after = own.filter(pl.col("session") >= night["session"]).head(SESSIONS)
        if min(before.height, after.height) < LEAST_SESSIONS:
            continue
        changes = _changes(sheet, night["symbol"], before, after)
        if len(changes) >= NEEDED or night["skipped"] >= LONG_HOLE:
            hole = [f"{night['skipped']} sessions without a bar before"] if night["skipped"] else []
            rows.append({**_place(night, before, after), "changes": "; ".join([*hole, *changes])})
    if not rows:
        return []
    places = pl.DataFrame(rows, infer_schema_length=None)
    examples = [
        f"{r['symbol']} on {r['session']:%Y-%m-%d}: {r['close_before']:.2f} to {r['open']:.2f}, {r['changes']}"
        for r in rows
    ]
    detail = f"a re-used ticker: {examples[0]}"
    return [evidence_of("ticker_reuse", places, detail, examples=examples)]


def _changes(sheet: Sheet, symbol: str, before: pl.DataFrame, after: pl.DataFrame) -> list[str]:
    """Name what changed in character: volume, range, the grain of prices."""
    changes = []
    shares = _ratio(after["volume"], before["volume"])
    dollars = _ratio(after["dollars"], before["dollars"])
    # A split changes shares alone, a wrong unit dollars alone; another security changes both.
    if min(abs(np.log(shares)), abs(np.log(dollars))) >= np.log(VOLUME_CHANGE):
        changes.append(f"traded value {_times(dollars)}")
    ranges = _ratio(after["range"], before["range"])
    if abs(np.log(ranges)) >= np.log(RANGE_CHANGE):
        changes.append(f"daily range {_times(ranges)}")
    own = sheet.latest.filter(pl.col("symbol").cast(pl.String) == symbol).select("session", "close")
    grains = [
        _whole_cents(own.filter(pl.col("session").is_between(part["session"].min(), part["session"].max()))["close"])
        for part in (before, after)
    ]
    if abs(grains[1] - grains[0]) >= GRAIN_CHANGE:
        changes.append(f"{grains[0]:.0%} of the prices in whole cents, then {grains[1]:.0%}")
    return changes


def _place(night: dict[str, object], before: pl.DataFrame, after: pl.DataFrame) -> dict[str, object]:
    return {
        "symbol": night["symbol"],
        "ts_event": night["ts_event"],
        "session": night["session"],
        "close_before": before["close"][-1],
        "open": night["open"],
        "dollars_before": before["dollars"].median(),
        "dollars_after": after["dollars"].median(),
        "range_before": before["range"].median(),
        "range_after": after["range"].median(),
    }


def _ratio(after: pl.Series, before: pl.Series) -> float:
    new, old = float(np.median(after.to_numpy())), float(np.median(before.to_numpy()))
    return new / old if new > 0 and old > 0 else 1.0


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio >= 1 else f"1/{1 / ratio:.1f}"


def _whole_cents(prices: pl.Series) -> float:
    cents: Floats = prices.to_numpy() * 100.0
    return float(np.mean(np.abs(cents - np.round(cents)) < 1e-6))
