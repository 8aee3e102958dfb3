"""Rules about single bars and about bars given more than once (specification 5.1; bad inputs B12 to B25, B36)."""

from __future__ import annotations

import polars as pl

from qts_core.data.quality.evidence import Evidence, evidence_of, named_places
from qts_core.data.quality.rules import BAR_RULES
from qts_core.data.quality.sheet import KEY, Sheet
from qts_core.data.schemas import PRICES

__all__ = ["broken_bars", "repeated_bars", "zero_volume"]

CONTENT = (*PRICES, "volume", "vwap", "trade_count")
SHOWN = ("symbol", "ts_event", *PRICES, "volume", "vwap", "trade_count", "source")


def broken_bars(sheet: Sheet) -> list[Evidence]:
    """Count bars that break a rule by themselves; refuse when highs and lows are out of order too often."""
    found = []
    broken = sheet.bars.filter(pl.col("rule").is_not_null()).select(*SHOWN, "rule")
    for name in BAR_RULES:
        part = broken.filter(pl.col("rule") == name).drop("rule")
        if part.height:
            found.append(evidence_of(name, part))
    inside = pl.col("vwap").is_finite() & pl.col("vwap").is_between(pl.col("low"), pl.col("high"))
    odd_vwap = sheet.bars.filter(pl.col("vwap").is_not_null() & ~inside & pl.col("rule").is_null())
    if odd_vwap.height:
        found.append(evidence_of("vwap_outside", odd_vwap.select(SHOWN)))
    disordered = broken.filter(pl.col("rule") == "ohlc_order")
    share, allowed = disordered.height / sheet.bars.height, sheet.settings.max_disordered_ratio
    if share > allowed:
        hint = "; columns look swapped" if share > 0.5 else ""
        detail = f"{share:.1%} of the bars break low <= open, close <= high (allowed {allowed:.0%}){hint}"
        found.append(evidence_of("ohlc_order_share", disordered.drop("rule"), detail))
    return found


def repeated_bars(sheet: Sheet) -> list[Evidence]:
    """Count bars given twice by one source; refuse when they disagree. Several sources are compared elsewhere."""
    like_last = pl.all_horizontal([pl.col(name) == pl.col(name).shift(1) for name in KEY]).fill_null(value=False)
    marked = sheet.bars.select(again=like_last).to_series()
    if not marked.any():
        return []
    repeated = sheet.bars.filter(marked | marked.shift(-1, fill_value=False)).select("ts_known", *SHOWN)
    found = []
    distinct = repeated.unique([*KEY, *CONTENT], keep="first", maintain_order=True)
    if extra := repeated.height - distinct.height:
        again = repeated.filter(pl.struct(*KEY, *CONTENT).is_duplicated())
        found.append(evidence_of("duplicate_identical", again, count=extra))
    conflicting = distinct.filter(pl.len().over(*KEY, "source") > 1)
    if conflicting.height:
        places = named_places(conflicting.unique(KEY, keep="first", maintain_order=True))
        detail = f"{len(places)} bars are given more than once with different values, the first {places[0]}"
        found.append(evidence_of("duplicates", conflicting, detail, examples=places))
    return found


def zero_volume(sheet: Sheet) -> list[Evidence]:
    """Count bars in which nothing was traded."""
    empty = sheet.latest.filter(pl.col("volume") == 0).select("symbol", "ts_event", *PRICES)
    if empty.is_empty():
        return []
    share = empty.height / sheet.latest.height
    detail = "no bar carries a volume" if share == 1.0 else f"{empty.height} bars ({share:.2%}) carry no volume"
    return [evidence_of("zero_volume", empty, detail)]
