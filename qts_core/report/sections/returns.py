"""Returns by month, year and session, and the rolling Sharpe ratio."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from qts_core.analytics.returns import PeriodReturn, monthly_returns, yearly_returns
from qts_core.analytics.rolling import rolling_sharpe, rolling_volatility
from qts_core.report.blocks import Figure, Section, figure
from qts_core.report.context import Context
from qts_core.report.formats import decimals, percent
from qts_core.report.sections.verdict import GOALS
from qts_core.report.svg.bars import column_chart
from qts_core.report.svg.heatmap import heat_map
from qts_core.report.svg.spread import histogram
from qts_core.report.svg.timeline import Pane, Series, time_chart

__all__ = ["returns_section", "rolling_section"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_WINDOW, SHORT_WINDOW = 126, 63


def returns_section(context: Context) -> Section | None:
    """Draw the months, the years and the sessions."""
    if not len(context.net):
        return None
    return Section("returns", "Returns", (_months(context), _years(context), _sessions(context)))


def _months(context: Context) -> Figure:
    months, years = monthly_returns(context.net), yearly_returns(context.net)
    names = [str(y.year) for y in years]
    values = np.full((len(years), 13), np.nan)
    sessions = np.zeros((len(years), 13))

    def put(period: PeriodReturn, column: int) -> None:
        row = names.index(str(period.year))
        values[row, column], sessions[row, column] = period.ratio, period.n

    for month in months:
        put(month, month.month - 1)
    for year in years:
        put(year, 12)

    def draw(width: float) -> Markup:
        places = 2 if width > 700 else 1
        return heat_map(
            names,
            (*MONTHS, "Year"),
            values,
            sessions,
            width=width,
            label="Net return of each month and year in per cent",
            value_format=percent,
            cell_format=lambda v: decimals(v * 100, places),
            largest=float(np.nanmax(np.abs(values[:, :12]))),
            counted="sessions",
        )

    gained = sum(m.ratio > 0 for m in months)
    return figure(
        f"Net return of each month in %: {gained} of {len(months)} months ended with a gain",
        f"n = {len(months):,} months, {len(context.net):,} sessions",
        draw,
    )


def _years(context: Context) -> Figure:
    years = yearly_returns(context.net)
    parts = {"Net": ("net", np.array([y.ratio for y in years]))}
    return figure(
        "Net return of each calendar year in %",
        f"n = {len(years):,} years",
        lambda width: column_chart(
            [str(y.year) for y in years],
            parts,
            width=width,
            height=180,
            label="Net return of each calendar year",
            unit="Return, %",
            value_format=percent,
            axis_format=lambda v: percent(v, 0 if abs(v) >= 0.01 or v == 0 else 1),
            hover=[f"n = {y.n} sessions" for y in years],
        ),
        note="A first or last year may be partial; point at a bar for its number of sessions.",
        is_half=True,
    )


def _sessions(context: Context) -> Figure:
    returns = context.net.returns
    tail = context.value("value_at_risk")
    return figure(
        "How often a session ended with which net return, in %",
        context.sessions,
        lambda width: histogram(
            returns,
            width=width,
            height=180,
            label="Distribution of net returns by session",
            unit="Sessions",
            value_format=percent,
            axis_format=lambda v: percent(v, 1),
            marks=(("5 % quantile", -tail), ("mean", float(np.mean(returns)))),
        ),
        note="The outermost half per cent on each side is drawn at the ends.",
        is_half=True,
    )


def rolling_section(context: Context) -> Section | None:
    """Draw the rolling Sharpe ratio and volatility over half a year, or over a quarter for short runs."""
    n = len(context.net)
    window = LONG_WINDOW if n >= 2 * LONG_WINDOW else SHORT_WINDOW if n >= SHORT_WINDOW + 21 else 0
    if not window:
        return None
    returns = context.net.returns
    goal = GOALS[0].threshold
    sharpe = Series("Net", "net", rolling_sharpe(returns, window=window))
    spread = [Series("Net", "net", rolling_volatility(returns, window=window), is_thin=True)]
    if context.benchmark is not None:
        other = rolling_volatility(context.benchmark.returns, window=window)
        spread.append(Series("Benchmark", "benchmark", other, is_thin=True))

    def draw(width: float) -> Markup:
        panes = (
            Pane("Sharpe", (sharpe,), 150, lambda v: decimals(v, 1), decimals, include=(0.0,), marks=(goal,)),
            Pane("Volatility", tuple(spread), 96, lambda v: percent(v, 0), percent, include=(0.0,)),
        )
        return time_chart(context.net.dates, panes, width=width, label="Rolling Sharpe ratio and volatility")

    block = figure(
        f"Sharpe ratio and volatility over the last {window} sessions, annualised; dashed: the goal of {goal}",
        f"n = {n - window + 1:,} windows of {window} sessions, overlapping",
        draw,
    )
    return Section("rolling", "Rolling measures", (block,))
