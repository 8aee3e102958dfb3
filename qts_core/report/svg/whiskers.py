"""Estimates with their intervals, a line each, on one axis: what can be told apart, and from what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from qts_core.report.formats import Format
from qts_core.report.svg.element import picture, rect, tag, text, title
from qts_core.report.svg.scale import Scale, extent, round_ticks

__all__ = ["Whisker", "whisker_chart"]

LETTER = 6.1
ROW = 19.0
TOP, PLAIN_TOP = 20.0, 4.0


@dataclass(frozen=True, slots=True)
class Whisker:
    """An estimate: a dot at `value`, a line from `low` to `high`; NaN draws nothing.

    Attributes
    ----------
    role : str
        Colour of the dot and its line.
    hover : str
        Said on hover after the figures.
    """

    name: str
    value: float
    low: float
    high: float
    role: str = "net"
    hover: str = ""


def whisker_chart(
    rows: Sequence[Whisker], *, width: float, label: str, value_format: Format, marks: Sequence[tuple[str, float]] = ()
) -> Markup:
    """Draw a dot in its interval for each row, the first on top, with a line at zero and one at each of `marks`.

    Parameters
    ----------
    marks : sequence of (name, value)
        Dashed, named above the rows.
    """
    left = min(max((len(row.name) for row in rows), default=1) * LETTER + 10, width * 0.46)
    right = max((len(value_format(row.value)) for row in rows), default=1) * LETTER + 10
    values = np.array([[row.value, row.low, row.high] for row in rows], dtype=np.float64)
    across = Scale(*extent([values], include=(0.0, *(value for _, value in marks))), left, width - right)
    top = TOP if marks else PLAIN_TOP
    bottom = top + ROW * len(rows)
    parts: list[str] = []
    for tick in round_ticks(across.low, across.high, count=max(3, int((width - left - right) // 70))):
        x = across.place(tick)
        parts.append(tag("line", x1=x, y1=top, x2=x, y2=bottom, class_="axis" if tick == 0 else "grid"))
        parts.append(text(x, bottom + 14, value_format(tick), class_="m"))
    for name, value in marks:
        x = across.place(value)
        parts.append(tag("line", x1=x, y1=top - 4, x2=x, y2=bottom, class_="axis dash"))
        parts.append(text(x, top - 8, name, class_="m ink"))
    for place, row in enumerate(rows):
        parts += _row(row, top + ROW * place, left, width, across, value_format)
    return picture(width, bottom + 20, label, parts)


def _row(row: Whisker, top: float, left: float, width: float, across: Scale, value_format: Format) -> list[str]:
    middle = top + ROW / 2
    written = value_format(row.value)
    said = f"{row.name}: {written}, {value_format(row.low)} to {value_format(row.high)}"
    said += f" · {row.hover}" if row.hover else ""
    parts: list[str] = [
        rect(0, top, width, ROW, title(said), class_="hit"),
        text(left - 8, middle + 4, row.name, class_="e ink"),
        text(width - 2, middle + 4, written, class_="e" + (" t-loss" if row.value < 0 else " ink")),
    ]
    if np.isfinite(row.low) and np.isfinite(row.high):
        ends = {"x1": across.place(row.low), "x2": across.place(row.high)}
        parts.append(tag("line", title(said), **ends, y1=middle, y2=middle, class_=f"s l-{row.role}"))
        for x in ends.values():
            parts.append(tag("line", x1=x, y1=middle - 4, x2=x, y2=middle + 4, class_=f"s thin l-{row.role}"))
    if np.isfinite(row.value):
        parts.append(tag("circle", title(said), cx=across.place(row.value), cy=middle, r=4.2, class_=f"f-{row.role}"))
    return parts
