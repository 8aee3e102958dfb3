"""How a result hangs on two parameters: a plateau is believed, a spike is luck (specification 11.3, 11.4)."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from qts_core.report.blocks import Figure, figure, from_line, on_screen
from qts_core.report.evidence import Surface
from qts_core.report.formats import decimals
from qts_core.report.svg.heatmap import heat_map

__all__ = ["around", "surface_figure"]


def surface_figure(found: Surface) -> Figure:
    """Draw the mean result of the trials over two parameters, the best trial outlined."""
    n = int(found.counts.sum())

    def draw(width: float) -> Markup:
        return heat_map(
            found.rows, found.columns, found.values, found.counts, width=width,
            label=f"{found.objective} by {found.y} and {found.x}", counted="trials", value_format=decimals,
            cell_format=lambda v: decimals(v, 1), marked=found.chosen,
        )  # fmt: skip

    near, cells = around(found)
    said = f" Next to it the mean is {decimals(near)} (n = {cells} cells)." if cells else ""
    return from_line(
        on_screen(
            figure(
                f"{found.objective}, of the {found.source}'s trials: {found.y} downward, {found.x} to the right",
                f"n = {n:,} trials",
                draw,
                note=f"Where it was searched, not out of sample. Outlined: the cell of the best trial.{said}",
                is_half=True,
            )
        ),
        "ledger",
    )


def around(found: Surface) -> tuple[float, int]:
    """Return the mean of the cells next to the chosen one, and how many of them were tried."""
    if found.chosen is None:
        return float("nan"), 0
    row, column = found.chosen
    part = found.values[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].copy()
    part[min(row, 1), min(column, 1)] = np.nan
    known = part[np.isfinite(part)]
    return (float(known.mean()), len(known)) if len(known) else (float("nan"), 0)
