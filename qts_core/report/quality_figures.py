"""Pictures of what is wrong with bars: coverage by month, and the level of price or volume around the places named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import polars as pl
from markupsafe import Markup

from qts_core.data.quality.findings import Finding
from qts_core.data.quality.rules import Family
from qts_core.report.blocks import Figure, figure
from qts_core.report.formats import dollars, short_dollars
from qts_core.report.svg.heatmap import shade_map
from qts_core.report.svg.timeline import Pane, Series, time_chart

__all__ = ["coverage_figure", "daily_figures"]

MOST_FIGURES = 4
MOST_SYMBOLS = 60
MOST_MONTHS = 72
HEIGHT = 120.0
LEAST_SESSIONS = 5


def coverage_figure(coverage: pl.DataFrame) -> Figure:
    """Draw bars there over bars expected, by symbol and month; the thinnest symbols when there are many.

    Parameters
    ----------
    coverage : DataFrame
        `symbol`, `month`, `bars`, `expected`, `ratio`, as a quality report holds it; not empty.
    """
    span = "month"
    if coverage["month"].n_unique() > MOST_MONTHS:
        span = "year"
        whole = coverage.with_columns(month=pl.col("month").str.head(4)).group_by("symbol", "month")
        coverage = whole.agg(ratio=pl.col("bars").sum() / pl.col("expected").sum())
    by_symbol = coverage.group_by("symbol").agg(pl.col("ratio").mean()).sort("ratio", "symbol")
    shown = sorted(by_symbol["symbol"].head(MOST_SYMBOLS).to_list())
    months = coverage["month"].unique().sort().to_list()
    cells = np.full((len(shown), len(months)), np.nan)
    for symbol, month, ratio in coverage.select("symbol", "month", "ratio").iter_rows():
        if symbol in shown:
            cells[shown.index(symbol), months.index(month)] = ratio

    def draw(width: float) -> Markup:
        label = "Share of the expected bars that are there"
        return shade_map(shown, months, cells, width=width, label=label, role="net")

    left_out = by_symbol.height - len(shown)
    note = "Full colour: every bar of the exchange's sessions is there. Grey: before the first or after the last bar."
    return figure(
        f"Bars that are there, by symbol and {span}",
        f"n = {len(shown)} symbols, {len(months)} {span}s",
        draw,
        note=note + (f" The {len(shown)} thinnest symbols; {left_out} more are left out." if left_out else ""),
    )


def daily_figures(finding: Finding, daily: pl.DataFrame) -> list[Figure]:
    """Draw the close or the traded value of the first symbols concerned, on a log scale, with the days marked.

    Parameters
    ----------
    finding : Finding
        Of prices or volume; others need no picture.
    daily : DataFrame
        `symbol`, `session`, `close`, `dollars`, as a quality report holds it.
    """
    family = finding.declared.family
    if family not in {Family.PRICE, Family.VOLUME} or daily.is_empty() or "session" not in finding.places.columns:
        return []
    name = "dollars" if family is Family.VOLUME else "close"
    out = []
    for symbol in finding.symbols[:MOST_FIGURES]:
        own = daily.filter((pl.col("symbol") == symbol) & (pl.col(name) > 0)).sort("session")
        if own.height < LEAST_SESSIONS:
            continue
        marked = _first_days(finding, symbol)
        days: Sequence[date] = own["session"].to_list()
        what = "Traded value a session" if name == "dollars" else "Close"
        out.append(
            figure(
                f"{symbol}: {what.lower()}, {_listed(marked)}",
                f"n = {len(days):,} sessions",
                _drawer(days, own[name], what, marked, symbol),
                is_half=True,
            )
        )
    return out


def _drawer(
    days: Sequence[date], values: pl.Series, what: str, marked: Sequence[date], symbol: str
) -> Callable[[float], Markup]:
    level = np.asarray(values.to_numpy(), dtype=np.float64)
    broken = np.array([float(day in marked) for day in days])
    # A value on the day and none beside it would draw nothing: the line is led up to the mark.
    at = np.where(broken > 0, level, np.nan)
    before = np.roll(broken, -1)
    before[-1] = 0.0
    at = np.where(before > 0, level, at)

    def draw(width: float) -> Markup:
        # The first line lies on top.
        lines = (Series("the step", "loss", at), Series(what, "net", level, is_thin=True))
        pane = Pane("USD, log scale", lines, HEIGHT, short_dollars, dollars, is_log=True)
        return time_chart(days, (pane,), width=width, label=f"{symbol}: {what}")

    return draw


def _first_days(finding: Finding, symbol: str) -> list[date]:
    """Return the days named for a symbol; of bars that go on being refused only the first."""
    named = finding.places.filter(pl.col("symbol") == symbol)["session"].unique().sort().to_list()
    return named[:1] if finding.rule == "price_jumps" else named[:MOST_FIGURES]


def _listed(days: Sequence[date]) -> str:
    return ", ".join(f"{day:%-d %b %Y}" for day in days)
