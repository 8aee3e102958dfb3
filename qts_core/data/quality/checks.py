"""The questions that :func:`qts_core.data.quality.check_bars` asks, each as vectorised polars (specification 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl

from qts_core.data.grid import place_bars, timeline_of
from qts_core.data.quality.jumps import find_jumps, nearest_split, with_factor
from qts_core.data.quality.rules import BAR_RULES, MAX_PRICE_RATIO
from qts_core.data.schemas import PRICES
from qts_core.market.calendar import TradingCalendar
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline

__all__ = [
    "Evidence",
    "QualitySettings",
    "broken_bars",
    "completeness",
    "duplicates",
    "future",
    "outliers",
    "placement",
    "price_steps",
]

NAMED = 20


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """Tolerances.

    Attributes
    ----------
    max_gap_bars : int
        Most bars of the session calendar that may be missing in a row (specification 5.1).
    min_coverage_ratio : float
        Least share of the bars between a symbol's first and last (specification 5.1).
    max_disordered_ratio, max_off_grid_ratio : float
        Share of bars that may break low <= open, close <= high, or lie off the grid, before the file is refused.
    min_in_session_ratio : float
        Below it a wrong time zone is suspected.
    max_price_ratio : float
        Largest step that is believed without a split.
    outlier_sigmas, outlier_window_bars : float, int
        A move beyond this many causal robust sigmas over this many earlier bars is flagged.
    """

    max_gap_bars: int = 5
    min_coverage_ratio: float = 0.95
    max_disordered_ratio: float = 0.01
    max_off_grid_ratio: float = 0.0
    min_in_session_ratio: float = 0.95
    max_price_ratio: float = MAX_PRICE_RATIO
    outlier_sigmas: float = 5.0
    outlier_window_bars: int = 260


@dataclass(frozen=True, slots=True)
class Evidence:
    """One broken rule, with what shows it."""

    rule: str
    count: int
    symbols: Sequence[str]
    detail: str = ""
    examples: Sequence[str] = field(default_factory=tuple)


def broken_bars(judged: pl.DataFrame, settings: QualitySettings) -> list[Evidence]:
    """Count bars that break a rule by themselves; refuse when highs and lows are out of order too often."""
    found = []
    for name in BAR_RULES:
        part = judged.filter(pl.col("rule") == name)
        if part.height:
            found.append(Evidence(name, part.height, part["symbol"].unique().to_list(), examples=_places(part)))
    odd_vwap = judged.filter(~pl.col("vwap").is_between(pl.col("low"), pl.col("high")))
    if odd_vwap.height:
        found.append(Evidence("vwap_outside", odd_vwap.height, odd_vwap["symbol"].unique().to_list()))
    disordered = judged.filter(pl.col("rule") == "ohlc_order")
    share = disordered.height / judged.height
    if share > settings.max_disordered_ratio:
        hint = "; columns look swapped" if share > 0.5 else ""
        allowed = f"allowed {settings.max_disordered_ratio:.0%}"
        detail = f"{share:.1%} of the bars break low <= open, close <= high ({allowed}){hint}"
        found.append(Evidence("ohlc_order_share", disordered.height, disordered["symbol"].unique().to_list(), detail))
    return found


def duplicates(bars: pl.DataFrame) -> list[Evidence]:
    """Count bars given twice; refuse when they disagree."""
    key = ["symbol", "ts_event", "ts_known"]
    distinct = bars.unique([*key, "open", "high", "low", "close", "volume", "vwap", "trade_count"])
    found = []
    if extra := bars.height - distinct.height:
        repeated = bars.filter(pl.struct(key).is_duplicated())
        found.append(Evidence("duplicate_identical", extra, repeated["symbol"].unique().to_list()))
    conflicting = distinct.filter(pl.struct(key).is_duplicated()).sort(key)
    if conflicting.height:
        places = _places(conflicting.unique(key, keep="first", maintain_order=True))
        detail = f"{len(places)} bars are given more than once with different values, the first {places[0]}"
        found.append(
            Evidence("duplicates", conflicting.height, conflicting["symbol"].unique().to_list(), detail, places)
        )
    return found


def placement(
    bars: pl.DataFrame,
    in_session: pl.Series,
    on_grid: pl.Series,
    calendar: TradingCalendar,
    bar_minutes: int,
    settings: QualitySettings,
) -> list[Evidence]:
    """Ask whether bars start in sessions and on the grid, and whether another time zone would put them there."""
    found = []
    outside = bars.filter(~in_session)
    if outside.height:
        found.append(
            Evidence("out_of_session", outside.height, outside["symbol"].unique().to_list(), examples=_places(outside))
        )
        hours = _better_shift(bars, bars.height - outside.height, calendar, bar_minutes, settings)
        if hours is not None:
            detail = (
                f"{outside.height / bars.height:.0%} of the bars lie outside the session and a shift of {hours:+d} "
                "hours would repair it: these look like local times labelled UTC; write them without a zone and give "
                "it (--tz America/New_York)"
            )
            found.append(Evidence("wrong_zone", outside.height, bars["symbol"].unique().to_list(), detail))
    astray = bars.filter(~on_grid)
    if astray.height / bars.height > settings.max_off_grid_ratio:
        detail = (
            f"{astray.height / bars.height:.1%} of the bars do not start on the {bar_minutes}-minute grid of the "
            f"session, the first {_places(astray)[0]}; a bar's time is its start"
        )
        found.append(
            Evidence("off_grid_share", astray.height, astray["symbol"].unique().to_list(), detail, _places(astray))
        )
    return found


def future(bars: pl.DataFrame, latest: datetime) -> list[Evidence]:
    """Refuse bars that start after `latest`."""
    ahead = bars.filter(pl.col("ts_event") > latest)
    if ahead.is_empty():
        return []
    detail = f"{ahead.height} bars lie in the future, the first {_places(ahead)[0]}"
    return [Evidence("future", ahead.height, ahead["symbol"].unique().to_list(), detail, _places(ahead))]


def completeness(
    sound: pl.DataFrame, calendar: TradingCalendar, bar_minutes: int, settings: QualitySettings
) -> list[Evidence]:
    """Ask, symbol by symbol between its first and last bar, for gaps and coverage on the session calendar."""
    timeline = timeline_of(sound, calendar, bar_minutes)
    rows = timeline.rows_of(sound["ts_event"].to_physical().to_numpy())
    placed = (
        sound.select("symbol", "ts_event")
        .with_columns(row=rows)
        .unique(["symbol", "row"], keep="first", maintain_order=True)
        .sort("symbol", "row")
        .with_columns(gap=(pl.col("row").diff().over("symbol") - 1).fill_null(0))
    )
    wide = placed.filter(pl.col("gap") > settings.max_gap_bars)
    found = []
    if wide.height:
        examples = [_gap(timeline, r["symbol"], int(r["row"]), int(r["gap"])) for r in wide.head(NAMED).to_dicts()]
        symbols = wide["symbol"].unique().to_list()
        detail = (
            f"more than {settings.max_gap_bars} bars in a row are missing at {wide.height} places of "
            f"{len(symbols)} symbols, the first: {examples[0]}"
        )
        found.append(Evidence("gap", wide.height, symbols, detail, examples))
    span = placed.group_by("symbol", maintain_order=True).agg(
        ratio=pl.len() / (pl.col("row").max() - pl.col("row").min() + 1)
    )
    thin = span.filter(pl.col("ratio") < settings.min_coverage_ratio)
    if thin.height:
        examples = [f"{r['symbol']} {r['ratio']:.1%}" for r in thin.to_dicts()]
        detail = f"coverage is below {settings.min_coverage_ratio:.0%} of the session's bars: {', '.join(examples[:8])}"
        found.append(Evidence("coverage", thin.height, thin["symbol"].to_list(), detail, examples))
    return found


def price_steps(sound: pl.DataFrame, actions: pl.DataFrame, settings: QualitySettings) -> list[Evidence]:
    """Refuse steps that no corporate action explains; flag overnight ones that look like an unbooked split."""
    needed = sound.select("symbol", "ts_event", "ts_known", *PRICES)
    ordered = _ordered(with_factor(needed, actions), by="ts_known")
    jumps = find_jumps(ordered, None, max_ratio=settings.max_price_ratio)
    marked = ordered.with_columns(jump=pl.Series(jumps.is_jump, dtype=pl.Boolean), ratio=pl.Series(jumps.ratio))
    refused = marked.filter("jump")
    found = []
    if refused.height:
        firsts = refused.group_by("symbol", maintain_order=True).first().sort("symbol")
        examples = [_step(r["symbol"], r["ts_event"], r["ratio"], r["open"]) for r in firsts.to_dicts()]
        detail = (
            f"no corporate action explains the price step of {', '.join(examples[:4])}: an unadjusted split, a re-used "
            "ticker, or a wrong unit"
        )
        found.append(Evidence("price_jumps", refused.height, firsts["symbol"].to_list(), detail, examples))
    overnight = (
        _ordered(marked.filter(~pl.col("jump")), by="ts_event")
        .with_columns(
            step=(pl.col("open") * pl.col("factor")) / (pl.col("close") * pl.col("factor")).shift(1).over("symbol"),
            is_first=pl.col("session") != pl.col("session").shift(1).over("symbol"),
        )
        .filter(pl.col("is_first") & _near_split(pl.col("step")))
    )
    if overnight.height:
        examples = [_step(r["symbol"], r["ts_event"], r["step"], r["open"]) for r in overnight.to_dicts()]
        symbols = overnight["symbol"].unique().to_list()
        found.append(Evidence("suspected_split", overnight.height, symbols, f"check {examples[0]}", examples))
    return found


def outliers(sound: pl.DataFrame, settings: QualitySettings) -> list[Evidence]:
    """Count moves beyond the usual: log return against 1.4826 times the median absolute one of the bars before."""
    window = settings.outlier_window_bars
    move = (pl.col("close") / pl.col("close").shift(1)).log().abs()
    marked = (
        sound.select("symbol", "ts_event", "close")
        .with_columns(move=move.over("symbol"))
        .with_columns(
            sigma=(1.4826 * pl.col("move").rolling_median(window, min_samples=window // 2).shift(1)).over("symbol")
        )
        .filter((pl.col("sigma") > 0) & (pl.col("move") > settings.outlier_sigmas * pl.col("sigma")))
    )
    if marked.is_empty():
        return []
    return [Evidence("outlier", marked.height, marked["symbol"].unique().to_list(), examples=_places(marked))]


def _ordered(bars: pl.DataFrame, by: str) -> pl.DataFrame:
    """Sort each symbol's bars by one of the two times; without revisions they are in order already."""
    least = bars.select(pl.col(by).diff().over("symbol").dt.total_microseconds().min()).item()
    return bars if least is None or least >= 0 else bars.sort("symbol", by, "ts_event", "ts_known")


