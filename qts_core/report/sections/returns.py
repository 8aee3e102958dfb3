"""Returns by month, year and session, and how bad a session gets."""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup

from qts_core.analytics.returns import PeriodReturn, monthly_returns, yearly_returns
from qts_core.analytics.tails import tail_risk
from qts_core.report.blocks import Cell, Figure, Section, Table, cell, figure, on_screen, table
from qts_core.report.context import Context
from qts_core.report.formats import count, decimals, percent, short_percent
from qts_core.report.svg.bars import column_chart
from qts_core.report.svg.heatmap import heat_map
from qts_core.report.svg.spread import histogram

__all__ = ["returns_section"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def returns_section(context: Context) -> Section | None:
    """Draw the months, the years and the sessions, and lay out the tail."""
    if not len(context.net):
        return None
    return Section(
        "returns",
        "Returns",
        (_months(context), _years(context), _sessions(context), on_screen(_tails(context))),
        "backtest",
    )


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
            axis_format=short_percent,
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
            axis_format=short_percent,
            marks=(("5 % quantile", -tail), ("mean", float(np.mean(returns)))),
        ),
        note="The outermost half per cent on each side is drawn at the ends.",
        is_half=True,
    )


def _tails(context: Context) -> Table:
    risk = tail_risk(context.net.returns)
    rows = [
        (
            Cell(percent(line.confidence, 0)),
            cell(-line.historical, percent),
            cell(-line.normal, percent),
            cell(-line.cornish_fisher, percent),
            cell(-line.shortfall, percent),
            cell(line.beyond, count),
        )
        for line in risk.lines
    ]
    heads = ("Not exceeded in", "Historical", "Normal", "Cornish-Fisher", "Mean beyond it", "Sessions beyond")
    thick = (
        f"Tail index of losses {decimals(risk.losses.index, 1)} and of gains {decimals(risk.gains.index, 1)} "
        f"(Hill, {risk.losses.k} and {risk.gains.k} sessions; below 3 the tails are heavy). "
        if math.isfinite(risk.losses.index) or math.isfinite(risk.gains.index)
        else ""
    )
    return table(
        "How bad a session gets: the return that it stays above, in %",
        context.sessions,
        heads,
        rows,
        note=f"{thick}Skewness {decimals(context.value('skewness'))}, kurtosis {decimals(context.value('kurtosis'))}; "
        "a normal variable has 0 and 3.",
    )
