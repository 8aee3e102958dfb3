"""Tables of coloured cells: months by years with their values, symbols by months as shades."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from qts_core.market.panel import Floats
from qts_core.report.formats import Format
from qts_core.report.svg.element import number, picture, tag, text, title
from qts_core.report.svg.scale import extent

__all__ = ["heat_map", "shade_map"]

LETTER = 6.1
CAPITAL = 7.6
TOP = 18.0
SHADES = 16


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Floats,
    counts: Floats,
    *,
    width: float,
    label: str,
    counted: str,
    value_format: Format,
    cell_format: Format,
    largest: float | None = None,
    marked: tuple[int, int] | None = None,
) -> Markup:
    """Draw values [R, C] as cells coloured as gains and losses by their size; NaN is an empty cell.

    Parameters
    ----------
    rows, columns : sequence of str
    counts : float64 [R, C]
        The n of each cell, said on hover with the word `counted`.
    value_format, cell_format : Format
        On hover, and in the cell.
    largest : float, optional
        Size that gets the full colour; the largest there is by default.
    marked : pair of int, optional
        Row and column of a cell to outline.
    """
    left = max((len(r) for r in rows), default=1) * LETTER + 8
    step, height = (width - left) / max(1, len(columns)), 26.0
    full = largest or max(abs(v) for v in extent([values], margin=0)) or 1.0
    out = _labels(rows, columns, left=left, step=step, height=height)
    for i, row in enumerate(rows):
        y = TOP + i * height
        for j, column in enumerate(columns):
            value = float(values[i, j])
            place = {"x": left + j * step, "y": y, "width": step, "height": height}
            if np.isnan(value):
                out.append(tag("rect", **place, class_="cell wash"))
                continue
            said = title(f"{column} {row}: {value_format(value)} · n = {int(counts[i, j])} {counted}")
            strength = f"{0.06 + 0.72 * min(1.0, abs(value) / full):.2f}"
            colour = "loss" if value < 0 else "gain"
            out.append(tag("rect", said, **place, class_=f"cell f-{colour}", fill_opacity=strength))
            inside = "m ink tiny" if step < 30 else "m ink"
            out.append(text(left + (j + 0.5) * step, y + height / 2 + 4, cell_format(value), class_=inside))
    if marked is not None:
        place = {"x": left + marked[1] * step + 1, "y": TOP + marked[0] * height + 1}
        out.append(tag("rect", **place, width=step - 2, height=height - 2, rx=2, class_="marked"))
    return picture(width, TOP + 2 + len(rows) * height, label, out)


def shade_map(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Floats,
    *,
    width: float,
    label: str,
    role: str,
    cell_height: float = 16,
) -> Markup:
    """Draw ratios [R, C] from 0 to 1 as shades of one colour, without text; NaN is an empty cell.

    Notes
    -----
    Cells of one shade are one path, so that fifty symbols by five years stay a small picture.
    """
    left = max((len(r) for r in rows), default=1) * CAPITAL + 10
    step = (width - left) / max(1, len(columns))
    cells: dict[int, list[str]] = defaultdict(list)
    across, down = number(step - 1.5), number(cell_height - 1.5)
    for i in range(len(rows)):
        for j in range(len(columns)):
            value = float(values[i, j])
            shade = -1 if np.isnan(value) else round(min(max(value, 0.0), 1.0) * SHADES)
            place = f"{number(left + j * step)} {number(TOP + i * cell_height)}"
            cells[shade].append(f"M{place}h{across}v{down}h-{across}z")
    out = _labels(rows, columns, left=left, step=step, height=cell_height)
    for shade, pieces in sorted(cells.items()):
        if shade < 0:
            out.append(tag("path", d="".join(pieces), class_="wash"))
        else:
            strength = f"{0.06 + 0.84 * shade / SHADES:.2f}"
            out.append(tag("path", d="".join(pieces), class_=f"f-{role}", fill_opacity=strength))
    return picture(width, TOP + 2 + len(rows) * cell_height, label, out)


def _labels(rows: Sequence[str], columns: Sequence[str], *, left: float, step: float, height: float) -> list[str]:
    every = max(1, int(np.ceil((max((len(c) for c in columns), default=1) + 1) * LETTER / step)))
    # The last column stands for the others where it is a total, so counting begins there.
    shown = range(len(columns) - 1, -1, -every)
    edge = left + len(columns) * step
    heads = [
        # A label wider than the last column stays inside the picture.
        text(min(left + (j + 0.5) * step, edge - len(columns[j]) * LETTER / 2), 12, columns[j], class_="m")
        for j in sorted(shown)
    ]
    sides = [text(left - 8, TOP + (i + 0.5) * height + 4, row, class_="e ink") for i, row in enumerate(rows)]
    return [*heads, *sides]
