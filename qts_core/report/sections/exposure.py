"""How much was held: exposure over equity and the number of positions."""

from __future__ import annotations

from markupsafe import Markup

from qts_core.report.blocks import Section, figure
from qts_core.report.context import Context
from qts_core.report.formats import count, percent
from qts_core.report.svg.timeline import Pane, Series, time_chart

__all__ = ["exposure_section"]


def exposure_section(context: Context) -> Section | None:
    """Draw gross and net exposure and the number of positions at every bar."""
    curves = context.given.curves
    if not len(curves.timeline):
        return None

    def draw(width: float) -> Markup:
        panes = (
            Pane(
                "Exposure / equity",
                (
                    Series("Gross", "exposure", curves.gross_exposure),
                    Series("Net", "holding", curves.net_exposure, is_thin=True),
                ),
                140,
                lambda v: percent(v, 0),
                lambda v: percent(v, 1),
                include=(0.0,),
            ),
            Pane(
                "Positions",
                (Series("Held", "exposure", curves.positions, is_thin=True, is_area=True),),
                70,
                count,
                count,
                include=(0.0,),
            ),
        )
        return time_chart(context.dates, panes, width=width, label="Gross and net exposure and positions held")

    average = context.measures["average_gross_exposure"]
    block = figure(
        f"Exposure as % of equity, and positions held: {percent(average.value, 0)} gross on average",
        f"n = {len(curves.timeline):,} bars",
        draw,
        note="Gross sums the sizes of long and short positions; net sets them off against each other.",
    )
    return Section("exposure", "Exposure", (block,))
