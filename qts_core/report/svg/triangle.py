"""Correlations of many things as the lower half of a table, the legend in the half that is free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from qts_core.market.panel import Floats
from qts_core.report.svg.element import picture, rect, tag, text

__all__ = ["triangle_map"]

LETTER = 5.2
SHADES = 12
ROW = 11.0
LOWEST_ROW = 4.0
TALLEST = 560.0
STRIP = 5.0


def triangle_map(names: Sequence[str], values: Floats, *, width: float, label: str) -> Markup:
    """Draw correlations [F, F] below the diagonal, coloured as gains and losses by their size; NaN is an empty cell.

    Parameters
    ----------
    names : sequence of str
        Of the F rows, in the order to draw them; where rows are too low for letters some stay unnamed.
    values : float64 [F, F]

    Notes
    -----
    Cells of one shade are one path of strokes one row high, neighbours of one shade one stroke: 158 things stay a
    picture of some fifty kilobytes.
    """
    count = len(names)
    height = max(LOWEST_ROW, min(ROW, TALLEST / max(count, 1)))
    left = min(max((len(name) for name in names), default=1) * LETTER + 10, width * 0.46)
    step = (width - left - 2) / max(count, 1)
    strokes: dict[int, list[str]] = defaultdict(list)
    for row in range(count):
        shades = [_shade(float(value)) for value in values[row, : row + 1]]
        first = 0
        for column in range(1, row + 2):
            if column > row or shades[column] != shades[first]:
                strokes[shades[first]].append(f"M{first} {row}.5h{column - first}")
                first = column
    out: list[str] = []
    for shade, pieces in sorted((key, pieces) for key, pieces in strokes.items() if key != 0):
        colour, strength = "gain" if shade > 0 else "loss", abs(shade) / SHADES
        out.append(tag("path", d="".join(pieces), class_=f"l-{colour}", stroke_opacity=f"{0.05 + 0.85 * strength:.2f}"))
    body = tag("g", *out, transform=f"translate({left:.1f} 0) scale({step:.3f} {height:.3f})", stroke_width="1")
    every = max(1, int(np.ceil(9.0 / height)))
    sides = [
        text(left - 5, (row + 0.5) * height + 3, name, class_="e ink tiny")
        for row, name in enumerate(names)
        if row % every == 0
    ]
    tall = max(count * height, 30.0)
    return picture(width, tall + 2, label, [body, *sides, *_legend(width)])


def _shade(value: float) -> int:
    return 0 if np.isnan(value) else round(min(max(value, -1.0), 1.0) * SHADES)


def _legend(width: float) -> list[str]:
    """Draw the shades from -1 to 1 in the corner that the triangle leaves free."""
    shades = range(-SHADES, SHADES + 1, 2)
    left = width - len(shades) * STRIP - 4
    out: list[str] = []
    for index, shade in enumerate(shades):
        colour, strength = "gain" if shade > 0 else "loss", f"{0.05 + 0.85 * abs(shade) / SHADES:.2f}" if shade else "0"
        box = rect(left + index * STRIP, 2, STRIP, 7, class_=f"f-{colour}")
        out.append(tag("g", box, fill_opacity=strength))
    marks = (("-1", 0.5), ("0", len(shades) / 2), ("1", len(shades) - 0.5))
    return out + [text(left + at * STRIP, 19, mark, class_="m tiny") for mark, at in marks]
