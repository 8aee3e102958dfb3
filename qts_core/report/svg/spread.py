"""How values spread: histograms and scatters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from qts_core.market.panel import Floats
from qts_core.report.formats import Format
from qts_core.report.svg.element import picture, rect, tag, text, title
from qts_core.report.svg.scale import Scale, extent, round_ticks

__all__ = ["histogram", "scatter"]

LETTER = 6.1
TOP = 22.0


def histogram(
    values: Floats,
    *,
    width: float,
    height: float,
    label: str,
    unit: str,
    value_format: Format,
    axis_format: Format,
    marks: Sequence[tuple[str, float]] = (),
    bins: int = 41,
) -> Markup:
    """Draw how often values [n] fall into equal bins, one edge at zero; the outermost half per cent joins the ends.

    Parameters
    ----------
    marks : sequence of (name, value)
        Dashed lines to draw with their names.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return picture(width, 40, label, [text(width / 2, 24, "no values", class_="m")])
    low, high = np.quantile(finite, [0.005, 0.995]).tolist()
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return picture(width, 40, label, [text(width / 2, 24, f"all are {value_format(low)}", class_="m")])
    step = max((high - low) / bins, 1e-12)
    edges = np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step
    counts, _ = np.histogram(np.clip(finite, edges[0], np.nextafter(edges[-1], edges[0])), bins=edges)
    top = TOP + (12 if marks else 0)
    left = len(f"{counts.max():,}") * LETTER + 10
    across = Scale(float(edges[0]), float(edges[-1]), left, width - 6)
    down = Scale(0.0, float(counts.max()) * 1.05, top + height, top)
    out: list[str] = _axes(across, down, axis_format, lambda v: f"{v:,.0f}")
    out.append(text(left, 13, unit, class_="ink strong"))
    for i, n in enumerate(counts.tolist()):
        if n:
            x1, x2 = across.place(float(edges[i])), across.place(float(edges[i + 1]))
            y = down.place(float(n))
            said = f"{value_format(float(edges[i]))} to {value_format(float(edges[i + 1]))}: n = {n:,}"
            fill = "loss" if edges[i + 1] <= 1e-15 else "gain"
            out.append(rect(x1 + 0.6, y, x2 - x1 - 1.2, top + height - y, title(said), class_=f"f-{fill}"))
    for name, value in marks:
        x = across.place(float(np.clip(value, edges[0], edges[-1])))
        out.append(tag("line", x1=x, y1=top, x2=x, y2=top + height, class_="axis dash"))
        # Written away from the zero line, so that names on both sides of it keep apart.
        side = "e" if value < 0 else ""
        out.append(text(x + (-2 if value < 0 else 2), top - 4, name, class_=f"{side} ink".strip()))
    return picture(width, top + height + 20, label, out)


def scatter(
    x: Floats,
    y: Floats,
    roles: Sequence[str],
    said: Sequence[str],
    *,
    width: float,
    height: float,
    label: str,
    unit: str,
    x_format: Format,
    y_format: Format,
    is_square: bool = False,
) -> Markup:
    """Draw a dot per point of x [n], y [n], coloured by role, with a hover text each.

    Parameters
    ----------
    is_square : bool
        Whether both axes share one range and the diagonal is drawn (in-sample against out-of-sample).
    """
    range_x, range_y = extent([x], include=(0.0,)), extent([y], include=(0.0,))
    if is_square:
        range_x = range_y = (min(range_x[0], range_y[0]), max(range_x[1], range_y[1]))
    left = max(len(y_format(v)) for v in round_ticks(*range_y, count=4)) * LETTER + 8
    across, down = Scale(*range_x, left, width - 8), Scale(*range_y, TOP + height, TOP)
    out: list[str] = [*_axes(across, down, x_format, y_format), text(left, 13, unit, class_="ink strong")]
    if is_square:
        low, high = range_x
        ends = {"x1": across.place(low), "y1": down.place(low), "x2": across.place(high), "y2": down.place(high)}
        out.append(tag("line", **ends, class_="axis dash"))
    radius = 5.0 if len(x) <= 30 else 2.4
    for px, py, role, words in zip(across.places(x), down.places(y), roles, said, strict=True):
        out.append(tag("circle", title(words), cx=float(px), cy=float(py), r=radius, class_=f"dot f-{role}"))
    return picture(width, TOP + height + 20, label, out)


def _axes(across: Scale, down: Scale, x_format: Format, y_format: Format) -> list[str]:
    out: list[str] = []
    bottom, top = down.start, down.end
    for value in round_ticks(down.low, down.high, count=max(2, int((bottom - top) // 40))):
        y = down.place(value)
        out.append(tag("line", x1=across.start, y1=y, x2=across.end, y2=y, class_="axis" if value == 0 else "grid"))
        out.append(text(across.start - 6, y + 4, y_format(value), class_="e"))
    for value in round_ticks(across.low, across.high, count=max(3, int((across.end - across.start) // 90))):
        x = across.place(value)
        out.append(tag("line", x1=x, y1=top, x2=x, y2=bottom, class_="axis" if value == 0 else "grid"))
        out.append(text(x, bottom + 14, x_format(value), class_="m"))
    return out
