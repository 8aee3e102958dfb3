"""Lines and areas over sessions: one or more panes above each other on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from markupsafe import Markup

from qts_core.market.panel import Floats
from qts_core.report.formats import Format
from qts_core.report.svg.element import group, path, picture, rect, tag, text
from qts_core.report.svg.scale import Scale, date_ticks, extent, round_ticks
from qts_core.report.svg.thin import kept_rows

__all__ = ["Pane", "Series", "time_chart"]

LEGEND = 22.0
AXIS = 18.0
LETTER = 6.1
BOLD_LETTER = 6.9


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line: values [n], its role (colour) and whether it is thin or fills the space to the baseline."""

    label: str
    role: str
    values: Floats
    is_thin: bool = False
    is_area: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Pane:
    """One vertical axis with its series.

    Attributes
    ----------
    unit : str
        Written before the legend: what the axis measures and in what.
    axis_format, value_format : Format
        For the ticks, and for the read-out.
    include : tuple of float
        Values the axis must show, such as 0 or a goal; a dashed line is drawn at each of `marks`.
    """

    unit: str
    series: tuple[Series, ...]
    height: float
    axis_format: Format
    value_format: Format
    include: tuple[float, ...] = ()
    marks: tuple[float, ...] = ()
    is_log: bool = False


def time_chart(
    dates: Sequence[date],
    panes: Sequence[Pane],
    *,
    width: float,
    label: str,
    tint_from: int | None = None,
) -> Markup:
    """Draw panes over a common axis of sessions.

    Parameters
    ----------
    dates : sequence of date
        Trading date of each of n rows; rows are evenly spaced, so that nights and week-ends take no room.
    panes : sequence of Pane
        From top to bottom.
    width : float
        In picture units; the text is 11 units high, so one unit should be about one pixel.
    label : str
        For screen readers.
    tint_from : int, optional
        First row of the part to tint (out of sample).
    """
    left, right = _gutter(panes), 8.0
    across = Scale(0, max(1, len(dates) - 1), left, width - right)
    ticks = date_ticks(dates, count=max(3, int(width // 95)))
    parts: list[str] = []
    tops: list[float] = []
    top = 0.0
    for pane in panes:
        tops.append(top)
        parts.append(_pane(pane, across, ticks, top=top, tint_from=tint_from, rows=len(dates)))
        top += LEGEND + pane.height + 8
    for row, name in ticks:
        x = across.place(row)
        at_end = x > width - 40
        parts.append(text(min(x, width - right), top + 8, name, class_="e" if at_end else "m" if x > left + 20 else ""))
    parts.append(_probes(dates, panes, tops, across, bottom=top))
    return picture(width, top + AXIS, label, parts)


def _gutter(panes: Sequence[Pane]) -> float:
    """Return the room the widest tick label needs."""
    longest = 1
    for pane in panes:
        low, high = _extent(pane)
        longest = max(longest, *(len(pane.axis_format(v)) for v in (*round_ticks(low, high), low, high)))
    return min(72.0, longest * LETTER + 8)


def _extent(pane: Pane) -> tuple[float, float]:
    low, high = extent([s.values for s in pane.series], include=(*pane.include, *pane.marks))
    if pane.is_log and low <= 0:
        # The margin may have gone below zero where the values do not.
        low = min((float(v) for s in pane.series for v in s.values if np.isfinite(v)), default=low)
    return low, high


def _pane(
    pane: Pane, across: Scale, ticks: Sequence[tuple[int, str]], *, top: float, tint_from: int | None, rows: int
) -> Markup:
    low, high = _extent(pane)
    is_log = pane.is_log and low > 0
    upper, lower = top + LEGEND, top + LEGEND + pane.height
    down = Scale(low, high, lower, upper, is_log=is_log)
    parts: list[str] = []
    if tint_from is not None:
        x = across.place(tint_from)
        parts.append(rect(x, upper, across.end - x, pane.height, class_="tint f-sample"))
    for row, _ in ticks:
        parts.append(_line(across.place(row), upper, across.place(row), lower, "grid"))
    for value in round_ticks(low, high, count=max(2, int(pane.height // 38))):
        y = down.place(value)
        parts.append(_line(across.start, y, across.end, y, "axis" if value == 0 else "grid"))
        parts.append(text(across.start - 6, y + 4, pane.axis_format(value), class_="e"))
    for mark in pane.marks:
        parts.append(_line(across.start, down.place(mark), across.end, down.place(mark), "axis dash"))
    base = down.place(min(max(0.0, low), high)) if not is_log else lower
    for series in reversed(pane.series):
        parts.append(_drawn(series, across, down, base, rows))
    parts.append(_legend(pane, across.start, top + 13))
    return group(parts)


def _drawn(series: Series, across: Scale, down: Scale, base: float, rows: int) -> Markup:
    kept = kept_rows(series.values, int((across.end - across.start) // 2))
    x = across.places(kept.astype(np.float64))
    y = down.places(series.values[kept])
    line = path(x, y, class_=f"s l-{series.role}" + (" thin" if series.is_thin else ""))
    if not series.is_area:
        return line
    return group([path(x, y, class_=f"area f-{series.role}", closed_at=base), line])


def _line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def _legend(pane: Pane, x: float, y: float) -> Markup:
    parts: list[str] = [text(x, y, pane.unit, class_="ink strong")]
    x += len(pane.unit) * BOLD_LETTER + 14
    for series in pane.series:
        parts.append(_line(x, y - 4, x + 14, y - 4, f"s l-{series.role}" + (" thin" if series.is_thin else "")))
        parts.append(text(x + 18, y, series.label))
        x += 18 + len(series.label) * LETTER + 14
    return group(parts, class_="legend")


def _probes(
    dates: Sequence[date],
    panes: Sequence[Pane],
    tops: Sequence[float],
    across: Scale,
    *,
    bottom: float,
) -> Markup:
    """Return invisible strips that show their row's values where the legend stands while the pointer is on them."""
    n = len(dates)
    strips = max(1, min(n, int((across.end - across.start) // 10)))
    rows = np.unique(np.linspace(0, n - 1, strips).round().astype(int)).tolist() if n else []
    half = (across.end - across.start) / max(1, strips - 1) / 2
    parts = []
    for row in rows:
        x = across.place(row)
        shown = [_line(x, LEGEND, x, bottom - 8, "axis")]
        shown += [
            _read_out(dates[row], pane, row, across.start, top + 13) for pane, top in zip(panes, tops, strict=True)
        ]
        parts.append(group([rect(x - half, LEGEND, 2 * half, bottom - LEGEND, class_="hit"), *shown], class_="p"))
    return group(parts)


def _read_out(day: date, pane: Pane, row: int, x: float, y: float) -> Markup:
    spans: list[str] = [tag("tspan", f"{day:%-d %b %Y}", class_="ink d")]
    for series in pane.series:
        value = f"{series.label} {pane.value_format(float(series.values[row]))}"
        spans.append(tag("tspan", value, dx="12", class_=f"t-{series.role}"))
    return tag("text", *spans, x=x, y=y)
