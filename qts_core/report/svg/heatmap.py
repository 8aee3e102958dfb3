"""Tables of coloured cells: months by years, symbols by months."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from qts_core.market.panel import Floats
from qts_core.report.formats import Format
from qts_core.report.svg.element import picture, tag, text, title
from qts_core.report.svg.scale import extent

__all__ = ["heat_map"]

LETTER = 6.1


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Floats,
    *,
    width: float,
    label: str,
    value_format: Format,
    cell_format: Format | None = None,
    role: str = "sign",
    cell_height: float = 26,
    largest: float | None = None,
    hover: Floats | None = None,
    counted: str = "",
) -> Markup:
    """Draw values [R, C] as cells whose strength of colour is their size; NaN is an empty cell.

    Parameters
    ----------
    rows, columns : sequence of str
    values : float64 [R, C]
    value_format : Format
        On hover.
    cell_format : Format, optional
        In the cell; without it cells carry no text.
    role : str
        "sign" colours by sign; any other role shades from 0 (none) to `largest`.
    largest : float, optional
        Size that gets the full colour; the largest there is by default.
    hover : float64 [R, C], optional
        The n of each cell, said on hover with the word `counted`.
    """
    left = max((len(r) for r in rows), default=1) * LETTER + 8
    step = (width - left) / max(1, len(columns))
    full = largest or max(abs(v) for v in extent([values], margin=0)) or 1.0
    out: list[str] = []
    every = max(1, int(np.ceil(max((len(c) for c in columns), default=1) * LETTER / step)))
    for j, name in enumerate(columns):
        if j % every == 0:
            out.append(text(left + (j + 0.5) * step, 12, name, class_="m"))
    for i, row in enumerate(rows):
        y = 18 + i * cell_height
        out.append(text(left - 8, y + cell_height / 2 + 4, row, class_="e ink"))
        for j, column in enumerate(columns):
            value = float(values[i, j])
            place = {"x": left + j * step, "y": y, "width": step, "height": cell_height}
            if np.isnan(value):
                out.append(tag("rect", **place, class_="cell wash"))
                continue
            fill = ("loss" if value < 0 else "gain") if role == "sign" else role
            n = f" · n = {int(hover[i, j])} {counted}" if hover is not None else ""
            said = title(f"{column} {row}: {value_format(value)}{n}")
            strength = f"{0.06 + 0.72 * min(1.0, abs(value) / full):.2f}"
            out.append(tag("rect", said, **place, class_=f"cell f-{fill}", fill_opacity=strength))
            if cell_format is not None:
                x = left + (j + 0.5) * step
                out.append(
                    tag(
                        "text",
                        cell_format(value),
                        x=x,
                        y=y + cell_height / 2 + 4,
                        class_="m ink tiny" if step < 30 else "m ink",
                    )
                )
    return picture(width, 20 + len(rows) * cell_height, label, out)
