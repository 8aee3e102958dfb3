"""All metrics with value, n and formula."""

from __future__ import annotations

from itertools import groupby

from qts_core.report.blocks import Cell, Section, Table, cell, on_screen, table
from qts_core.report.context import Context
from qts_core.report.formats import FORMATS

__all__ = ["measures_section"]


def measures_section(context: Context) -> Section:
    """Lay out every metric by family; its formula is shown on hover and its source printed below it."""
    blocks: list[Table] = []
    for family, group in groupby(context.measures.values(), key=lambda m: m.definition.family):
        rows = [
            (
                Cell(m.definition.title, hover=f"{m.definition.formula} ({m.definition.source})"),
                cell(m.value, FORMATS[m.definition.unit], hover=m.definition.formula),
                Cell(f"{m.n:,} {m.counted}"),
            )
            for m in group
        ]
        blocks.append(
            on_screen(table(family.value, f"{len(rows)} metrics", ("Metric", "Value", "n"), rows, is_half=True))
        )
    return Section("metrics", "All metrics", tuple(blocks), "backtest", is_flowing=True)
