"""Stand-alone pictures for places that show Markdown, such as the metadata of a Dagster asset."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from qts_core.market.panel import Floats
from qts_core.report.formats import Format, decimals
from qts_core.report.svg.bars import row_chart
from qts_core.report.svg.heatmap import shade_map
from qts_core.report.svg.spread import histogram
from qts_core.report.svg.timeline import Pane, Series, time_chart
from qts_core.report.svg.triangle import triangle_map
from qts_core.report.theme import DARK, LIGHT, css_variables, svg_style

__all__ = [
    "bar_chart",
    "correlation_map",
    "coverage_heat_map",
    "histogram_chart",
    "line_chart",
    "markdown_image",
    "standalone",
    "svg_data_uri",
]

WIDTH = 420.0
"""Dagster shows Markdown 360 to 500 px wide: what is drawn wider comes out with letters too small to read."""
LINE_ROLES = ("net", "benchmark", "exposure", "live", "gain", "loss")
FIXED_ROLES = frozenset({"net", "gross", "benchmark", "live"})


def coverage_heat_map(rows: Sequence[str], columns: Sequence[str], values: Floats, *, title: str) -> str:
    """Draw how much of what was expected is there, ratio [R, C], such as symbols by months; NaN = nothing expected."""
    height = 16.0 if len(rows) > 12 else 22.0
    cells = np.asarray(values, dtype=np.float64)
    return standalone(shade_map(rows, columns, cells, width=WIDTH, label=title, role="net", cell_height=height))


def correlation_map(names: Sequence[str], values: Floats, *, title: str) -> str:
    """Draw correlations [F, F] of features in the order of `names`; NaN = one of the two never changes."""
    return standalone(triangle_map(names, np.asarray(values, dtype=np.float64), width=WIDTH, label=title))


def bar_chart(
    labels: Sequence[str],
    values: Sequence[float] | Floats,
    *,
    title: str,
    value_format: Format = decimals,
    is_signed: bool = False,
    mark: float | None = None,
) -> str:
    """Draw one horizontal bar per label, such as the missing rate or the importance of features.

    Parameters
    ----------
    is_signed : bool, default False
        Whether bars are coloured as gains and losses.
    mark : float, optional
        A threshold, drawn as a dashed line.
    """
    numbers = np.asarray(values, dtype=np.float64)
    role = "sign" if is_signed else "net"
    return standalone(
        row_chart(labels, numbers, width=WIDTH, label=title, value_format=value_format, role=role, mark=mark)
    )


def histogram_chart(values: Floats, *, title: str, unit: str, value_format: Format = decimals) -> str:
    """Draw how often values [n] fall into equal bins; the outermost half per cent joins the ends."""
    drawing = histogram(
        np.asarray(values, dtype=np.float64), width=WIDTH, height=150, label=title, unit=unit,
        value_format=value_format, axis_format=value_format,
    )  # fmt: skip
    return standalone(drawing)


def line_chart(
    days: Sequence[date],
    series: Mapping[str, Floats],
    *,
    title: str,
    unit: str,
    value_format: Format = decimals,
    include: tuple[float, ...] = (),
) -> str:
    """Draw lines over sessions: `series` maps a name to float64 [n] beside `days` [n]; at most six lines.

    A line named net, gross, benchmark or live has the colour that these have everywhere.

    Raises
    ------
    ValueError
        If there are more lines than colours.
    """
    if len(series) > len(LINE_ROLES):
        raise ValueError(f"{len(series)} lines, at most {len(LINE_ROLES)} can be told apart")
    free = (role for role in LINE_ROLES if role not in series)
    lines = tuple(
        Series(name, name if name in FIXED_ROLES else next(free), np.asarray(values, dtype=np.float64))
        for name, values in series.items()
    )
    pane = Pane(unit, lines, 200, value_format, value_format, include=include)
    return standalone(time_chart(days, (pane,), width=WIDTH, label=title))


def standalone(svg: str) -> str:
    """Return a picture that carries its own colours, for use as an image outside the report's page.

    An image answers no pointer, so hover titles and read-outs are left out.
    """
    style = (
        f"<style>svg{{{css_variables(LIGHT)};background:var(--card)}}"
        f"@media(prefers-color-scheme:dark){{svg{{{css_variables(DARK)}}}}}{svg_style()}</style>"
    )
    still = re.sub(r'<title>[^<]*</title>|<g class="p">.*?</g>', "", str(svg), flags=re.DOTALL)
    head, _, rest = still.partition(">")
    return f"{head}>{style}{rest}"


def svg_data_uri(svg: str) -> str:
    """Return `svg` as a ``data:`` address that an image tag or Markdown can show."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def markdown_image(svg: str, alt: str) -> str:
    """Return `svg` as a Markdown image with the text `alt`."""
    escaped = "".join(f"\\{c}" if c in "[]\\" else c for c in alt.replace("\n", " "))
    return f"![{escaped}]({svg_data_uri(svg)})"
