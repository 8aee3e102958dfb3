"""SVG elements as escaped markup."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from qts_core.market.panel import Floats

__all__ = ["group", "number", "path", "picture", "rect", "tag", "text", "title"]


def number(value: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def tag(name: str, *children: str, **attributes: str | float) -> Markup:
    """Return one element; children and attributes are escaped unless they are already markup.

    An underscore in an attribute's name stands for a hyphen, one at its end is dropped (``class_``).
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value if isinstance(value, str) else number(value))}"'
        for key, value in attributes.items()
    )
    inside = "".join(str(escape(child)) for child in children)
    # Every part of this has been escaped above.
    return Markup(f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>")  # noqa: S704


def group(children: Sequence[str], **attributes: str | float) -> Markup:
    """Return a ``g`` of `children`."""
    return tag("g", *children, **attributes)


def text(x: float, y: float, content: str, *, class_: str = "") -> Markup:
    """Return a line of text with its baseline at `y`."""
    return tag("text", content, x=x, y=y, **({"class_": class_} if class_ else {}))


def title(content: str) -> Markup:
    """Return the hover title of the element it is put in."""
    return tag("title", content)


def rect(x: float, y: float, width: float, height: float, *children: str, class_: str) -> Markup:
    """Return a rectangle; a negative size is drawn as nothing."""
    return tag("rect", *children, x=x, y=y, width=max(0.0, width), height=max(0.0, height), class_=class_)


def path(x: Floats, y: Floats, *, class_: str, closed_at: float | None = None) -> Markup:
    """Return a line through the points, broken where `y` is NaN; closed down to `closed_at` it is an area."""
    pieces: list[str] = []
    run: list[tuple[int, int]] = []
    for px, py in [*zip(x.tolist(), y.tolist(), strict=True), (0.0, float("nan"))]:
        if math.isfinite(py):
            run.append((round(px * 10), round(py * 10)))
            continue
        if run:
            pieces.append(_piece(run, closed_at))
        run = []
    return tag("path", d="".join(pieces), class_=class_)


def _piece(run: list[tuple[int, int]], closed_at: float | None) -> str:
    """Return path commands for points in tenths of a unit; steps are relative, which is half as long."""
    (x, y), steps = run[0], []
    for px, py in run[1:]:
        steps.append(f"l{_tenths(px - x)} {_tenths(py - y)}")
        x, y = px, py
    # A lone point would be invisible.
    drawn = f"M{_tenths(run[0][0])} {_tenths(run[0][1])}" + ("".join(steps) or "h.1")
    return drawn if closed_at is None else f"{drawn}V{number(closed_at)}H{_tenths(run[0][0])}Z"


def _tenths(value: int) -> str:
    return number(value / 10)


def picture(width: float, height: float, label: str, children: Sequence[str]) -> Markup:
    """Return a whole picture that scales to its container and names itself to a screen reader."""
    return tag(
        "svg",
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_label=label,
    )
