"""Two pictures of promises: coverage by month within its band, and probabilities against what came."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from qts_core.report.formats import percent
from qts_core.report.svg.element import picture, rect, tag, text, title
from qts_core.report.svg.scale import Scale, round_ticks
from qts_core.report.uncertainty_inputs import CoverageMonth, ReliabilityBin

__all__ = ["coverage_chart", "reliability_chart"]

LEFT, TOP, FOOT = 44.0, 20.0, 20.0


def coverage_chart(months: Sequence[CoverageMonth], level: float, *, width: float, height: float = 200.0) -> Markup:
    """Draw the share of outcomes inside by month: a dot in its band, red outside; a ring had the level stayed."""
    shown = [m for m in months if math.isfinite(m.share)]
    lowest = min([level, *(min(m.low, m.share, m.fixed if math.isfinite(m.fixed) else 1.0) for m in shown)])
    down = Scale(max(lowest - 0.03, 0.0), 1.0, TOP + height, TOP)
    across = Scale(-0.5, max(len(shown), 1) - 0.5, LEFT, width - 8)
    parts = [text(0, 12, "Outcomes inside, %; grey: the band; dashed: the promise; ring: had the level stayed")]
    for tick in round_ticks(down.low, down.high, count=4):
        y = down.place(tick)
        parts.append(tag("line", x1=LEFT, y1=y, x2=width - 8, y2=y, class_="grid"))
        parts.append(text(LEFT - 6, y + 4, percent(tick, 0), class_="e"))
    bar = max(min((width - LEFT) / max(len(shown), 1) * 0.6, 26.0), 3.0)
    every = max(1, math.ceil(len(shown) * 52 / max(width - LEFT, 1)))
    for place, month in enumerate(shown):
        x = across.place(place)
        said = f"{month.month}: {percent(month.share, 1)} inside, band {percent(month.low, 1)} to "
        said += f"{percent(month.high, 1)}, {month.effective:.0f} independent outcomes"
        band = down.place(month.low) - down.place(month.high)
        parts.append(rect(x - bar / 2, down.place(month.high), bar, band, title(said), class_="f-benchmark area"))
        if math.isfinite(month.fixed):
            ring = tag("circle", cx=x, cy=down.place(month.fixed), r=4.0, class_="s thin l-benchmark")
            parts.append(ring)
        role = "net" if month.low <= month.share <= month.high else "loss"
        parts.append(tag("circle", title(said), cx=x, cy=down.place(month.share), r=3.2, class_=f"f-{role}"))
        if place % every == 0:
            parts.append(text(x, TOP + height + 14, month.month, class_="m"))
    y = down.place(level)
    parts.append(tag("line", x1=LEFT, y1=y, x2=width - 8, y2=y, class_="axis dash"))
    return picture(width, TOP + height + FOOT, "Coverage by month against what was promised", parts)


def reliability_chart(
    bins: Sequence[ReliabilityBin], raw: Sequence[ReliabilityBin], *, width: float, height: float = 220.0
) -> Markup:
    """Draw how often came what was foretold, by bins; true ones lie on the diagonal, rings are before calibration."""
    side = min(width - LEFT - 8, height)
    across, down = Scale(0.0, 1.0, LEFT, LEFT + side), Scale(0.0, 1.0, TOP + side, TOP)
    parts = [text(0, 12, "Came true, %, by what was foretold, %; ring: before calibration")]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = across.place(tick), down.place(tick)
        parts.append(tag("line", x1=LEFT, y1=y, x2=LEFT + side, y2=y, class_="grid"))
        parts.append(text(LEFT - 6, y + 4, percent(tick, 0), class_="e"))
        parts.append(text(x, TOP + side + 14, percent(tick, 0), class_="m"))
    diagonal = {"x1": LEFT, "y1": TOP + side, "x2": LEFT + side, "y2": TOP}
    parts.append(tag("line", class_="axis dash", **diagonal))
    total = max(sum(one.count for one in bins), 1)
    for group, style in ((raw, "s thin l-benchmark"), (bins, "f-net dot")):
        for one in group:
            said = f"foretold {percent(one.foretold, 1)}, came {percent(one.happened, 1)}, n = {one.count:,}"
            radius = 2.5 + 9.0 * math.sqrt(one.count / total)
            x, y = across.place(one.foretold), down.place(one.happened)
            parts.append(tag("circle", title(said), cx=x, cy=y, r=radius, class_=style))
    return picture(width, TOP + side + FOOT, "Reliability of probabilities", parts)
