"""Coloured spans of time, a line of them for each name: what happens when, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from qts_core.report.svg.element import picture, rect, tag, text, title
from qts_core.report.svg.scale import Scale, date_ticks

__all__ = ["Span", "span_chart"]

LETTER = 6.1
LEGEND = 20.0
LEAST = 2.5
"""What must be seen is drawn at least so wide."""


@dataclass(frozen=True, slots=True)
class Span:
    """Units ``[first, last)`` of the axis in the colour of `role`, or hardly seen without one.

    Attributes
    ----------
    hover : str
        Said on hover.
    inside : str
        Written in it where there is room.
    is_thin : bool
        Whether it is widened to be seen, at the cost of the span before it (after it, where it follows one that
        `is_firm`).
    is_firm : bool
        Whether its edges stay where they are.
    """

    first: float
    last: float
    role: str
    hover: str
    inside: str = ""
    is_thin: bool = False
    is_firm: bool = False


def span_chart(
    lines: Sequence[tuple[str, Sequence[Span]]],
    dates: Sequence[date],
    starts: Sequence[float],
    *,
    width: float,
    label: str,
    legend: Mapping[str, str],
    line_height: float = 16.0,
) -> Markup:
    """Draw a line of spans for each name over a common axis of sessions.

    Parameters
    ----------
    lines : sequence of (str, sequence of Span)
        From top to bottom; the spans of a line in order, without gaps.
    dates : sequence of date
        Of the n sessions.
    starts : sequence of float [n + 1]
        Place of each session's beginning on the axis of the spans, and the axis' end.
    legend : mapping of str to str
        Role by the words that explain it.
    """
    left = max((len(name) for name, _ in lines), default=1) * LETTER + 10
    across = Scale(starts[0], max(starts[-1], starts[0] + 1), left, width - 2)
    parts, top = _legend(legend, width)
    bottom = top + line_height * len(lines)
    for place, name in date_ticks(dates, count=max(3, int((width - left) // 80))):
        x = across.place(starts[place])
        parts.append(tag("line", x1=x, y1=top, x2=x, y2=bottom, class_="grid"))
        at_end = x > width - 40
        parts.append(text(min(x, width - 2), bottom + 13, name, class_="e" if at_end else "m" if x > left + 20 else ""))
    for index, (name, spans) in enumerate(lines):
        y = top + index * line_height
        parts.append(text(left - 8, y + line_height / 2 + 4, name, class_="e ink"))
        for span, low, high in _placed(spans, across):
            fill = f"f-{span.role}" if span.role else "wash"
            parts.append(rect(low, y + 2, high - low, line_height - 4, title(span.hover), class_=fill))
            if span.inside and high - low > len(span.inside) * LETTER + 4:
                middle = (low + high) / 2
                parts.append(text(middle, y + line_height / 2 + 4, span.inside, class_="m ink"))
    return picture(width, bottom + 18, label, parts)


def _placed(spans: Sequence[Span], across: Scale) -> list[tuple[Span, float, float]]:
    """Return the spans with their edges, thin ones widened away from the firm span that they stand beside."""
    edges = [across.place(s.first) for s in spans] + [across.place(spans[-1].last)] if spans else []
    for first, last in _thin_runs(spans):
        widths = [max(LEAST, edges[i + 1] - edges[i]) for i in range(first, last)]
        is_firm_after = last < len(spans) and spans[last].is_firm
        if is_firm_after and first > 0 and not spans[first - 1].is_firm:
            for i in range(last - 1, first - 1, -1):
                edges[i] = max(edges[i + 1] - widths[i - first], edges[first - 1])
        elif not is_firm_after and last < len(spans):
            for i in range(first, last):
                edges[i + 1] = min(edges[i] + widths[i - first], edges[last + 1])
    return [(span, edges[i], edges[i + 1]) for i, span in enumerate(spans)]


def _thin_runs(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Return the runs ``[first, last)`` of thin spans."""
    starts = [i for i, s in enumerate(spans) if s.is_thin and (i == 0 or not spans[i - 1].is_thin)]
    stops = [i + 1 for i, s in enumerate(spans) if s.is_thin and (i + 1 == len(spans) or not spans[i + 1].is_thin)]
    return list(zip(starts, stops, strict=True))


def _legend(legend: Mapping[str, str], width: float) -> tuple[list[str], float]:
    parts: list[str] = []
    x, y = 0.0, 12.0
    for words, role in legend.items():
        room = 14 + len(words) * LETTER + 14
        if x and x + room > width:
            x, y = 0.0, y + LEGEND - 3
        parts.append(rect(x, y - 9, 10, 10, class_=f"f-{role}"))
        parts.append(text(x + 14, y, words))
        x += room
    return parts, y + LEGEND - 8
