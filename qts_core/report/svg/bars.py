"""Columns and horizontal bars, stacked if there is more than one part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from qts_core.market.panel import Floats
from qts_core.report.formats import Format
from qts_core.report.svg.element import picture, rect, tag, text, title
from qts_core.report.svg.scale import Scale, extent, round_ticks

__all__ = ["column_chart", "row_chart", "sign_role"]

LETTER = 6.1
BOLD_LETTER = 6.9
WIDEST = 70.0


def sign_role(value: float) -> str:
    """Return the role of a gain or a loss."""
    return "loss" if value < 0 else "gain"


def column_chart(
    labels: Sequence[str],
    parts: Mapping[str, tuple[str, Floats]],
    *,
    width: float,
    height: float,
    label: str,
    unit: str,
    value_format: Format,
    axis_format: Format | None = None,
    hover: Sequence[str] | None = None,
) -> Markup:
    """Draw one column per label, stacked of `parts`.

    Parameters
    ----------
    labels : sequence of str
        Of the n columns.
    parts : mapping of str to (role, float64 [n])
        The parts by name, bottom first; the role "sign" colours each column as a gain or a loss.
    unit : str
        Written above the axis.
    hover : sequence of str, optional
        Said after the value on hover, such as the n of each column.
    """
    axis_format = axis_format or value_format
    stacks = [values for _, values in parts.values()]
    total = np.sum(stacks, axis=0) if stacks else np.zeros(0)
    low, high = extent([total], include=(0.0,))
    ticks = round_ticks(low, high, count=max(2, int(height // 38)))
    left = max((len(axis_format(v)) for v in ticks), default=1) * LETTER + 8
    top, bottom = 22.0, 22.0 + height
    down = Scale(low, high, bottom, top)
    out: list[str] = _heading(parts, unit, left)
    for value in ticks:
        y = down.place(value)
        out.append(tag("line", x1=left, y1=y, x2=width, y2=y, class_="axis" if value == 0 else "grid"))
        out.append(text(left - 6, y + 4, axis_format(value), class_="e"))
    step = (width - left) / max(1, len(labels))
    every = max(1, int(np.ceil((max((len(v) for v in labels), default=1) + 1) * LETTER / max(step, 1))))
    for i, name in enumerate(labels):
        x = left + i * step
        base = 0.0
        for part, (role, values) in parts.items():
            value = float(values[i])
            if np.isnan(value):
                continue
            y1, y2 = sorted((down.place(base), down.place(base + value)))
            said = f"{name} · {part}: {value_format(value)}" + (f" · {hover[i]}" if hover else "")
            fill = sign_role(value) if role == "sign" else role
            room = max(min(step * 0.14, 6), (step - WIDEST) / 2)
            out.append(rect(x + room, y1, step - 2 * room, y2 - y1, title(said), class_=f"f-{fill}"))
            base += value
        if i % every == 0:
            out.append(text(x + step / 2, bottom + 14, name, class_="m"))
    return picture(width, bottom + 20, label, out)


def row_chart(
    labels: Sequence[str],
    values: Floats,
    *,
    width: float,
    label: str,
    value_format: Format,
    role: str = "sign",
    hover: Sequence[str] | None = None,
    mark: float | None = None,
) -> Markup:
    """Draw one horizontal bar per label with its value at the end; the role "sign" colours gains and losses.

    Parameters
    ----------
    labels : sequence of str
        Of the n bars, top first.
    values : float64 [n]
    hover : sequence of str, optional
        Said on hover after the value.
    mark : float, optional
        Where to draw a dashed line down all bars.
    """
    written = [value_format(float(v)) for v in values]
    left = min(max((len(v) for v in labels), default=1) * LETTER + 10, width * 0.5)
    right = max((len(v) for v in written), default=1) * LETTER + 10
    low, high = extent([values], include=(0.0,) if mark is None else (0.0, mark), margin=0.0)
    across = Scale(low, high, left, width - right)
    zero, height = across.place(0.0), 19.0
    out: list[str] = []
    for i, name in enumerate(labels):
        y, value = i * height, float(values[i])
        end = zero if np.isnan(value) else across.place(value)
        said = f"{name}: {written[i]}" + (f" · {hover[i]}" if hover else "")
        fill = sign_role(value) if role == "sign" else role
        out.append(rect(0, y, width, height, title(said), class_="hit"))
        out.append(text(left - 8, y + 13, name, class_="e ink"))
        out.append(rect(min(zero, end), y + 3.5, abs(end - zero), height - 7, title(said), class_=f"f-{fill}"))
        out.append(text(width - 2, y + 13, written[i], class_="e" + (" t-loss" if value < 0 else " ink")))
    bottom = len(labels) * height
    out.append(tag("line", x1=zero, y1=0, x2=zero, y2=bottom, class_="axis"))
    if mark is not None:
        out.append(tag("line", x1=across.place(mark), y1=0, x2=across.place(mark), y2=bottom, class_="axis dash"))
    return picture(width, bottom + 2, label, out)


def _heading(parts: Mapping[str, tuple[str, Floats]], unit: str, x: float) -> list[str]:
    out: list[str] = [text(x, 13, unit, class_="ink strong")]
    x += len(unit) * BOLD_LETTER + 14
    for name, (role, _) in parts.items() if len(parts) > 1 else ():
        out.append(rect(x, 5, 10, 10, class_=f"f-{role}"))
        out.append(text(x + 14, 13, name))
        x += 14 + len(name) * LETTER + 14
    return out
