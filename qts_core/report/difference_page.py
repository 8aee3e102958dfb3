"""Two reports beside each other as one page: curves overlaid, differences with intervals, what differs."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from qts_core.analytics.definitions import METRICS
from qts_core.market.panel import Floats
from qts_core.report.blocks import Block, Cell, Figure, Section, Table, Words, cell, figure, table
from qts_core.report.difference import FigureDifference, ReportDifference, difference_headline
from qts_core.report.formats import FORMATS, decimals, percent, probability, short_percent
from qts_core.report.quality_page import Number, Verdict
from qts_core.report.svg.timeline import Pane, Series, time_chart
from qts_core.report.svg.whiskers import Whisker, whisker_chart
from qts_core.report.templating import page_style, template

__all__ = ["difference_page"]

SHOWN = 60
LONGEST = 48
OTHER_COSTS = (
    "The two were run under different costs: what is between them is first of all what trading was taken to cost."
)


def difference_page(found: ReportDifference) -> str:
    """Return the comparison as one HTML page that opens offline; equal inputs give equal pages."""
    sharpe = found.sharpe
    is_open = found.are_costs_unlike or sharpe.interval.low <= 0 <= sharpe.interval.high
    tone = "warn" if is_open else "good" if sharpe.difference > 0 else "bad"
    basis = (
        f"Net of costs, on the {len(found.days):,} sessions that both have. Differences are the second less the first; "
        "intervals are 95 %."
    )
    sections = (
        Section("curves", "On the way", (_curves(found),)),
        Section("figures", "The figures", (_intervals(found), _figures(found))),
        Section("changes", "What differs", _changes(found)),
        Section("metrics", "All metrics", (_metrics(found),)),
    )
    return template("difference.html.j2").render(
        title=f"{found.first.name} against {found.second.name}",
        source=f"{found.first.title} ({found.first.id}) and {found.second.title} ({found.second.id})",
        is_synthetic=found.first.is_synthetic or found.second.is_synthetic,
        notes=(
            *((OTHER_COSTS,) if found.are_costs_unlike else ()),
            "Two results on the same history are one history: a difference beyond chance here is no promise for later.",
        ),
        verdict=Verdict(tone, difference_headline(found), basis, ()),
        numbers=_numbers(found),
        sections=sections,
        style=page_style(),
    )


def _numbers(found: ReportDifference) -> tuple[Number, ...]:
    sharpe = found.sharpe
    return (
        Number("Sharpe, first", decimals(found.figures[3].first), is_negative=found.figures[3].first < 0),
        Number("Sharpe, second", decimals(found.figures[3].second), is_negative=found.figures[3].second < 0),
        Number("Difference", decimals(sharpe.difference), is_negative=sharpe.difference < 0),
        Number("p, Ledoit-Wolf", probability(sharpe.bootstrap_p)),
        Number("Correlation", decimals(found.correlation), is_negative=found.correlation < 0),
        Number("Things that differ", f"{len(found.changed):,}"),
    )


def _curves(found: ReportDifference) -> Figure:
    curves: Floats = np.cumprod(1.0 + found.returns, axis=0, dtype=np.float64) - 1.0

    def draw(width: float) -> Markup:
        names = (found.first.name, found.second.name) if width > 700 else ("First", "Second")
        lines = (Series(names[0], "benchmark", curves[:, 0]), Series(names[1], "net", curves[:, 1]))
        apart = Series("Second less first", "exposure", curves[:, 1] - curves[:, 0], is_thin=True, is_area=True)
        panes = (
            Pane("Net return", lines, 220, short_percent, percent, include=(0.0,)),
            Pane("Difference", (apart,), 90, short_percent, percent, include=(0.0,)),
        )
        return time_chart(found.days, panes, width=width, label="Net return of both, and their difference")

    return figure("Net return of both since the first common session, and how far they are apart", _n(found), draw)


def _intervals(found: ReportDifference) -> Figure:
    rows = []
    for one in found.figures:
        if one.name == "sharpe_ratio":
            continue
        role = "net" if not one.is_told_apart else "gain" if one.difference > 0 else "loss"
        if one.name in {"max_drawdown", "annualised_volatility"} and one.is_told_apart:
            role = "loss" if one.difference > 0 else "gain"
        rows.append(Whisker(METRICS[one.name].title, one.difference, one.interval.low, one.interval.high, role))

    def draw(width: float) -> Markup:
        return whisker_chart(
            rows, width=width, label="Differences with intervals", value_format=lambda v: percent(v, 1)
        )  # fmt: skip

    return figure(
        "Second less first with its 95 % interval; one that holds zero says that they cannot be told apart",
        _n(found),
        draw,
        note="Stationary bootstrap of paired sessions. More drawdown or volatility is drawn as a loss.",
    )


def _figures(found: ReportDifference) -> Table:
    sharpe = found.sharpe
    rows = [_row(one) for one in found.figures]
    rows.append(
        (
            Cell("Sharpe ratio, Ledoit and Wolf"), Cell(""), Cell(""), cell(sharpe.difference, decimals),
            Cell(f"{decimals(sharpe.interval.low)} to {decimals(sharpe.interval.high)}"),
        )
    )  # fmt: skip
    return table(
        "Figures on the common sessions, net",
        _n(found),
        ("Figure", "First", "Second", "Difference", "95 %"),
        rows,
        words=(0, 4),
        note=f"Ledoit and Wolf (2008): p = {probability(sharpe.p_value)} by the normal, "
        f"{probability(sharpe.bootstrap_p)} by the studentised bootstrap in blocks of {sharpe.block}.",
    )


def _row(one: FigureDifference) -> tuple[Cell, ...]:
    defined = METRICS[one.name]
    written = FORMATS[defined.unit]
    return (
        Cell(defined.title, hover=defined.formula),
        cell(one.first, written),
        cell(one.second, written),
        cell(one.difference, written),
        Cell(f"{written(one.interval.low)} to {written(one.interval.high)}"),
    )


def _changes(found: ReportDifference) -> tuple[Block, ...]:
    if not found.changed:
        return (Words("Nothing that was recorded differs: settings, features and hashes are the same."),)
    rows = [
        (
            Cell(each.part), Cell(each.name), Cell(_short(each.first), hover=each.first),
            Cell(_short(each.second), hover=each.second),
        )
        for each in found.changed[:SHOWN]
    ]  # fmt: skip
    left_out = len(found.changed) - len(rows)
    return (
        table(
            "Settings, features and hashes that are not the same", f"n = {len(found.changed):,}",
            ("Kind", "Name", "First", "Second"), rows, words=(0, 1, 2, 3),
            note=f"{left_out} further ones are left out." if left_out else "",
        ),
    )  # fmt: skip


def _metrics(found: ReportDifference) -> Table:
    rows = []
    for name, defined in METRICS.items():
        one, other = (record.figures.get(name, float("nan")) for record in (found.first, found.second))
        written = FORMATS[defined.unit]
        rows.append((Cell(defined.title, hover=defined.formula), cell(one, written), cell(other, written)))
    return table(
        "Every metric as its own report gives it, each on all of its sessions",
        f"n = {len(found.first.days):,} and {len(found.second.days):,} sessions",
        ("Metric", found.first.name, found.second.name),
        rows,
    )


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"


def _n(found: ReportDifference) -> str:
    return f"n = {len(found.days):,} common sessions"