def _near_split(step: pl.Expr) -> pl.Expr:
    ratios = (1.5, 2.0, 2.5)
    return pl.any_horizontal(
        [(step * r - 1.0).abs() < 0.03 for r in ratios] + [(step / r - 1.0).abs() < 0.03 for r in ratios]
    )


def _better_shift(
    bars: pl.DataFrame, inside: int, calendar: TradingCalendar, bar_minutes: int, settings: QualitySettings
) -> int | None:
    """Return the shift in hours that would put the bars into sessions, None when they are there or none does."""
    if inside / bars.height >= settings.min_in_session_ratio:
        return None
    starts = bars["ts_event"].to_physical().to_numpy()
    # Local labels are off by four hours in summer and five in winter: each shift repairs its part of the year.
    repaired = {
        hours: float(np.mean(place_bars(starts, calendar, bar_minutes, shift_minutes=60 * hours).in_session))
        for hours in (4, 5, -4, -5)
    }
    best = max(repaired, key=repaired.__getitem__)
    needed = min(settings.min_in_session_ratio, inside / bars.height + 0.25)
    return best if repaired[best] >= needed else None


def _places(frame: pl.DataFrame) -> list[str]:
    head = frame.select("symbol", "ts_event").head(NAMED)
    named = [f"{symbol} {moment:%Y-%m-%d %H:%M} UTC" for symbol, moment in head.iter_rows()]
    return named if frame.height <= NAMED else [*named, f"and {frame.height - NAMED} more"]


def _gap(timeline: Timeline, symbol: str, row: int, gap: int) -> str:
    first, last = from_micros(int(timeline.ts_event[row - gap])), from_micros(int(timeline.ts_event[row - 1]))
    sessions = len(np.unique(timeline.session[row - gap : row]))
    return f"{symbol} {gap} bars, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC ({sessions} sessions)"


def _step(symbol: str, moment: datetime, ratio: float, price: float) -> str:
    size = f"{ratio:.2f}x" if ratio >= 1 else f"1/{1 / ratio:.2f}"
    return f"{symbol} on {moment:%Y-%m-%d} ({size} to {price:.2f}, nearest split {nearest_split(ratio)})"
